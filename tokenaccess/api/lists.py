"""`/projects/:id/job_token_scope/allowlist` and `…/groups_allowlist`: who may come in (job-token.md §3, §3.1)."""

from __future__ import annotations

from typing import Any

from rest_framework.request import Request
from rest_framework.response import Response

from config.paging import paged_together
from config.params import BIGINT, Params
from config.rest import ApiError, created, forbidden, no_content
from projects.api.shapes import basic_projects
from projects.models import Group, Project
from tokenaccess import editors, services
from tokenaccess.api.refusals import in_rest
from tokenaccess.drf import GatedView
from tokenaccess.editors import REFUSED
from tokenaccess.gate import which
from tokenaccess.lists import listed_groups, listed_projects
from tokenaccess.policy import Action
from tokenaccess.reference import Reference


class _List(GatedView):
    """A refused removal says what it takes, unlike the other refusals."""

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        try:
            super().initial(request, *args, **kwargs)
        except ApiError as error:
            if request.method == "DELETE" and error.body == {"message": "403 Forbidden"}:
                error.body = forbidden(REFUSED).body
            raise


class Allowlist(_List):
    """GET → basic projects, itself first; POST `target_project_id` → 201."""

    actions = {"GET": Action.READ_TOKEN_ACCESS, "POST": Action.MANAGE_TOKEN_ACCESS}

    def get(self, request: Request, project: str) -> Response:
        return paged_together(request, listed_projects(self.access.project), self._shown)

    def _shown(self, projects: list[Project]) -> list[dict[str, Any]]:
        """Of a project the reader may not see, the id: enough to take it off the list."""
        seen = which(self.person, Action.READ_PROJECT, projects)
        known = [project for project in projects if project.pk in seen]
        shapes = {shape["id"]: shape for shape in basic_projects(known, self.request)}
        return [shapes.get(project.pk) or _hidden(project.pk) for project in projects]

    def post(self, request: Request, project: str) -> Response:
        wanted = _wanted_id(request, "target_project_id")
        with in_rest("target_project_id not found"):
            target = editors.find(self.person, "project", Reference(id=wanted))
            assert isinstance(target, Project)
            services.admit_project(self.access.project, target=target, by=self.person)
        return created({"source_project_id": self.access.project.pk, "target_project_id": target.pk})


class AllowedProject(_List):
    """DELETE → 204, also for a listed project that the editor may not see."""

    actions = {"DELETE": Action.MANAGE_TOKEN_ACCESS}

    def delete(self, request: Request, project: str, target: str) -> Response:
        named = Reference(id=_id_in_address(target, "target_project_id"))
        with in_rest("Project"):
            found = editors.find_listed(self.person, self.access.project, "project", named)
            assert isinstance(found, Project)
            services.remove_project(self.access.project, target=found, by=self.person)
        return no_content()


class GroupsAllowlist(_List):
    """GET → `[{"id", "web_url", "name"}]`; POST `target_group_id` → 201."""

    actions = {"GET": Action.READ_TOKEN_ACCESS, "POST": Action.MANAGE_TOKEN_ACCESS}

    def get(self, request: Request, project: str) -> Response:
        return paged_together(request, listed_groups(self.access.project), self._shown)

    def _shown(self, groups: list[Group]) -> list[dict[str, Any]]:
        visible = Group.objects.visible_to(self.person).filter(pk__in=[group.pk for group in groups])
        seen = set(visible.values_list("pk", flat=True))
        return [self._shape(group) if group.pk in seen else _hidden_group(group.pk) for group in groups]

    def _shape(self, group: Group) -> dict[str, Any]:
        address = self.request.build_absolute_uri(f"/groups/{group.full_path}")
        return {"id": group.pk, "web_url": address, "name": group.name}

    def post(self, request: Request, project: str) -> Response:
        wanted = _wanted_id(request, "target_group_id")
        with in_rest("target_group_id not found"):
            target = editors.find(self.person, "group", Reference(id=wanted))
            assert isinstance(target, Group)
            services.admit_group(self.access.project, target=target, by=self.person)
        return created({"source_project_id": self.access.project.pk, "target_group_id": target.pk})


class AllowedGroup(_List):
    """DELETE → 204, also for a listed group that the editor may not see."""

    actions = {"DELETE": Action.MANAGE_TOKEN_ACCESS}

    def delete(self, request: Request, project: str, target: str) -> Response:
        named = Reference(id=_id_in_address(target, "target_group_id"))
        with in_rest("target_group_id not found"):
            found = editors.find_listed(self.person, self.access.project, "group", named)
            assert isinstance(found, Group)
            services.remove_group(self.access.project, target=found, by=self.person)
        return no_content()


def _wanted_id(request: Request, name: str) -> int:
    wanted = Params(request.data, request.query_params).integer(name, required=True)
    assert wanted is not None
    return wanted


def _id_in_address(text: str, name: str) -> int:
    """A number too large for any id is one that is not there."""
    if not (text.isascii() and text.isdigit()):
        raise ApiError(400, {"error": f"{name} is invalid"})
    return int(text) if len(text) < 20 and int(text) <= BIGINT else 0


def _hidden(pk: int) -> dict[str, Any]:
    keys = ("description", "name", "name_with_namespace", "path", "path_with_namespace", "web_url")
    return {"id": pk, **dict.fromkeys(keys)}


def _hidden_group(pk: int) -> dict[str, Any]:
    return {"id": pk, "web_url": None, "name": None}
