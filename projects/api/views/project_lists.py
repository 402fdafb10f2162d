"""Lists of projects, by REST: of all, of a person, of a group."""

from __future__ import annotations

from rest_framework.request import Request
from rest_framework.response import Response

from config.paging import paged_together
from config.params import Params
from projects.api import lookup
from projects.api.shapes import basic_projects, full_projects, viewer
from projects.querysets import ProjectQuerySet

ORDERS = {
    "id": "id",
    "name": "name",
    "path": "path",
    "created_at": "created_at",
    "updated_at": "last_activity_at",
    "last_activity_at": "last_activity_at",
}


def project_page(rows: ProjectQuerySet, request: Request) -> Response:
    """A page of those of `rows` that the viewer may see, by the filters every list of projects takes."""
    params, user = Params.of(request), viewer(request)
    rows = rows.visible_to(user, lookup.search(params)).alive().select_related("group")
    rows = lookup.standing_where(rows, params, user)
    level = lookup.visibility(params)
    if level is not None:
        rows = rows.filter(visibility=level)
    archived = params.boolean("archived")
    if archived is not None:
        rows = rows.filter(archived=archived)
    rows = lookup.ordered(rows, params, ORDERS, by="created_at", sort="desc")
    brief = user is None or params.boolean("simple")
    return paged_together(request, rows, lambda page: (basic_projects if brief else full_projects)(page, request))
