"""A group's rule and list as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rest_framework import serializers

from api.serializers import LevelName, ResponseSerializer
from identity.sign_in.users import signed_in_user
from projects.models import Group, Project
from tokenaccess.access.gate import permitted_ids
from tokenaccess.allowlist.deviations import DeviationRow
from tokenaccess.allowlist.fading import unused_days
from tokenaccess.api.entry_serializers import EntryFieldsSerializer
from tokenaccess.models import GroupAllowlistEntry
from tokenaccess.policy import Action
from tokenaccess.policy.actions import TargetKind
from tokenaccess.policy.levels import InboundMode


class GroupRuleSerializer(ResponseSerializer):
    inbound_mode = LevelName(InboundMode)
    ceiling = serializers.BooleanField(source="has_ceiling")
    locked = serializers.BooleanField(source="is_locked")


class InheritedRuleSerializer(GroupRuleSerializer):
    """The strictest of the groups above."""


class GroupListEntrySerializer(EntryFieldsSerializer):
    path = serializers.SerializerMethodField(help_text="Null: one that you may not see.")
    unused = serializers.SerializerMethodField(
        help_text="In all projects below, for as many days as the instance says."
    )

    def prepare(self, rows: Sequence[GroupAllowlistEntry]) -> None:
        reader = signed_in_user(self.context["request"])
        projects = [row.target_project for row in rows if row.target_project is not None]
        groups = [row.target_group_id for row in rows if row.target_group_id is not None] + self.groups_of(rows)
        visible = Group.objects.visible_to(reader).filter(pk__in=groups)
        self._seen = {
            TargetKind.PROJECT: permitted_ids(reader, Action.READ_PROJECT, projects),
            TargetKind.GROUP: set(visible.values_list("pk", flat=True)),
        }
        self._unused = unused_days(rows)
        super().prepare(rows)

    def get_unused(self, entry: GroupAllowlistEntry) -> bool:
        return entry.pk in self._unused

    def groups_of(self, rows: Sequence[GroupAllowlistEntry]) -> list[int]:
        """Whose names are shown besides."""
        return []

    def get_path(self, entry: GroupAllowlistEntry) -> str | None:
        return self.path_of(entry.target)

    def path_of(self, target: Project | Group) -> str | None:
        return target.full_path if target.pk in self._seen[target.kind] else None


class InheritedEntrySerializer(GroupListEntrySerializer):
    group = serializers.SerializerMethodField(help_text="Whose list it is on. Null: one that you may not see.")

    def groups_of(self, rows: Sequence[GroupAllowlistEntry]) -> list[int]:
        return [row.group_id for row in rows]

    def get_group(self, entry: GroupAllowlistEntry) -> str | None:
        return self.path_of(entry.group)


class DeviationSerializer(ResponseSerializer):
    project_id = serializers.IntegerField(source="id")
    path = serializers.CharField(source="full_path")
    inbound_mode = LevelName(InboundMode, source="own_mode", help_text="The project's own.")
    weaker_mode = serializers.SerializerMethodField(help_text="Weaker than what the group has it do.")
    entries_beyond = serializers.SerializerMethodField(help_text="Its entries that grant more than the group's list.")

    def prepare(self, rows: Sequence[Project]) -> None:
        found = self.context["view"].deviations.rows(rows)
        self._rows: dict[int, DeviationRow] = {row.project.pk: row for row in found}
        super().prepare(rows)

    def get_weaker_mode(self, project: Project) -> bool:
        return self._rows[project.pk].is_weaker

    def get_entries_beyond(self, project: Project) -> int:
        return self._rows[project.pk].beyond


class DeviationCountSerializer(serializers.Serializer[Any]):
    visible = serializers.IntegerField()
    hidden = serializers.IntegerField(help_text="That you may not see.")
