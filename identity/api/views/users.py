"""`/user` and `/users`: people. Everyone signed in may look; administrators see more and change."""

from __future__ import annotations

from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.http import HttpResponse
from rest_framework import serializers
from rest_framework.request import Request

from api.operations import operation
from api.rest import ApiError, forbidden, not_found
from identity import services
from identity.api.params import NewUser, UserChanges, UserDeletion, UserFilters
from identity.api.serializers import (
    AdministeredUserSerializer,
    BasicUserSerializer,
    OwnUserSerializer,
    PublicUserSerializer,
)
from identity.models import User
from identity.querysets import search_people
from identity.sign_in.two_factor import reset_two_factor, with_two_factor
from projects.models import Group, Project
from projects.services import people
from tokenaccess.access.gate import is_allowed
from tokenaccess.adapters.drf import GatedView
from tokenaccess.policy import Action


class UserView(GatedView):
    """What the views below share: who is asked about, and how much of it is told."""

    for_others: ClassVar[type[BasicUserSerializer]] = BasicUserSerializer

    def get_user(self, user_id: int) -> User:
        user = self.visible_people().filter(pk=user_id).first()
        if user is None:
            raise not_found("User")
        return user

    def visible_people(self) -> QuerySet[User]:
        """Everyone; but the bot of an access token, whose name tells of its project or group, only to who sees that."""
        people = with_two_factor(User.objects.select_related("namespace"))
        if self.may_inspect:
            return people
        me = self.current_user
        places = Q(access_token_bot__project__in=Project.objects.visible_to(me).values("pk"))
        places |= Q(access_token_bot__group__in=Group.objects.visible_to(me).values("pk"))
        return people.filter(Q(is_bot=False) | Q(pk=me.pk) | places)

    @property
    def may_inspect(self) -> bool:
        return is_allowed(self.request._request, Action.INSPECT_PEOPLE)

    def get_serializer_class(self) -> type[BasicUserSerializer]:
        return AdministeredUserSerializer if self.may_inspect else self.for_others


class CurrentUser(UserView):
    actions = {"GET": Action.READ_USERS}
    for_others = OwnUserSerializer

    @operation(returns=(OwnUserSerializer, AdministeredUserSerializer))
    def get(self, request: Request) -> User:
        return self.get_user(self.current_user.pk)


class UserList(UserView):
    actions = {"GET": Action.READ_USERS, "POST": Action.ADMINISTER}

    @operation(UserFilters, returns=(BasicUserSerializer, AdministeredUserSerializer), many=True)
    def get(self, request: Request, params: dict[str, Any]) -> QuerySet[User]:
        rows = self.visible_people()
        if "search" in params:
            by_address = Q(email__iexact=params["search"]) if self.may_inspect else Q(pk__in=[])
            rows = search_people(rows, params["search"]) | rows.filter(by_address)
        if params.get("admins") and not self.may_inspect:
            raise ApiError(400, {"error": "admins is for administrators only"})
        return UserFilters.apply(rows, params)

    @operation(NewUser, returns=AdministeredUserSerializer)
    def post(self, request: Request, params: dict[str, Any]) -> User:
        # Without a password nobody signs in until one is set.
        set_later = [params.pop(name, False) for name in ("reset_password", "force_random_password")]
        password = None if any(set_later) else params.get("password")
        if password is None and not any(set_later):
            raise ApiError(400, {"error": "password is empty"})
        return _create_person(**{**params, "password": password}, by=self.current_user)


def _create_person(**fields: Any) -> User:
    try:
        return people.create_person(**fields)
    except ValidationError as error:
        if getattr(error, "error_dict", {}).keys() == {"username"} and "has already been taken" in error.messages:
            raise ApiError(409, "Username has already been taken") from error
        raise


class UserDetail(UserView):
    actions = {"GET": Action.READ_USERS, "PUT": Action.ADMINISTER, "DELETE": Action.ADMINISTER}
    for_others = PublicUserSerializer

    @operation(returns=(PublicUserSerializer, AdministeredUserSerializer))
    def get(self, request: Request, user_id: int) -> User:
        return self.get_user(user_id)

    @operation(UserChanges, returns=AdministeredUserSerializer)
    def put(self, request: Request, user_id: int, params: dict[str, Any]) -> User:
        user = self.get_user(user_id)
        if "profile" in params:
            params["profile"] = {**user.profile, **params["profile"]}
        people.update_person(user, by=self.current_user, **params)
        return self.get_user(user_id)

    @operation(UserDeletion)
    def delete(self, request: Request, user_id: int, params: dict[str, Any]) -> None:
        user = self.get_user(user_id)
        try:
            people.delete_person(user, by=self.current_user, with_projects=params["hard_delete"])
        except ValidationError as error:
            raise ApiError(409, f"409 Conflict - {' '.join(error.messages)}") from error


class Block(UserView):
    actions = {"POST": Action.ADMINISTER}

    @operation(returns=serializers.BooleanField(allow_null=True))
    def post(self, request: Request, user_id: int) -> bool | HttpResponse:
        """True; for somebody who is blocked already `null`."""
        try:
            done = services.block_person(self.get_user(user_id), by=self.current_user)
        except ValidationError as error:
            raise forbidden(" ".join(error.messages)) from error
        return True if done else HttpResponse(b"null", content_type="application/json", status=201)


class Unblock(UserView):
    actions = {"POST": Action.ADMINISTER}

    @operation(returns=serializers.BooleanField())
    def post(self, request: Request, user_id: int) -> bool:
        """Whether it changed anything."""
        return services.unblock_person(self.get_user(user_id), by=self.current_user)


class TwoFactor(UserView):
    """An administrator's token must not be enough to take the second factor from another administrator."""

    actions = {"PATCH": Action.ADMINISTER}

    @operation(status=204)
    def patch(self, request: Request, user_id: int) -> None:
        user = self.get_user(user_id)
        if user.is_superuser or services.was_administrator_lately(user):
            raise forbidden("Of administrators it is reset in the administration")
        try:
            reset_two_factor(user, by=self.current_user)
        except ValidationError as error:
            raise ApiError(400, f"400 Bad request - {' '.join(error.messages)}") from error
