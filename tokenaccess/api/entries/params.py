"""What requests say of allowlist entries."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field

from api.input.fields import Anything, Boolean, Choice, Day, Text, Words
from api.input.parameters import OwnParameters
from projects.models import Group, Project
from tokenaccess.allowlist.owners import find_owner
from tokenaccess.allowlist.services import Terms
from tokenaccess.api.params import MAX_PATH
from tokenaccess.models import Direction
from tokenaccess.models.list_entry import MAX_REASON_LENGTH
from tokenaccess.policy.conditions import FLAGS, KEYS
from tokenaccess.policy.facts import EntryState
from tokenaccess.policy.permissions import PERMISSION_NAMES

STATES = [state.name.lower() for state in EntryState]
CONDITIONS_SCHEMA: dict[str, Any] = {
    "type": "object",
    "properties": {
        key: {"type": "boolean"} if key in FLAGS else {"type": "array", "items": {"type": "string"}} for key in KEYS
    },
    "additionalProperties": False,
}


@extend_schema_field(CONDITIONS_SCHEMA)
class ConditionMap(Anything):
    """All conditions of an entry, as tokenaccess.policy.conditions has them; null or an empty map for none."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if data in ("", None):
            return {}
        if not isinstance(data, dict) or not all(isinstance(key, str) for key in data):
            self.fail("invalid")
        return dict(data)


class EntryFilters(OwnParameters):
    """`unused`: those that admitted nobody for as many days as the instance says."""

    direction = Choice(Direction.values)
    state = Choice(STATES)
    unused = Boolean()


class EntryChanges(OwnParameters):
    """What is left out stays as it is; `owner`: a username, null for nobody. `expires_at`: null for no end."""

    reason = Text(max_length=MAX_REASON_LENGTH, allow_blank=True)
    owner = Text(max_length=255, allow_blank=True, allow_null=True)
    expires_at = Day(allow_null=True)
    conditions = ConditionMap()
    default_permissions = Boolean()
    permissions = Words(choices=PERMISSION_NAMES)


class NewEntry(EntryChanges):
    """`target`: the path of a project or group."""

    target = Text(required=True, max_length=MAX_PATH)
    direction = Choice(Direction.values, default=Direction.INBOUND)


class Renewal(OwnParameters):
    """Without a day, as long as the button of the page."""

    expires_at = Day()


def read_terms(params: dict[str, Any], holder: Project | Group) -> Terms:
    """Raises TokenAccessError for an owner that is not there."""
    terms: Terms = {}
    if "reason" in params:
        terms["reason"] = params["reason"]
    if "expires_at" in params:
        terms["expires_at"] = params["expires_at"]
    if "conditions" in params:
        terms["conditions"] = params["conditions"] or {}
    if "owner" in params:
        terms["owner"] = find_owner(params["owner"] or "", holder)
    return terms
