"""Personal tokens over the API. tokens.md §6.1."""

from __future__ import annotations

from datetime import date, datetime
from typing import Any

from django.utils import timezone
from django.views.decorators.debug import sensitive_variables
from rest_framework.request import Request
from rest_framework.response import Response

from config.paging import paged
from config.params import Params
from config.rest import ApiError, bad_request, created, no_content, not_found
from identity import services
from identity.api.shapes import personal_token
from identity.models import PersonalToken, Scope, User
from identity.querysets import PersonalTokenQuerySet
from identity.resolve import BadCredential
from tokenaccess.drf import GatedView
from tokenaccess.gate import may
from tokenaccess.policy import Action

_SORTS = {
    f"{name}_{way}": f"{sign}{field}"
    for name, field in {
        "created": "created_at",
        "expires": "expires_at",
        "last_used": "last_used_at",
        "name": "name",
    }.items()
    for way, sign in {"asc": "", "desc": "-"}.items()
}
# A token is not made by another that could do less; these cannot do more than replace themselves.
_SELF_MADE = frozenset({Scope.SELF_ROTATE.value})
UNAUTHORIZED = "401 Unauthorized"


class TokenView(GatedView):
    """What the views below share: which tokens the caller may name at all."""

    def reachable(self) -> PersonalTokenQuerySet:
        tokens = PersonalToken.objects.select_related("user")
        return tokens if self.inspects else tokens.of(self.person)

    @property
    def inspects(self) -> bool:
        return may(self.request._request, Action.INSPECT)

    def found(self, token_id: int) -> PersonalToken:
        """Whose token it is, and whether there is one, only administrators learn."""
        token = self.reachable().filter(pk=token_id).first()
        if token is None:
            raise not_found() if self.inspects else ApiError(401, UNAUTHORIZED)
        return token

    def in_use(self) -> PersonalToken:
        """The token that this very request came with."""
        token: PersonalToken | None = getattr(self.request._request, "personal_token", None)
        if token is None:
            raise bad_request("The request was not made with a personal access token")
        return token


class TokenList(TokenView):
    actions = {"GET": Action.READ_OWN_TOKENS}

    def get(self, request: Request) -> Response:
        params = Params.of(request)
        rows = _narrowed(self._of_person(params), params)
        order = _SORTS[params.choice("sort", _SORTS) or "created_desc"]
        return paged(request, rows.order_by(order, "-id"), personal_token)

    def _of_person(self, params: Params) -> PersonalTokenQuerySet:
        user_id = params.integer("user_id")
        if user_id is None:
            return self.reachable()
        rows = self.reachable().filter(user_id=user_id)
        if not self.inspects and user_id != self.person.pk:
            raise ApiError(401, UNAUTHORIZED)
        return rows


def _narrowed(rows: PersonalTokenQuerySet, params: Params) -> PersonalTokenQuerySet:
    state, revoked, search = (
        params.choice("state", {"active", "inactive"}),
        params.boolean("revoked"),
        params.text("search"),
    )
    if state is not None:
        rows = rows.active() if state == "active" else rows.inactive()
    if revoked is not None:
        rows = rows.filter(revoked=revoked)
    if search is not None:
        rows = rows.search(search)
    for name, field in {"created": "created_at", "last_used": "last_used_at", "expires": "expires_at"}.items():
        for way, lookup in {"after": "gt", "before": "lt"}.items():
            limit = _limit(params, f"{name}_{way}", field)
            if limit is not None:
                rows = rows.filter(**{f"{field}__{lookup}": limit})
    return rows


def _limit(params: Params, name: str, field: str) -> date | datetime | None:
    day = params.day(name)
    if day is None or field == "expires_at":
        return day
    return _moment(params, name) or datetime(day.year, day.month, day.day, tzinfo=timezone.get_default_timezone())


def _moment(params: Params, name: str) -> datetime | None:
    raw = params.text(name) or ""
    if len(raw) <= 10:
        return None
    try:
        at = datetime.fromisoformat(raw)
    except ValueError:
        raise ApiError(400, {"error": f"{name} is invalid"}) from None
    return at if at.tzinfo else at.replace(tzinfo=timezone.get_default_timezone())


class TokenDetail(TokenView):
    actions = {"GET": Action.READ_OWN_TOKENS, "DELETE": Action.MANAGE_OWN_TOKENS}

    def get(self, request: Request, token_id: int) -> Response:
        return Response(personal_token(self.found(token_id)))

    def delete(self, request: Request, token_id: int) -> Response:
        services.revoke_token(self.found(token_id), by=self.person)
        return no_content()


class TokenRotation(TokenView):
    actions = {"POST": Action.MANAGE_OWN_TOKENS}

    def post(self, request: Request, token_id: int) -> Response:
        return self.rotated(self.found(token_id))

    @sensitive_variables("secret")
    def rotated(self, token: PersonalToken) -> Response:
        expires_at = Params.of(self.request).day("expires_at")
        try:
            made, secret = services.rotate_token(token, by=self.person, expires_at=expires_at)
        except services.NotActive as error:
            services.revoke_family(token, by=self.person)
            raise ApiError(401, UNAUTHORIZED) from error
        return Response(personal_token(made, secret))


class SelfDetail(TokenView):
    """Any scope will do: a token may always tell what it is, and be given back."""

    actions = {"GET": Action.USE_TOKEN_ITSELF, "DELETE": Action.USE_TOKEN_ITSELF}

    def get(self, request: Request) -> Response:
        return Response(personal_token(self.in_use()))

    def delete(self, request: Request) -> Response:
        services.revoke_token(self.in_use(), by=self.person)
        return no_content()


class SelfRotation(TokenRotation):
    actions = {"POST": Action.ROTATE_TOKEN_ITSELF}

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """A token that was rotated before is refused as any revoked one is, and takes its whole line with it."""
        try:
            super().initial(request, *args, **kwargs)
        except ApiError as error:
            bad = error.__cause__
            if isinstance(bad, BadCredential) and bad.token is not None and bad.token.revoked:
                services.revoke_family(bad.token, by=bad.token.user)
            raise

    def post(self, request: Request, token_id: int = 0) -> Response:
        return self.rotated(self.in_use())


class TokensOfUser(GatedView):
    """Administrators make tokens for anyone."""

    actions = {"POST": Action.ADMINISTER}

    def post(self, request: Request, user_id: int) -> Response:
        user = User.objects.filter(pk=user_id).first()
        if user is None:
            raise not_found("User")
        return made(Params.of(request), user, self.person, frozenset(Scope.values))


class OwnTokens(GatedView):
    """A person may make those that can do no more than replace themselves; the rest is made on the page."""

    actions = {"POST": Action.MANAGE_OWN_TOKENS}

    def post(self, request: Request) -> Response:
        return made(Params.of(request), self.person, self.person, _SELF_MADE)


@sensitive_variables("secret")
def made(params: Params, user: User, by: User, allowed: frozenset[str]) -> Response:
    params.require("name", "scopes")
    scopes = params.words("scopes", required=True) or []
    if not scopes or not set(scopes) <= allowed:
        raise ApiError(400, {"error": "scopes does not have a valid value"})
    token, secret = services.create_token(
        user=user,
        name=params.text("name", required=True, most=255) or "",
        description=params.text("description") or "",
        scopes=scopes,
        expires_at=params.day("expires_at"),
        by=by,
    )
    return created(personal_token(token, secret))
