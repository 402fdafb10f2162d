"""Members of projects and groups, by REST. The two differ in their place alone."""

from __future__ import annotations

from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db.models import Q
from rest_framework.request import Request
from rest_framework.response import Response

from config.paging import paged
from config.params import Params
from config.rest import ApiError, created, forbidden, moment, no_content, not_found
from identity.api.shapes import basic_user
from identity.models import User
from projects import members, services
from projects.api import lookup
from projects.api.views.groups import GroupView
from projects.models import Group, Membership, Project
from tokenaccess.drf import GatedView
from tokenaccess.gate import may
from tokenaccess.policy import Action
from tokenaccess.policy.levels import Role

LONGEST_NAME = 255


def member_json(membership: Membership, request: Request) -> dict[str, Any]:
    by = membership.created_by
    return {
        **basic_user(membership.user, request),
        "access_level": membership.role,
        "created_at": moment(membership.created_at),
        "created_by": basic_user(by, request) if by else None,
        "expires_at": membership.expires_at and membership.expires_at.isoformat(),
        "membership_state": "active",
    }


class InProject(GatedView):
    owners: ClassVar[Action] = Action.MANAGE_OWNERS

    @property
    def place(self) -> Project | Group:
        return self.access.project


class InGroup(GroupView):
    owners: ClassVar[Action] = Action.MANAGE_GROUP_MEMBERS

    @property
    def place(self) -> Project | Group:
        return self.group


def _number(raw: str) -> int:
    return Params({"user_id": raw}).integer("user_id", required=True) or 0


class Members(GatedView):
    """What both kinds of place do with their members."""

    owners: ClassVar[Action]
    place: Any

    def found(self, user_id: str) -> Membership:
        membership = members.direct(self.place).filter(user_id=_number(user_id)).first()
        if membership is None:
            raise ApiError(404, "404 Not found")
        return membership

    def asked_role(self, params: Params, now: int = Role.NONE) -> Role:
        """The role asked for. Making an owner, or making an owner something else, is a right of its own."""
        role = lookup.role(params, "access_level", required=True) or Role.GUEST
        self.check_owners(role, now)
        return role

    def check_owners(self, *roles: int) -> None:
        if Role.OWNER in roles and not may(self.request._request, self.owners, self.place):
            raise forbidden()


class MemberList(Members):
    def get(self, request: Request, **_place: str) -> Response:
        rows = members.direct(self.place).order_by("id")
        words = Params.of(request).text("query", most=LONGEST_NAME)
        if words:
            rows = rows.filter(Q(user__username__icontains=words) | Q(user__name__icontains=words))
        return paged(request, rows, lambda membership: member_json(membership, request))

    def post(self, request: Request, **_place: str) -> Response:
        params = Params.of(request)
        person = _person(params)
        role = self.asked_role(params)
        if members.direct(self.place).filter(user=person).exists():
            raise ApiError(409, "Member already exists")
        try:
            membership = services.add_member(
                user=person, place=self.place, role=role, by=self.person, expires_at=params.day("expires_at")
            )
        except ValidationError as error:
            # Somebody else was quicker.
            if error.messages == ["Member already exists"]:
                raise ApiError(409, "Member already exists") from error
            raise
        return created(member_json(membership, request))


def _person(params: Params) -> User:
    user_id, username = params.integer("user_id"), params.text("username", most=LONGEST_NAME)
    if user_id is None and username is None:
        raise ApiError(400, {"error": "user_id, username are missing, exactly one parameter must be provided"})
    if user_id is not None and username is not None:
        raise ApiError(400, {"error": "user_id, username are mutually exclusive"})
    known = User.objects.filter(pk=user_id) if user_id is not None else User.objects.filter(username__iexact=username)
    person = known.first()
    if person is None:
        raise not_found("User")
    return person


class MemberDetail(Members):
    def get(self, request: Request, user_id: str, **_place: str) -> Response:
        return Response(member_json(self.found(user_id), request))

    def put(self, request: Request, user_id: str, **_place: str) -> Response:
        membership, params = self.found(user_id), Params.of(request)
        role = self.asked_role(params, membership.role)
        end = params.day("expires_at") if "expires_at" in params else membership.expires_at
        services.update_member(membership, role=role, by=self.person, expires_at=end)
        return Response(member_json(membership, request))

    def delete(self, request: Request, user_id: str, **_place: str) -> Response:
        membership = self.found(user_id)
        self.check_owners(membership.role)
        services.remove_member(membership, by=self.person)
        return no_content()


class AllMembers(Members):
    """With those who are members by a group above: each person once, with the highest role."""

    def get(self, request: Request, **_place: str) -> Response:
        rows = members.effective(self.place)
        words = Params.of(request).text("query", most=LONGEST_NAME)
        if words:
            rows = [membership for membership in rows if members.is_named(membership, words)]
        return paged(request, rows, lambda membership: member_json(membership, request))


class AnyMember(Members):
    def get(self, request: Request, user_id: str, **_place: str) -> Response:
        number = _number(user_id)
        for membership in members.effective(self.place):
            if membership.user_id == number:
                return Response(member_json(membership, request))
        raise ApiError(404, "404 Not found")


class ProjectMembers(InProject, MemberList):
    actions = {"GET": Action.READ_PROJECT, "POST": Action.MANAGE_MEMBERS}


class ProjectMember(InProject, MemberDetail):
    actions = {"GET": Action.READ_PROJECT, "PUT": Action.MANAGE_MEMBERS, "DELETE": Action.MANAGE_MEMBERS}


class AllProjectMembers(InProject, AllMembers):
    actions = {"GET": Action.READ_PROJECT}


class AnyProjectMember(InProject, AnyMember):
    actions = {"GET": Action.READ_PROJECT}


class GroupMembers(InGroup, MemberList):
    actions = {"GET": Action.READ_GROUP, "POST": Action.MANAGE_GROUP_MEMBERS}


class GroupMember(InGroup, MemberDetail):
    actions = {"GET": Action.READ_GROUP, "PUT": Action.MANAGE_GROUP_MEMBERS, "DELETE": Action.MANAGE_GROUP_MEMBERS}


class AllGroupMembers(InGroup, AllMembers):
    actions = {"GET": Action.READ_GROUP}


class AnyGroupMember(InGroup, AnyMember):
    actions = {"GET": Action.READ_GROUP}
