"""`/user` and `/users`: people. Everyone signed in may look; administrators see more and change."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from rest_framework.request import Request
from rest_framework.response import Response

from config.paging import paged
from config.params import Params
from config.rest import ApiError, created, forbidden, no_content, not_found
from identity import services
from identity.api.shapes import administered_user, basic_user, own_user, public_user
from identity.models import User
from identity.querysets import people_named
from projects.services import people
from tokenaccess.drf import GatedView
from tokenaccess.gate import may
from tokenaccess.policy import Action

_ORDERS = {"id": "id", "name": "name", "username": "username", "created_at": "date_joined"}


class UserView(GatedView):
    """What the views below share: who is asked about, and how much of it is told."""

    def found(self, user_id: int) -> User:
        user = User.objects.select_related("namespace").filter(pk=user_id).first()
        if user is None:
            raise not_found("User")
        return user

    @property
    def inspects(self) -> bool:
        return may(self.request._request, Action.INSPECT_PEOPLE)


class CurrentUser(UserView):
    actions = {"GET": Action.READ_USERS}

    def get(self, request: Request) -> Response:
        user = self.found(self.person.pk)
        return Response(administered_user(user, request) if self.inspects else own_user(user, request))


class UserList(UserView):
    """`username` (whole), `search` (part of a name or username; a whole address), `active`, `blocked`, `external`."""

    actions = {"GET": Action.READ_USERS, "POST": Action.ADMINISTER}

    def get(self, request: Request) -> Response:
        shape = administered_user if self.inspects else basic_user
        rows = self._chosen(Params.of(request))
        return paged(request, rows.select_related("namespace"), lambda user: shape(user, request))

    def _chosen(self, params: Params) -> QuerySet[User]:
        rows: QuerySet[User] = User.objects.all()
        username, search = params.text("username"), params.text("search")
        if username is not None:
            rows = rows.filter(username__iexact=username)
        if search is not None:
            by_address = Q(email__iexact=search) if self.inspects else Q(pk__in=[])
            rows = people_named(rows, search) | rows.filter(by_address)
        if params.boolean("active"):
            rows = rows.filter(is_active=True)
        if params.boolean("blocked"):
            rows = rows.filter(is_active=False)
        if params.boolean("external"):
            rows = rows.filter(is_external=True)
        if self.inspects and params.boolean("admins"):
            rows = rows.filter(is_superuser=True)
        return rows.order_by(*_order(params))

    def post(self, request: Request) -> Response:
        params = Params.of(request)
        params.require("email", "name", "username")
        user = _add(
            username=params.text("username", required=True),
            name=params.text("name", required=True),
            email=params.text("email", required=True),
            password=_new_password(params),
            is_superuser=params.boolean("admin") or False,
            is_external=params.boolean("external") or False,
            by=self.person,
        )
        return created(administered_user(user, request))


def _order(params: Params) -> tuple[str, ...]:
    field = _ORDERS[params.choice("order_by", _ORDERS) or "id"]
    sign = "" if params.choice("sort", {"asc", "desc"}) == "asc" else "-"
    return (sign + field, sign + "id")


def _new_password(params: Params) -> str | None:
    """None: nobody signs in with a password until one is set."""
    if params.boolean("force_random_password") or params.boolean("reset_password"):
        return None
    if "password" not in params:
        names = "password, reset_password, force_random_password"
        raise ApiError(400, {"error": f"{names} are missing, at least one parameter must be provided"})
    return params.text("password", required=True)


def _add(**fields: Any) -> User:
    try:
        return people.create_person(**fields)
    except ValidationError as error:
        if getattr(error, "error_dict", {}).keys() == {"username"} and "has already been taken" in error.messages:
            raise ApiError(409, "Username has already been taken") from error
        raise


class UserDetail(UserView):
    actions = {"GET": Action.READ_USERS, "PUT": Action.ADMINISTER, "DELETE": Action.ADMINISTER}

    def get(self, request: Request, user_id: int) -> Response:
        user = self.found(user_id)
        return Response(administered_user(user, request) if self.inspects else public_user(user, request))

    def put(self, request: Request, user_id: int) -> Response:
        user, params = self.found(user_id), Params.of(request)
        given = {
            "username": params.text("username"),
            "name": params.text("name"),
            "email": params.text("email"),
            "is_superuser": params.boolean("admin"),
            "is_external": params.boolean("external"),
        }
        changes = {field: value for field, value in given.items() if value is not None}
        people.update_person(user, by=self.person, password=params.text("password"), **changes)
        return Response(administered_user(self.found(user_id), request))

    def delete(self, request: Request, user_id: int) -> Response:
        """`hard_delete`: the personal projects go too."""
        user = self.found(user_id)
        with_projects = Params.of(request).boolean("hard_delete") or False
        try:
            people.delete_person(user, by=self.person, with_projects=with_projects)
        except ValidationError as error:
            raise ApiError(409, f"409 Conflict - {' '.join(error.messages)}") from error
        return no_content()


class Block(UserView):
    actions = {"POST": Action.ADMINISTER}

    def post(self, request: Request, user_id: int) -> Response:
        try:
            services.block_person(self.found(user_id), by=self.person)
        except ValidationError as error:
            raise forbidden(" ".join(error.messages)) from error
        return created(True)


class Unblock(UserView):
    actions = {"POST": Action.ADMINISTER}

    def post(self, request: Request, user_id: int) -> Response:
        services.unblock_person(self.found(user_id), by=self.person)
        return created(True)
