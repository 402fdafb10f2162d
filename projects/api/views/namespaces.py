"""Namespaces, by REST: where a person may have projects."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request

from api.input.list_filters import name_search
from api.operations import operation
from projects.api.filters import NamespaceFilters
from projects.api.serializers import NamespaceSerializer
from projects.models import Group
from projects.querysets import GroupQuerySet
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
    actions = {"GET": Action.READ_GROUP}

    @operation(returns=NamespaceSerializer)
    def get(self, request: Request, group: str) -> Group:
        return self.access.group
