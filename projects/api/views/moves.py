"""Moving groups and projects to other places, and forks, by REST."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from api.operations import operation
from projects import services
from projects.api.filters import ProjectFilters
from projects.api.params import GroupTransfer, NewFork, ProjectTransfer
from projects.api.serializers import (
    BasicProjectSerializer,
    GroupDetailSerializer,
    ProjectDetailSerializer,
    ProjectSerializer,
)
from projects.api.views.project_lists import ProjectListView, project_rows
from projects.models import Group, Project
from projects.querysets import ProjectQuerySet
from projects.services.forks import detach_fork, fork_project
from tokenaccess.access.gate import authorize
from tokenaccess.access.id_or_path import IdOrPath
from tokenaccess.adapters.drf import GatedView
from tokenaccess.policy import Action


class TransferGroup(GatedView):
    actions = {"POST": Action.ADMIN_GROUP}

    @operation(GroupTransfer, returns=GroupDetailSerializer)
    def post(self, request: Request, group: str, params: dict[str, Any]) -> Group:
        known, parent = self.access.group, None
        if "group_id" in params:
            parent_id = IdOrPath("id", params["group_id"])
            parent = authorize(request._request, Action.CREATE_SUBGROUP, parent_id).group
        else:
            authorize(request._request, Action.CREATE_GROUP, IdOrPath("id", 0))
        return services.transfer_group(known, parent=parent, by=self.current_user)


class TransferProject(GatedView):
    """It brings members of its own, whose jobs then have the group's variables, also those for protected branches."""

    actions = {"PUT": Action.TRANSFER_PROJECT}

    @operation(ProjectTransfer, returns=ProjectDetailSerializer)
    def put(self, request: Request, project: str, params: dict[str, Any]) -> Project:
        known = self.access.project
        namespace = IdOrPath.parse(params["namespace"])
        group = authorize(request._request, Action.TAKE_PROJECT, namespace).group
        return services.move_project(known, by=self.current_user, group=group)


class Fork(GatedView):
    """POST: a project of one's own with the same branches and tags. DELETE: the fork becomes a project like others."""

    actions = {"POST": Action.FORK_PROJECT, "DELETE": Action.TRANSFER_PROJECT}

    @operation(NewFork, returns=ProjectDetailSerializer)
    def post(self, request: Request, project: str, params: dict[str, Any]) -> Project:
        origin = self.access.project
        return fork_project(origin, group=self._namespace(request, params), by=self.current_user, **params)

    def _namespace(self, request: Request, params: dict[str, Any]) -> Group:
        named = [params.pop(name, None) for name in ("namespace_id", "namespace_path", "namespace")]
        chosen = next((name for name in named if name is not None), None)
        if chosen is None:
            authorize(request._request, Action.CREATE_OWN_PROJECT, IdOrPath("id", 0))
            return services.create_namespace(self.current_user)
        return authorize(request._request, Action.CREATE_PROJECT, IdOrPath.parse(str(chosen))).group

    @operation(status=204, others={304: None})
    def delete(self, request: Request, project: str) -> Response | None:
        known = self.access.project
        if known.forked_from_id is None:
            return Response(status=304)
        detach_fork(known, by=self.current_user)
        return None


class Forks(ProjectListView):
    actions = {"GET": Action.READ_PROJECT}

    @operation(ProjectFilters, returns=(BasicProjectSerializer, ProjectSerializer), many=True)
    def get(self, request: Request, project: str, params: dict[str, Any]) -> ProjectQuerySet:
        return project_rows(Project.objects.filter(forked_from=self.access.project), request, params)
