"""`/projects/:id/job_token_scope/allowlist` and `…/groups_allowlist`: who may come in (job-token.md §3, §3.1)."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from rest_framework.request import Request

from api.operations import operation
from api.rest import ApiError, forbidden
from projects.models import Group, Project
from text.numbers import is_number
from tokenaccess.access.id_or_path import IdOrPath
from tokenaccess.access.result import AccessDenied
from tokenaccess.adapters.drf import GatedView, with_denial_id
from tokenaccess.allowlist import services
from tokenaccess.allowlist.display.queries import listed_groups, listed_projects
from tokenaccess.allowlist.editing_rights import INSUFFICIENT_PERMISSIONS
from tokenaccess.allowlist.targets import TargetName
from tokenaccess.api.params import NewGroupEntry, NewProjectEntry
from tokenaccess.api.serializers import (
    AddedGroupSerializer,
    AddedProjectSerializer,
    HiddenProjectSerializer,
    ListedGroupSerializer,
    ListedProjectSerializer,
)
from tokenaccess.policy import Action, Refusal
from tokenaccess.policy.actions import TargetKind


class _RemovalView(GatedView):
    """Only the refusal of a removal says what is required."""

    actions = {"DELETE": Action.MANAGE_TOKEN_ACCESS}

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        try:
            super().initial(request, *args, **kwargs)
        except AccessDenied as denied:
            if denied.access.decision.refusal is Refusal.FORBIDDEN:
                raise with_denial_id(forbidden(INSUFFICIENT_PERMISSIONS), denied.access) from denied
            raise


class Allowlist(GatedView):
    """The project itself comes first."""

    actions = {"GET": Action.READ_TOKEN_ACCESS, "POST": Action.MANAGE_TOKEN_ACCESS}
    missing = "target_project_id not found"

    @operation(returns=(ListedProjectSerializer, HiddenProjectSerializer), many=True)
    def get(self, request: Request, project: str) -> QuerySet[Project]:
        return listed_projects(self.access.project)

    def get_serializer_class(self) -> type[ListedProjectSerializer]:
        return ListedProjectSerializer

    @operation(NewProjectEntry, returns=AddedProjectSerializer)
    def post(self, request: Request, project: str, params: dict[str, Any]) -> dict[str, int]:
        target = TargetName(IdOrPath("id", params["target_project_id"]), TargetKind.PROJECT)
        entry = services.add_entry(self.access.project, target, by=self.access.current_user)
        return {"source_project_id": entry.project_id, "target_project_id": params["target_project_id"]}


class AllowedProject(_RemovalView):
    """Also a listed project that the user may not see can be removed."""

    @operation()
    def delete(self, request: Request, project: str, target: str) -> None:
        named = TargetName(_id_from_url(target, "target_project_id"), TargetKind.PROJECT)
        services.remove_entry(self.access.project, named, by=self.access.current_user)


class GroupsAllowlist(GatedView):
    actions = {"GET": Action.READ_TOKEN_ACCESS, "POST": Action.MANAGE_TOKEN_ACCESS}
    missing = "target_group_id not found"

    @operation(returns=ListedGroupSerializer, many=True)
    def get(self, request: Request, project: str) -> QuerySet[Group]:
        return listed_groups(self.access.project)

    @operation(NewGroupEntry, returns=AddedGroupSerializer)
    def post(self, request: Request, project: str, params: dict[str, Any]) -> dict[str, int]:
        target = TargetName(IdOrPath("id", params["target_group_id"]), TargetKind.GROUP)
        entry = services.add_entry(self.access.project, target, by=self.access.current_user)
        return {"source_project_id": entry.project_id, "target_group_id": params["target_group_id"]}


class AllowedGroup(_RemovalView):
    """Also a listed group that the user may not see can be removed."""

    missing = "target_group_id not found"

    @operation()
    def delete(self, request: Request, project: str, target: str) -> None:
        named = TargetName(_id_from_url(target, "target_group_id"), TargetKind.GROUP)
        services.remove_entry(self.access.project, named, by=self.access.current_user)


def _id_from_url(text: str, name: str) -> IdOrPath:
    if not is_number(text):
        raise ApiError(400, {"error": f"{name} is invalid"})
    return IdOrPath.parse(text)
