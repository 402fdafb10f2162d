"""Lists of projects, by REST: of all, of a person, of a group."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request

from api.input.list_filters import name_search
from identity.sign_in.users import signed_in_user
from projects.api.filters import ProjectFilters
from projects.api.serializers import BasicProjectSerializer, ProjectSerializer
from projects.querysets import ProjectQuerySet
from tokenaccess.adapters.drf import GatedView


class ProjectListView(GatedView):
    def get_serializer_class(self) -> type[BasicProjectSerializer]:
        """In brief to visitors, and to whoever asks for `simple`."""
        brief = signed_in_user(self.request) is None or self.params.get("simple")
        return BasicProjectSerializer if brief else ProjectSerializer


def project_rows(rows: ProjectQuerySet, request: Request, params: dict[str, Any]) -> ProjectQuerySet:
    """Those of `rows` that the current user may see, by the filters every list of projects takes."""
    user = signed_in_user(request)
    rows = rows.visible_to(user, name_search(params)).alive().select_related("group")
    return ProjectFilters.apply(ProjectFilters.filter_by_role(rows, params, user), params)
