"""Members of projects and groups, by REST. The two differ in their actions alone."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import QuerySet
from rest_framework.request import Request

from api.operations import operation
from api.rest import ApiError, forbidden, not_found
from identity.models import User
from projects import services
from projects.api.filters import MemberFilters
from projects.api.params import MemberChanges, MemberRemoval, NewMember, UserIdInAddress
from projects.api.serializers import MemberSerializer
from projects.models import Membership, Project
from projects.roles import members
from tokenaccess.access.gate import is_allowed
from tokenaccess.adapters.drf import GatedView
from tokenaccess.policy import Action
from tokenaccess.policy.levels import Role


def _number(raw: str) -> int:
    return int(UserIdInAddress.read_values({"user_id": raw})["user_id"])


class Members(GatedView):
    """What projects and groups do with their members."""

    @property
    def target(self) -> Any:
        return self.access.target

    def get_membership(self, user_id: str) -> Membership:
        membership = members.direct_memberships(self.target).filter(user_id=_number(user_id)).first()
        if membership is None:
            raise ApiError(404, "404 Not found")
        return membership

    def check_owners(self, *roles: int) -> None:
        action = Action.MANAGE_OWNERS if isinstance(self.target, Project) else Action.MANAGE_GROUP_MEMBERS
        if Role.OWNER in roles and not is_allowed(self.request._request, action, self.target):
            raise forbidden()


class MemberList(Members):
    @operation(MemberFilters, returns=MemberSerializer, many=True)
    def get(self, request: Request, params: dict[str, Any], **_target: str) -> QuerySet[Membership]:
        return MemberFilters.filter(members.direct_memberships(self.target).order_by("id"), params)

    @operation(NewMember, returns=MemberSerializer)
    def post(self, request: Request, params: dict[str, Any], **_target: str) -> Membership:
        person, role = _find_person(params), params["role"]
        self.check_owners(role)
        if members.direct_memberships(self.target).filter(user=person).exists():
            raise ApiError(409, "Member already exists")
        try:
            return services.add_member(
                user=person, target=self.target, role=role, by=self.current_user, expires_at=params.get("expires_at")
            )
        except ValidationError as error:
            # Somebody else was quicker.
            if error.messages == ["Member already exists"]:
                raise ApiError(409, "Member already exists") from error
            raise


def _find_person(params: dict[str, Any]) -> User:
    named = {"pk": params["user_id"]} if "user_id" in params else {"username__iexact": params["username"]}
    person = User.objects.filter(**named).first()
    if person is None:
        raise not_found("User")
    return person


class MemberDetail(Members):
    @operation(returns=MemberSerializer)
    def get(self, request: Request, user_id: str, **_target: str) -> Membership:
        return self.get_membership(user_id)

    @operation(MemberChanges, returns=MemberSerializer)
    def put(self, request: Request, user_id: str, params: dict[str, Any], **_target: str) -> Membership:
        """`expires_at`: empty for no end; left out, the end stays as it is."""
        membership = self.get_membership(user_id)
        self.check_owners(params["role"], membership.role)
        end = params.get("expires_at", membership.expires_at)
        services.update_member(membership, role=params["role"], by=self.current_user, expires_at=end)
        return membership

    @operation(MemberRemoval)
    def delete(self, request: Request, user_id: str, params: dict[str, Any], **_target: str) -> None:
        membership = self.get_membership(user_id)
        self.check_owners(membership.role)
        services.remove_member(membership, by=self.current_user)


class AllMembers(Members):
    """With those who are members by a group above: each person once, with the highest role."""

    @operation(MemberFilters, returns=MemberSerializer, many=True)
    def get(self, request: Request, params: dict[str, Any], **_target: str) -> list[Membership]:
        return [
            membership for membership in members.effective_memberships(self.target) if _is_wanted(membership, params)
        ]


def _is_wanted(membership: Membership, params: dict[str, Any]) -> bool:
    """MemberFilters, for a row at hand."""
    only, skipped = params.get("user_id__in"), params.get("skip_users", ())
    named = "query" not in params or members.matches_name(membership, params["query"])
    return named and (only is None or membership.user_id in only) and membership.user_id not in skipped


class AnyMember(Members):
    @operation(returns=MemberSerializer)
    def get(self, request: Request, user_id: str, **_target: str) -> Membership:
        number = _number(user_id)
        for membership in members.effective_memberships(self.target):
            if membership.user_id == number:
                return membership
        raise ApiError(404, "404 Not found")


class ProjectMembers(MemberList):
    actions = {"GET": Action.READ_PROJECT, "POST": Action.MANAGE_MEMBERS}


class ProjectMember(MemberDetail):
    actions = {"GET": Action.READ_PROJECT, "PUT": Action.MANAGE_MEMBERS, "DELETE": Action.MANAGE_MEMBERS}


class AllProjectMembers(AllMembers):
    actions = {"GET": Action.READ_PROJECT}


class AnyProjectMember(AnyMember):
    actions = {"GET": Action.READ_PROJECT}


class GroupMembers(MemberList):
    actions = {"GET": Action.READ_GROUP, "POST": Action.MANAGE_GROUP_MEMBERS}


class GroupMember(MemberDetail):
    actions = {"GET": Action.READ_GROUP, "PUT": Action.MANAGE_GROUP_MEMBERS, "DELETE": Action.MANAGE_GROUP_MEMBERS}


class AllGroupMembers(AllMembers):
    actions = {"GET": Action.READ_GROUP}


class AnyGroupMember(AnyMember):
    actions = {"GET": Action.READ_GROUP}
