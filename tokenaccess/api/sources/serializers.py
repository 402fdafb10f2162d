"""The sources of a project as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from rest_framework import serializers

from api.serializers import Day, Moment, ResponseSerializer
from tokenaccess.allowlist.impact.impact import WINDOW_DAYS
from tokenaccess.api.entries.serializers import ConditionsField
from tokenaccess.sources.read import RECENT_DAYS, complete
from tokenaccess.sources.rows import MATCHES, STATES, SourceRow


class TokenSourceSerializer(ResponseSerializer):
    """What you may not see has no path, and no id unless an entry names it."""

    kind = serializers.ChoiceField(["project", "group"])
    id = serializers.IntegerField(source="public_id", allow_null=True)
    path = serializers.SerializerMethodField()
    entry = serializers.ChoiceField(
        MATCHES,
        source="match",
        help_text="What admits it: an entry of its own, one that is inherited, one of a group, or none.",
    )
    inherited_from = serializers.SerializerMethodField(help_text="The group whose list has the entry.")
    group_path = serializers.SerializerMethodField(help_text="Of the group whose entry admits it.")
    entry_id = serializers.IntegerField(allow_null=True)
    default_permissions = serializers.BooleanField(
        allow_null=True, help_text="Of the entry that admits it: whether the user's role alone decides."
    )
    permissions = serializers.ListField(child=serializers.CharField(), allow_null=True)
    conditions = ConditionsField(allow_null=True, help_text="What the entry that admits it asks of jobs.")
    state = serializers.ChoiceField(STATES, source="state_name", allow_null=True, help_text="Of its own entry.")
    reason = serializers.CharField(allow_null=True)
    added_by = serializers.CharField(allow_null=True)
    added_at = Moment(allow_null=True)
    owner = serializers.CharField(allow_null=True)
    expires_at = Day(allow_null=True)
    last_used_at = Moment(source="last_used", allow_null=True)
    used = serializers.ListField(
        source="used_names", child=serializers.CharField(), help_text="Permissions, and actions that take none."
    )
    uses = serializers.IntegerField(
        help_text=f"Requests admitted in the last {WINDOW_DAYS} days, counted per day; of a group, of the projects "
        "that its entry admits."
    )
    refusals = serializers.IntegerField(help_text="Requests refused, likewise.")
    project_count = serializers.IntegerField(help_text="Of a group: projects in it that its entry admits today.")
    recent_sources = serializers.IntegerField(
        help_text=f"Of a group: those that its entry admitted in the last {RECENT_DAYS} days."
    )

    def prepare(self, rows: Sequence[SourceRow]) -> None:
        view = self.context["view"]
        complete(rows, view.access.target, view.current_user)

    def get_path(self, row: SourceRow) -> str | None:
        return row.path or None

    def get_inherited_from(self, row: SourceRow) -> str | None:
        return row.inherited_from or None

    def get_group_path(self, row: SourceRow) -> str | None:
        return row.through_path or None


class CandidateSerializer(serializers.Serializer[Any]):
    kind = serializers.ChoiceField(["project", "group"])
    path = serializers.CharField()
    listed = serializers.BooleanField(help_text="It has an entry already.")
    can_add = serializers.BooleanField(help_text="Your role there is enough to add it.")
