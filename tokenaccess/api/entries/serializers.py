"""Allowlist entries as JSON, with when they end and what they ask of jobs."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.serializers import Day, Moment, ResponseSerializer
from identity.models import today
from tokenaccess.allowlist.reviews.fading import fading_since
from tokenaccess.allowlist.targets import key_of, visible_targets
from tokenaccess.api.entries.params import CONDITIONS_SCHEMA, STATES
from tokenaccess.models import AllowlistEntry, Direction
from tokenaccess.models.list_entry import ListEntry


@extend_schema_field(CONDITIONS_SCHEMA)
class ConditionsField(serializers.ReadOnlyField):
    pass


class EntryFieldsSerializer(ResponseSerializer):
    """What entries of all lists say: of projects and of groups."""

    id = serializers.IntegerField()
    kind = serializers.ChoiceField(["project", "group"])
    default_permissions = serializers.BooleanField()
    permissions = serializers.ListField(child=serializers.CharField())
    state = serializers.SerializerMethodField()
    reason = serializers.CharField()
    owner = serializers.SerializerMethodField()
    expires_at = Day(allow_null=True, help_text="From this day on, in UTC, it admits nobody.")
    conditions = ConditionsField()
    suspended_at = Moment(allow_null=True)
    suspended_by = serializers.SerializerMethodField(help_text="Null also for the housekeeping.")
    added_by = serializers.SerializerMethodField()
    created_at = Moment()
    confirmed_at = Moment(allow_null=True, help_text="When it was last renewed, restored or confirmed.")

    @extend_schema_field({"type": "string", "enum": STATES})
    def get_state(self, entry: ListEntry) -> str:
        return entry.state_on(today()).name.lower()

    def get_owner(self, entry: ListEntry) -> str | None:
        return None if entry.owner is None else entry.owner.username

    def get_suspended_by(self, entry: ListEntry) -> str | None:
        return None if entry.suspended_by is None else entry.suspended_by.username

    def get_added_by(self, entry: ListEntry) -> str | None:
        return None if entry.added_by is None else entry.added_by.username


class AllowlistEntrySerializer(EntryFieldsSerializer):
    """What you may not see has no path."""

    direction = serializers.ChoiceField(Direction.values)
    target_id = serializers.IntegerField(source="target.pk")
    target_path = serializers.SerializerMethodField()
    last_used_at = Moment(allow_null=True)
    unused = serializers.SerializerMethodField(help_text="For as many days as the instance says.")

    def prepare(self, rows: Sequence[AllowlistEntry]) -> None:
        self.since = fading_since()
        self.seen = visible_targets((key_of(row.target) for row in rows), self.context["view"].current_user)

    def get_target_path(self, entry: AllowlistEntry) -> str | None:
        return entry.target.full_path if key_of(entry.target) in self.seen else None

    def get_unused(self, entry: Any) -> bool:
        return self.since is not None and entry.unused_since < self.since
