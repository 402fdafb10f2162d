"""Namespaces, by REST: where a person may have projects."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers
from rest_framework.request import Request

from api.input.fields import Integer
from api.input.list_filters import name_search
from api.input.parameters import Parameters
from api.operations import operation
from projects.api.filters import NamespaceFilters
from projects.api.serializers import NamespaceSerializer
from projects.models import Group, Project
from projects.querysets import GroupQuerySet
from tokenaccess.access.gate import authorize, is_allowed
from tokenaccess.access.id_or_path import IdOrPath
from tokenaccess.adapters.drf import GatedView
from tokenaccess.policy import Action
from tokenaccess.policy.levels import Role


class NamespaceList(GatedView):
    """The caller's own and those of groups with a role; administrators see all. `search`, `owned_only`."""

    actions = {"GET": Action.USE_INSTANCE}

    @operation(NamespaceFilters, returns=NamespaceSerializer, many=True)
    def get(self, request: Request, params: dict[str, Any]) -> GroupQuerySet:
        least = Role.OWNER if params.get("owned_only") else Role.GUEST
        rows = Group.objects.with_min_role(self.current_user, least)
        rows = rows.visible_to(self.current_user, name_search(params))  # for the words' sake
        return NamespaceFilters.filter(rows, params).order_by("full_path")


class NamespaceDetail(GatedView):
    takes_namespaces = True
    actions = {"GET": Action.READ_GROUP}

    @operation(returns=NamespaceSerializer)
    def get(self, request: Request, group: str) -> Group:
        return self.access.group


class NamespaceSearch(Parameters):
    parent_id = Integer(min_value=1)


class NamespaceExistsSerializer(serializers.Serializer[Any]):
    exists = serializers.BooleanField()
    suggests = serializers.ListField(child=serializers.CharField(), help_text="A path that is free instead.")


class NamespaceExists(GatedView):
    """Whether a path is taken, for whoever could learn that by making a group of that path; below a group where the
    caller makes none, only what they may see counts."""

    actions = {"GET": Action.USE_INSTANCE}

    @operation(NamespaceSearch, returns=NamespaceExistsSerializer)
    def get(self, request: Request, path: str, params: dict[str, Any]) -> dict[str, Any]:
        # What lies below a group is not learned by making a group at the top.
        parent, all_count = None, "/" not in path and is_allowed(request._request, Action.CREATE_GROUP)
        if "parent_id" in params:
            parent = authorize(request._request, Action.READ_GROUP, IdOrPath("id", params["parent_id"])).group
            all_count = is_allowed(request._request, Action.CREATE_SUBGROUP, parent)

        def is_taken(path: str) -> bool:
            full_path = f"{parent.full_path}/{path}" if parent else path
            rows = [kind.objects.at_path(full_path) for kind in (Group, Project)]
            return any((found if all_count else found.visible_to(self.current_user)).exists() for found in rows)

        path = path.replace("\0", "")
        taken = is_taken(path)
        free = (f"{path}{number}" for number in range(1, 100))
        suggestion = next((other for other in free if not is_taken(other)), None) if taken else None
        return {"exists": taken, "suggests": [suggestion] if suggestion else []}
