"""Namespaces, by REST: where a person may have projects."""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response

from config.paging import paged
from config.params import Params
from projects.api import lookup
from projects.api.shapes import namespace_json
from projects.models import Group
from tokenaccess.drf import GatedView
from tokenaccess.policy import Action
from tokenaccess.policy.levels import Role


class NamespaceList(GatedView):
    """The caller's own and those of groups with a role; administrators see all. `search`, `owned_only`."""

    actions = {"GET": Action.USE_INSTANCE}

    def get(self, request: Request) -> Response:
        params = Params.of(request)
        least = Role.OWNER if params.boolean("owned_only") else Role.GUEST
        rows = Group.objects.where_standing(self.person, least)
        rows = rows.visible_to(self.person, lookup.search(params))  # for the words' sake
        return paged(request, rows.order_by("full_path"), lambda group: namespace_json(group, request))


class NamespaceDetail(GatedView):
    actions = {"GET": Action.READ_GROUP}

    def get(self, request: Request, group: str) -> Response:
        return Response(namespace_json(self.access.group, request))
