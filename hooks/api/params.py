"""What requests about webhooks may say."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, ClassVar

from drf_spectacular.utils import extend_schema_field
from rest_framework.exceptions import ErrorDetail, ValidationError

from api.input.fields import Anything, Boolean, Choice, Text
from api.input.list_filters import ListFilters
from api.input.parameters import Parameters
from hooks.events import EVENTS_OF, Event
from hooks.models import MAX_DESCRIPTION, MAX_NAME, MAX_URL, FilterStrategy
from hooks.querysets import DeliveryQuerySet
from text.numbers import is_number

_PAIRS = {
    "type": "array",
    "items": {"type": "object", "properties": {"key": {"type": "string"}, "value": {"type": "string"}}},
}
# Events of what this server does not have.
ABSENT_EVENTS = (
    "issues_events", "confidential_issues_events", "merge_requests_events", "note_events", "confidential_note_events",
    "wiki_page_events", "feature_flag_events", "milestone_events", "emoji_events", "resource_access_token_events",
    "resource_deploy_token_events", "vulnerability_events",
)  # fmt: skip


@extend_schema_field(_PAIRS)
class Pairs(Anything):
    """`[{"key": "X", "value": "y"}]`: a dict, without duplicates; the last of several counts."""

    def to_internal_value(self, data: Any) -> dict[str, str]:
        rows = list(data.values()) if isinstance(data, dict) and "key" not in data else data
        rows = [rows] if isinstance(rows, dict) else rows
        if not isinstance(rows, list):
            self.fail("invalid")
        found: dict[str, str] = {}
        for row in rows:
            key, value = (row.get("key"), row.get("value")) if isinstance(row, dict) else (None, None)
            if not isinstance(key, str) or not isinstance(value, str) or "\0" in key + value:
                self.fail("invalid")
            found[key] = value
        return found


class HookParams(Parameters):
    name = Text(max_length=MAX_NAME)
    description = Text(max_length=MAX_DESCRIPTION)
    token = Text(max_length=2048)
    signing_token = Text(max_length=255)
    push_events_branch_filter = Text(max_length=255, source="branch_filter")
    branch_filter_strategy = Choice(FilterStrategy.values, source="filter_strategy")
    enable_ssl_verification = Boolean(source="verifies_tls")
    custom_headers = Pairs(source="headers")
    url_variables = Pairs(source="variables")

    unsupported: ClassVar[Mapping[str, Any]] = {"custom_webhook_template": None, **dict.fromkeys(ABSENT_EVENTS, False)}
    kind = "project"

    @classmethod
    def events(cls) -> tuple[Event, ...]:
        return EVENTS_OF[cls.kind]

    def get_fields(self) -> dict[str, Any]:
        fields = super().get_fields()
        for event in self.events():
            fields[str(event)] = Boolean()
        return fields

    @classmethod
    def split(cls, params: dict[str, Any]) -> tuple[dict[str, bool], dict[str, Any]]:
        """The events, and everything else."""
        events = {name: params.pop(name) for name in map(str, cls.events()) if name in params}
        return events, {name: {} if value is None else value for name, value in params.items()}


class _New(HookParams):
    url = Text(required=True, max_length=MAX_URL)


class _Changes(HookParams):
    url = Text(refuse_blank=True, max_length=MAX_URL)


class NewProjectHook(_New):
    """A webhook of a project."""


class ProjectHookChanges(_Changes):
    pass


class NewGroupHook(_New):
    kind = "group"


class GroupHookChanges(_Changes):
    kind = "group"


class NewSystemHook(_New):
    kind = "instance"


class SystemHookChanges(_Changes):
    kind = "instance"


class SecretValue(Parameters):
    value = Text(required=True, max_length=2048)


class DeliveryFilters(ListFilters):
    status = Text(max_length=20)

    CATEGORIES = {"successful": 200, "client_failure": 400, "server_failure": 500}

    def validate_status(self, value: str) -> tuple[int, int]:
        """The first status that is meant, and the first that is not."""
        if value in self.CATEGORIES:
            return self.CATEGORIES[value], self.CATEGORIES[value] + 100
        if is_number(value) and len(value) == 3:
            return int(value), int(value) + 1
        raise ValidationError([ErrorDetail("", "invalid_choice")])

    def filter_status(self, rows: DeliveryQuerySet, span: tuple[int, int]) -> DeliveryQuerySet:
        return rows.filter(response_status__gte=span[0], response_status__lt=span[1])
