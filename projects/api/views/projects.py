"""Projects, by REST."""

from __future__ import annotations

from typing import Any

from django.db import transaction
from rest_framework.request import Request
from rest_framework.response import Response

from config.params import Params
from config.rest import ApiError, created, forbidden, invalid, not_found
from identity.models import User
from projects import extras, services
from projects.api.project_fields import project_fields
from projects.api.shapes import full_project
from projects.api.views.project_lists import project_page
from projects.models import Group, Project
from projects.paths import slug
from tokenaccess.drf import GatedView, let_in
from tokenaccess.gate import may
from tokenaccess.policy import Action
from tokenaccess.reference import Reference


class ProjectList(GatedView):
    actions = {"GET": Action.EXPLORE, "POST": Action.CREATE_OWN_PROJECT}

    def get(self, request: Request) -> Response:
        return project_page(Project.objects.all(), request)

    def post(self, request: Request) -> Response:
        params = Params.of(request)
        namespace = params.text("namespace_id", most=1024)
        if namespace is None:
            group = services.create_namespace(self.person)
        else:
            group = let_in(request._request, Action.CREATE_PROJECT, Reference.parse(namespace)).group
        return created(full_project(_create(params, group, self.person), request))


class PersonProjects(GatedView):
    """`GET`: those in somebody's own namespace. `POST` (administrators): a new one there."""

    actions = {"GET": Action.EXPLORE}

    def get(self, request: Request, user: str) -> Response:
        return project_page(Project.objects.filter(group__person=_person(user)), request)


class ProjectForPerson(GatedView):
    actions = {"POST": Action.ADMINISTER}

    def post(self, request: Request, user: str) -> Response:
        owner = _person(user)
        project = _create(Params.of(request), services.create_namespace(owner), self.person, creator=owner)
        return created(full_project(project, request))


def _person(raw: str) -> User:
    """By id or username."""
    if raw.isascii() and raw.isdigit():
        found = User.objects.filter(pk=int(raw)).first() if len(raw) < 20 else None
    else:
        found = User.objects.filter(username__iexact=raw.replace("\0", "")).first()
    if found is None:
        raise not_found("User")
    return found


def _create(params: Params, group: Group, by: User, creator: User | None = None) -> Project:
    name, path = params.text("name"), params.text("path")
    if name is None and path is None:
        raise ApiError(400, {"error": "name, path are missing, at least one parameter must be provided"})
    fields = project_fields(params)
    with_readme = params.boolean("initialize_with_readme")
    project = services.create_project(
        name=name or path or "", path=path or slug(name or ""), group=group, by=by, creator=creator, **fields
    )
    if with_readme:
        services.write_readme(project, by=by)
    return project


class ProjectDetail(GatedView):
    actions = {"GET": Action.READ_PROJECT, "PUT": Action.ADMIN_PROJECT, "DELETE": Action.DESTROY_PROJECT}

    def get(self, request: Request, project: str) -> Response:
        return Response(full_project(self.access.project, request))

    def put(self, request: Request, project: str) -> Response:
        known, params = self.access.project, Params.of(request)
        changes = project_fields(params)
        if "name" in params:
            changes["name"] = params.text("name", required=True)
        if params.text("path") not in {None, known.path}:
            raise invalid("path", "cannot be changed")
        outer = self._extras(params)
        with transaction.atomic():
            services.update_project(known, by=self.person, **changes)
            for extra, value in outer.items():
                extra.write(known, value=value, by=self.person)
        return Response(full_project(known, request))

    def _extras(self, params: Params) -> dict[extras.Extra, bool]:
        """The settings of other apps that the request names; 403 for one the caller may not change."""
        found: dict[extras.Extra, bool] = {}
        for extra in extras.EXTRAS:
            value = params.boolean(extra.name)
            if value is None:
                continue
            if not may(self.request._request, extra.action, self.access.project):
                raise forbidden()
            found[extra] = value
        return found

    def delete(self, request: Request, project: str) -> Response:
        services.delete_project(self.access.project, by=self.person)
        return Response({"message": "202 Accepted"}, status=202)


class Archive(GatedView):
    """`/archive` and `/unarchive`, told apart by the route's `archived`."""

    actions = {"POST": Action.ARCHIVE_PROJECT}

    def post(self, request: Request, project: str, archived: bool) -> Response:
        known: Any = services.update_project(self.access.project, by=self.person, archived=archived)
        return created(full_project(known, request))
