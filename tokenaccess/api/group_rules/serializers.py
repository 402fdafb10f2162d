"""A group's rule and list as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rest_framework import serializers

from api.serializers import LevelName, ResponseSerializer
from projects.models import Group, Project
from tokenaccess.allowlist.group_rules.deviations import DeviationRow
from tokenaccess.allowlist.reviews.fading import unused_days
from tokenaccess.allowlist.targets import key_of, visible_targets
from tokenaccess.api.entries.serializers import EntryFieldsSerializer
from tokenaccess.models import GroupAllowlistEntry
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
        places = (place for row in rows for place in self.places_of(row))
        self._seen = visible_targets(map(key_of, places), self.context["view"].current_user)
        self._unused = unused_days(rows)
        super().prepare(rows)

    def get_unused(self, entry: GroupAllowlistEntry) -> bool:
        return entry.pk in self._unused

    def places_of(self, entry: GroupAllowlistEntry) -> list[Project | Group]:
        """Whose names are shown."""
        return [entry.target]

    def get_path(self, entry: GroupAllowlistEntry) -> str | None:
        return self.path_of(entry.target)

    def path_of(self, target: Project | Group) -> str | None:
        return target.full_path if key_of(target) in self._seen else None


class InheritedEntrySerializer(GroupListEntrySerializer):
    group = serializers.SerializerMethodField(help_text="Whose list it is on. Null: one that you may not see.")

    def places_of(self, entry: GroupAllowlistEntry) -> list[Project | Group]:
        return [entry.target, entry.group]

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
