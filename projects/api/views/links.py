"""Groups that are invited into projects and groups, by REST (`share` in GitLab's words)."""

from __future__ import annotations

from typing import Any

from django.db.models import Q
from rest_framework.request import Request

from api.input.list_filters import name_search
from api.operations import operation
from api.rest import ApiError
from identity.sign_in.users import signed_in_user
from projects import services
from projects.api.filters import ProjectGroupFilters
from projects.api.params import NewGroupLink
from projects.api.serializers import GroupDetailSerializer, ProjectGroupSerializer, ProjectLinkSerializer
from projects.api.views.members import Members
from projects.models import Group, GroupLink
from projects.querysets import GroupQuerySet
from projects.roles.members import active_links
from tokenaccess.access.gate import find_if_permitted
from tokenaccess.access.id_or_path import IdOrPath
from tokenaccess.adapters.drf import GatedView
from tokenaccess.policy import Action
from tokenaccess.policy.levels import Role


class Links(Members):
    """What both kinds of place do with groups that are invited there."""

    def invite(self, params: dict[str, Any]) -> GroupLink:
        self.check_owners(params["role"])
        invited = find_if_permitted(self.current_user, Action.READ_GROUP, IdOrPath("id", params["group_id"]))
        if not isinstance(invited, Group) or invited.person_id is not None:
            raise ApiError(404, "404 Group Not Found")
        return services.invite_group(
            invited,
            target=self.target,
            role=params["role"],
            by=self.current_user,
            expires_at=params.get("expires_at"),
        )

    def remove(self, group_id: int) -> None:
        links = GroupLink.objects.select_related("invited", "project__group", "group")
        link = links.filter(invited__pk=group_id, **{str(self.target.kind): self.target}).first()
        if link is None:
            raise ApiError(404, "404 Group Not Found")
        self.check_owners(link.role)
        services.remove_group_link(link, by=self.current_user)


class ProjectShares(Links):
    actions = {"POST": Action.MANAGE_MEMBERS}

    @operation(NewGroupLink, returns=ProjectLinkSerializer)
    def post(self, request: Request, project: str, params: dict[str, Any]) -> GroupLink:
        return self.invite(params)


class ProjectShare(Links):
    actions = {"DELETE": Action.MANAGE_MEMBERS}

    @operation()
    def delete(self, request: Request, project: str, group_id: int) -> None:
        self.remove(group_id)


class GroupShares(Links):
    actions = {"POST": Action.MANAGE_GROUP_MEMBERS}

    @operation(NewGroupLink, returns=GroupDetailSerializer)
    def post(self, request: Request, group: str, params: dict[str, Any]) -> Group:
        self.invite(params)
        return self.access.group


class GroupShare(Links):
    actions = {"DELETE": Action.MANAGE_GROUP_MEMBERS}

    @operation()
    def delete(self, request: Request, group: str, group_id: int) -> None:
        self.remove(group_id)


class ProjectGroups(GatedView):
    """The groups a project lies in, as far as the caller may see them."""

    actions = {"GET": Action.READ_PROJECT}

    @operation(ProjectGroupFilters, returns=ProjectGroupSerializer, many=True)
    def get(self, request: Request, project: str, params: dict[str, Any]) -> GroupQuerySet:
        wanted = Q(descendant_links__group=self.access.project.group_id)
        if params["with_shared"]:
            least = params.get("shared_min_access_level") or Role.GUEST
            links = active_links().filter(project=self.access.project, role__gte=least)
            wanted |= Q(pk__in=links.values("invited"))
        rows: GroupQuerySet = Group.objects.filter(wanted).distinct().groups_only()
        rows = rows.visible_to(signed_in_user(request), name_search(params))
        return ProjectGroupFilters.filter(rows, params).order_by("full_path")
