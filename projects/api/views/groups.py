"""Groups, by REST."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from django.db.models import Q
from rest_framework.request import Request
from rest_framework.response import Response

from api.input.list_filters import name_search
from api.operations import operation
from api.serializers import MessageSerializer
from identity.sign_in.users import signed_in_user
from projects import services
from projects.api.filters import GroupFilters, GroupProjectFilters
from projects.api.params import GroupChanges, GroupDeletion, GroupReading, NewGroup
from projects.api.serializers import (
    BasicProjectSerializer,
    GroupDetailSerializer,
    GroupSerializer,
    ProjectSerializer,
)
from projects.api.views.project_lists import ProjectListView, project_rows
from projects.models import Group, Project
from projects.querysets import GroupQuerySet, ProjectQuerySet
from projects.roles.members import active_links
from tokenaccess.access.gate import authorize
from tokenaccess.access.id_or_path import IdOrPath
from tokenaccess.adapters.drf import GatedView
from tokenaccess.policy import Action
from tokenaccess.policy.levels import Role


def group_rows(rows: GroupQuerySet, request: Request, params: dict[str, Any]) -> GroupQuerySet:
    """Those of `rows` that the current user may see, by the filters every list of groups takes."""
    user = signed_in_user(request)
    rows = rows.visible_to(user, name_search(params)).groups_only()
    if params.get("all_available") is False and user is not None and not user.is_superuser:
        rows = rows.with_membership_role(user, Role.GUEST)
    return GroupFilters.apply(GroupFilters.filter_by_role(rows, params, user), params)


class GroupList(GatedView):
    actions = {"GET": Action.EXPLORE, "POST": Action.CREATE_GROUP}

    @operation(GroupFilters, returns=GroupSerializer, many=True)
    def get(self, request: Request, params: dict[str, Any]) -> GroupQuerySet:
        return group_rows(Group.objects.all(), request, params)

    @operation(NewGroup, returns=GroupSerializer)
    def post(self, request: Request, params: dict[str, Any]) -> Group:
        parent_id, parent = params.pop("parent_id", None), None
        if parent_id is not None:
            asked = authorize(request._request, Action.CREATE_SUBGROUP, IdOrPath.parse(str(parent_id)))
            parent = asked.group
        return services.create_group(parent=parent, by=self.current_user, **params)


class GroupDetail(GatedView):
    actions = {"GET": Action.READ_GROUP, "PUT": Action.ADMIN_GROUP, "DELETE": Action.ADMIN_GROUP}

    @operation(GroupReading, returns=GroupDetailSerializer)
    def get(self, request: Request, group: str, params: dict[str, Any]) -> Group:
        return self.access.group

    @operation(GroupChanges, returns=GroupDetailSerializer)
    @transaction.atomic
    def put(self, request: Request, group: str, params: dict[str, Any]) -> Group:
        known, path = self.access.group, params.pop("path", None)
        if path is not None:
            services.rename_group(known, path=path, by=self.current_user)
        return services.update_group(known, by=self.current_user, **params)

    @operation(GroupDeletion, returns=MessageSerializer, status=202)
    def delete(self, request: Request, group: str, params: dict[str, Any]) -> Response:
        services.delete_group(self.access.group, by=self.current_user)
        return Response({"message": "202 Accepted"}, status=202)


class Subgroups(GatedView):
    actions = {"GET": Action.READ_GROUP}

    @operation(GroupFilters, returns=GroupSerializer, many=True)
    def get(self, request: Request, group: str, params: dict[str, Any]) -> GroupQuerySet:
        return group_rows(Group.objects.filter(parent=self.access.group), request, params)


class DescendantGroups(GatedView):
    actions = {"GET": Action.READ_GROUP}

    @operation(GroupFilters, returns=GroupSerializer, many=True)
    def get(self, request: Request, group: str, params: dict[str, Any]) -> GroupQuerySet:
        known = self.access.group
        return group_rows(Group.objects.below(known.pk).exclude(pk=known.pk), request, params)


class GroupProjects(ProjectListView):
    """`include_subgroups`: those of all groups below too. `with_shared`: those into which the group is invited."""

    actions = {"GET": Action.READ_GROUP}

    @operation(GroupProjectFilters, returns=(BasicProjectSerializer, ProjectSerializer), many=True)
    def get(self, request: Request, group: str, params: dict[str, Any]) -> ProjectQuerySet:
        known = self.access.group
        below = known.descendant_links.values("group")
        wanted = Q(group__in=below) if params.get("include_subgroups") else Q(group=known)
        if params["with_shared"]:
            wanted |= Q(pk__in=active_links().filter(invited=known, project__isnull=False).values("project"))
        return project_rows(Project.objects.filter(wanted), request, params)
