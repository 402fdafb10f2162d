"""Projects, by REST."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from rest_framework.request import Request
from rest_framework.response import Response

from api.operations import operation
from api.rest import forbidden, not_found
from api.serializers import MessageSerializer
from identity.models import User
from projects import services
from projects.api.filters import ProjectFilters
from projects.api.params import NewOwnProject, NewProject, ProjectChanges, ProjectDeletion, ProjectReading
from projects.api.serializers import BasicProjectSerializer, ProjectDetailSerializer, ProjectSerializer
from projects.api.views.project_lists import ProjectListView, project_rows
from projects.extensions import settings
from projects.models import Group, Project
from projects.paths import slug
from projects.querysets import ProjectQuerySet
from projects.roles.group_lock import keep_groups_once
from text.numbers import is_number, parse_number
from tokenaccess.access.gate import authorize, is_allowed
from tokenaccess.access.id_or_path import IdOrPath
from tokenaccess.adapters.drf import GatedView
from tokenaccess.policy import Action
from tokenaccess.policy.levels import VariablesLevel


class ProjectList(ProjectListView):
    actions = {"GET": Action.EXPLORE, "POST": Action.CREATE_OWN_PROJECT}

    @operation(ProjectFilters, returns=(BasicProjectSerializer, ProjectSerializer), many=True)
    def get(self, request: Request, params: dict[str, Any]) -> ProjectQuerySet:
        return project_rows(Project.objects.all(), request, params)

    @operation(NewOwnProject, returns=ProjectDetailSerializer)
    def post(self, request: Request, params: dict[str, Any]) -> Project:
        namespace = params.pop("namespace_id", None)
        if namespace is None:
            group = services.create_namespace(self.current_user)
        else:
            group = authorize(request._request, Action.CREATE_PROJECT, IdOrPath.parse(namespace)).group
        return _create(params, group, self.current_user)


class PersonProjects(ProjectListView):
    """Those in somebody's own namespace."""

    actions = {"GET": Action.EXPLORE}

    @operation(ProjectFilters, returns=(BasicProjectSerializer, ProjectSerializer), many=True)
    def get(self, request: Request, user: str, params: dict[str, Any]) -> ProjectQuerySet:
        return project_rows(Project.objects.filter(group__person=_find_person(user)), request, params)


class ProjectForPerson(GatedView):
    """Administrators create projects in anybody's own namespace."""

    actions = {"POST": Action.ADMINISTER}

    @operation(NewProject, returns=ProjectDetailSerializer)
    def post(self, request: Request, user: str, params: dict[str, Any]) -> Project:
        owner = _find_person(user)
        return _create(params, services.create_namespace(owner), self.current_user, creator=owner)


def _find_person(raw: str) -> User:
    """By id or username."""
    if is_number(raw):
        found = User.objects.filter(pk=parse_number(raw) or 0).first()
    else:
        found = User.objects.filter(username__iexact=raw.replace("\0", "")).first()
    if found is None:
        raise not_found("User")
    return found


def _apply_restriction(params: dict[str, Any], current: int = VariablesLevel.DEVELOPER) -> None:
    """Puts a role in the place of `restrict_user_defined_variables`: one that is stricter already stays."""
    restricts = params.pop("restrict_user_defined_variables", None)
    if restricts is not None and restricts != (current > VariablesLevel.DEVELOPER):
        wanted = VariablesLevel.MAINTAINER if restricts else VariablesLevel.DEVELOPER
        params.setdefault("pipeline_variables_level", wanted)


def _create(params: dict[str, Any], group: Group, by: User, creator: User | None = None) -> Project:
    _apply_restriction(params)
    name, path = params.pop("name", None), params.pop("path", None)
    with_readme = params.pop("initialize_with_readme")
    project = services.create_project(
        name=name or path or "", path=path or slug(name or ""), group=group, by=by, creator=creator, **params
    )
    if with_readme:
        services.write_readme(project, by=by)
    return project


class ProjectDetail(GatedView):
    actions = {"GET": Action.READ_PROJECT, "PUT": Action.ADMIN_PROJECT, "DELETE": Action.DESTROY_PROJECT}

    @operation(ProjectReading, returns=ProjectDetailSerializer)
    def get(self, request: Request, project: str, params: dict[str, Any]) -> Project:
        return self.access.project

    @operation(ProjectChanges, returns=ProjectDetailSerializer)
    def put(self, request: Request, project: str, params: dict[str, Any]) -> Project:
        known, path = self.access.project, params.pop("path", None)
        moves = path is not None and path != known.path
        if moves and not is_allowed(request._request, Action.TRANSFER_PROJECT, known):
            raise forbidden()
        _apply_restriction(params, known.pipeline_variables_level)
        extensions = self._pop_extensions(params)
        with transaction.atomic(), keep_groups_once():  # the extensions are written last, when the project is locked
            if moves:
                services.move_project(known, by=self.current_user, path=path)
            services.update_project(known, by=self.current_user, **params)
            for extension, value in extensions.items():
                extension.write(known, value=value, by=self.current_user)
        return known

    def _pop_extensions(self, params: dict[str, Any]) -> dict[settings.SettingExtension, bool]:
        """The settings of other apps that the request names; 403 for one the caller may not change."""
        found = {one: params.pop(one.name) for one in settings.EXTENSIONS if one.name in params}
        if not all(is_allowed(self.request._request, extension.action, self.access.project) for extension in found):
            raise forbidden()
        return found

    @operation(ProjectDeletion, returns=MessageSerializer, status=202)
    def delete(self, request: Request, project: str, params: dict[str, Any]) -> Response:
        services.mark_for_deletion(self.access.project, by=self.current_user)
        return Response({"message": "202 Accepted"}, status=202)


class Archive(GatedView):
    """`/archive` and `/unarchive`, told apart by the route's `archived`."""

    actions = {"POST": Action.ARCHIVE_PROJECT}

    @operation(returns=ProjectDetailSerializer)
    def post(self, request: Request, project: str, archived: bool) -> Any:
        return services.update_project(self.access.project, by=self.current_user, archived=archived)
