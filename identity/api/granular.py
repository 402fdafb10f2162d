"""`granular_scopes` of a request: what a fine-grained token may do, and where (tokens.md §3.1)."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from drf_spectacular.utils import extend_schema_field

from api.input.fields import Anything, Choice, Integers, Words
from api.input.parameters import Parameters
from identity.models import User
from projects.models import Group, Project
from tokenaccess.policy.granular import PERMISSIONS, Boundary

MAX_SCOPES = 100


class GranularScopeParams(Parameters):
    """`project_ids` and `group_ids` go with selected_memberships, which takes at least one of them."""

    access = Choice([boundary.value for boundary in Boundary], required=True)
    permissions = Words(list(PERMISSIONS), required=True, allow_empty=False)
    project_ids = Integers()
    group_ids = Integers()


@extend_schema_field(
    {
        "type": "array",
        "maxItems": MAX_SCOPES,
        "items": {
            "type": "object",
            "required": ["access", "permissions"],
            "properties": {
                "access": {"type": "string", "enum": [boundary.value for boundary in Boundary]},
                "permissions": {"type": "array", "items": {"type": "string", "enum": sorted(PERMISSIONS)}},
                "project_ids": {"type": "array", "items": {"type": "integer"}},
                "group_ids": {"type": "array", "items": {"type": "integer"}},
            },
        },
    }
)
class GranularScopes(Anything):
    """A list of scopes, each as it is stored."""

    def to_internal_value(self, data: Any) -> list[dict[str, Any]]:
        if isinstance(data, Mapping):  # a form numbers them
            data = list(data.values())
        if not isinstance(data, list) or not 0 < len(data) <= MAX_SCOPES:
            self.fail("invalid")
        return [self._scope(one) for one in data]

    def _scope(self, given: Any) -> dict[str, Any]:
        if not isinstance(given, Mapping):
            self.fail("invalid")
        read = GranularScopeParams.read_values(given)
        selects = read["access"] == Boundary.SELECTED_MEMBERSHIPS
        ids = {name: sorted(set(read.get(name) or ())) for name in ("project_ids", "group_ids")}
        if selects != any(ids.values()):
            self.fail("invalid")
        return {"access": read["access"], "permissions": sorted(set(read["permissions"])), **ids}


def check_places(scopes: list[dict[str, Any]], user: User) -> None:
    """What the person may not see is no more to be named than what is not there. Raises ValidationError."""
    for name, model in (("project_ids", Project), ("group_ids", Group)):
        asked = {pk for scope in scopes for pk in scope[name]}
        visible: Any = model._default_manager.visible_to(user)
        missing = asked - set(visible.filter(pk__in=asked).values_list("pk", flat=True)) if asked else set()
        if missing:
            words = ", ".join(map(str, sorted(missing)))
            raise ValidationError({"granular_scopes": [f"{name}: {words} not found"]})
