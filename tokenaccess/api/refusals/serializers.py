"""Of refusals."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from api.serializers import Moment, ResponseSerializer
from tokenaccess.access_log.tables import RefusalRow
from tokenaccess.adapters import denial_id
from tokenaccess.api.serializers import StepSerializer
from tokenaccess.explanation.denials import Denial
from tokenaccess.explanation.remedy import Remedy
from tokenaccess.policy import Action
from tokenaccess.policy.levels import INBOUND_MODE_NAMES

_CHANGE = "The one change that would admit the job, if you may make it."


class JobRefusalSerializer(ResponseSerializer):
    project_path = serializers.SerializerMethodField(
        help_text="Of the job; elsewhere, of the target. Null: none that you can see."
    )
    job_id = serializers.IntegerField()
    action = serializers.SerializerMethodField()
    reason = serializers.SerializerMethodField(help_text="Null for a target that you cannot see.")
    count = serializers.IntegerField(help_text="Requests.")
    last_at = Moment(source="at")
    access_reason = serializers.SerializerMethodField(
        help_text="As X-Access-Reason, for `/token_access/reasons/:id`; null where there is no more to know."
    )
    change = serializers.SerializerMethodField(help_text=_CHANGE)

    def get_project_path(self, row: RefusalRow) -> str | None:
        return row.path or None

    def get_action(self, row: RefusalRow) -> str:
        found = denial_id.action_of(row)
        return row.action if found is None else found.name.lower()

    def get_reason(self, row: RefusalRow) -> str | None:
        return row.sentence or None

    def get_access_reason(self, row: RefusalRow) -> str | None:
        return denial_id.encode_row(row) or None

    def get_change(self, row: RefusalRow) -> str | None:
        return _label(row.remedy)


class DenialSerializer(ResponseSerializer):
    job_id = serializers.IntegerField(source="job.pk")
    source: Any = serializers.CharField(
        source="source_path", allow_null=True, help_text="The job's project. Null: none that you can see."
    )
    action = serializers.ChoiceField([action.name.lower() for action in Action], source="action_name")
    target = serializers.CharField(
        source="target_path", allow_null=True, help_text="Null: a project that does not exist, or that you cannot see."
    )
    reason = serializers.SerializerMethodField(help_text="Null: not for you to know.")
    allowed_now = serializers.BooleanField(help_text="The same request would be allowed now.")
    steps = StepSerializer(many=True, source="step_rows", help_text="Every rule, as it would decide now.")
    mode = serializers.ChoiceField(
        ["off", *INBOUND_MODE_NAMES],
        allow_null=True,
        source="lists.mode",
        help_text="Of the target's limit as it takes effect. For the target's maintainers; so are the entries.",
    )
    entry = serializers.CharField(allow_null=True, source="lists.entry_path", help_text="The entry that applies.")
    nearest_entry = serializers.CharField(
        allow_null=True, source="lists.miss_path", help_text="Where none applies, the one nearest to the source."
    )
    groups = serializers.ListField(
        child=serializers.CharField(),
        source="group_sentences",
        help_text="What the groups above the target have to do with it.",
    )
    advice = serializers.SerializerMethodField(help_text="What would admit the job, in words.")
    change = serializers.SerializerMethodField(help_text=_CHANGE)

    def get_reason(self, denial: Denial) -> str | None:
        return denial.sentence or None

    def get_advice(self, denial: Denial) -> str | None:
        return str(denial.advice) or None

    def get_change(self, denial: Denial) -> str | None:
        return _label(denial.remedy)


def _label(remedy: Remedy | None) -> str | None:
    return None if remedy is None else remedy.label
