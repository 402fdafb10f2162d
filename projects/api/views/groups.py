"""Groups, by REST."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from config.paging import paged_together
from config.params import Params
from config.rest import created, invalid, not_found
from projects import services
from projects.api import lookup
from projects.api.shapes import group_json, groups_json, viewer
from projects.api.views.project_lists import project_page
from projects.models import Group, Project
from projects.querysets import GroupQuerySet
from tokenaccess.drf import GatedView, let_in
from tokenaccess.policy import Action
from tokenaccess.policy.levels import Visibility
from tokenaccess.reference import Reference

ORDERS = {"name": "name", "path": "full_path", "id": "id"}


class GroupView(GatedView):
    """`group` is the one of the URL. A person's own namespace is none."""

    @property
    def group(self) -> Group:
        group = self.access.group
        if group.person_id is not None:
            raise not_found("Group")
        return group


def group_page(rows: GroupQuerySet, request: Request) -> Response:
    """A page of those of `rows` that the viewer may see, by the filters every list of groups takes."""
    params, user = Params.of(request), viewer(request)
    rows = lookup.standing_where(rows.visible_to(user, lookup.search(params)).shared(), params, user)
    level = lookup.visibility(params)
    if level is not None:
        rows = rows.filter(visibility=level)
    if params.boolean("top_level_only"):
        rows = rows.filter(parent=None)
    rows = lookup.ordered(rows, params, ORDERS, by="name", sort="asc")
    return paged_together(request, rows, lambda groups: groups_json(groups, request))


class GroupList(GatedView):
    actions = {"GET": Action.EXPLORE, "POST": Action.CREATE_GROUP}

    def get(self, request: Request) -> Response:
        return group_page(Group.objects.all(), request)

    def post(self, request: Request) -> Response:
        params = Params.of(request)
        parent_id = params.integer("parent_id")
        parent = None
        if parent_id is not None:
            asked = let_in(request._request, Action.CREATE_SUBGROUP, Reference.parse(str(parent_id)))
            parent = asked.group
        params.require("name", "path")
        group = services.create_group(
            name=params.text("name", required=True) or "",
            path=params.text("path", required=True) or "",
            parent=parent,
            visibility=lookup.visibility(params) or Visibility.PRIVATE,
            description=params.text("description") or "",
            by=self.person,
        )
        return created(group_json(group, request))


class GroupDetail(GroupView):
    actions = {"GET": Action.READ_GROUP, "PUT": Action.ADMIN_GROUP, "DELETE": Action.ADMIN_GROUP}

    def get(self, request: Request, group: str) -> Response:
        return Response(group_json(self.group, request))

    def put(self, request: Request, group: str) -> Response:
        known, params = self.group, Params.of(request)
        changes: dict[str, Any] = {}
        if "name" in params:
            changes["name"] = params.text("name", required=True)
        if "description" in params:
            changes["description"] = params.text("description") or ""
        if (level := lookup.visibility(params)) is not None:
            changes["visibility"] = level
        if params.text("path") not in {None, known.path}:
            raise invalid("path", "cannot be changed")
        return Response(group_json(services.update_group(known, by=self.person, **changes), request))

    def delete(self, request: Request, group: str) -> Response:
        services.delete_group(self.group, by=self.person)
        return Response({"message": "202 Accepted"}, status=202)


class Subgroups(GroupView):
    actions = {"GET": Action.READ_GROUP}

    def get(self, request: Request, group: str) -> Response:
        return group_page(Group.objects.filter(parent=self.group), request)


class DescendantGroups(GroupView):
    actions = {"GET": Action.READ_GROUP}

    def get(self, request: Request, group: str) -> Response:
        known = self.group
        return group_page(Group.objects.below(known.pk).exclude(pk=known.pk), request)


class GroupProjects(GroupView):
    """`include_subgroups`: those of all groups below too."""

    actions = {"GET": Action.READ_GROUP}

    def get(self, request: Request, group: str) -> Response:
        known, projects = self.group, Project.objects.all()
        deep = Params.of(request).boolean("include_subgroups")
        return project_page(projects.below(known.pk) if deep else projects.filter(group=known), request)
