"""From a credential to the user who calls. Jobs are resolved by the access check itself, in its one statement
(tokenaccess.access.facts.job_facts)."""

from __future__ import annotations

from collections.abc import Callable
from functools import cache
from typing import Any, NamedTuple

from django.conf import settings
from django.contrib.auth import authenticate
from django.contrib.auth.signals import user_login_failed
from django.http import HttpRequest
from django.middleware.csrf import CsrfViewMiddleware
from django.utils.module_loading import import_string

from identity.credentials import table
from identity.credentials.lookup import find_token
from identity.credentials.request import Credential
from identity.credentials.usage import record_use
from identity.models import PersonalToken, User
from identity.sign_in.recency import is_recent
from identity.sign_in.two_factor import has_two_factor

_MAX_LOGIN = 150
_UNSAFE = frozenset({"POST", "PUT", "PATCH", "DELETE"})


class BadCredential(Exception):
    """A credential was presented that is not accepted. `error` and `description` are those of tokens.md §5, if any.

    `token` is the personal token that was presented, when it is one that is no longer active.
    """

    def __init__(self, error: str = "", description: str = "", token: PersonalToken | None = None) -> None:
        super().__init__(description or "unknown credential")
        self.error = error
        self.description = description
        self.token = token


class CsrfFailure(Exception):
    """A signed-in browser sent a change without proof that its own page asked for it."""


class OldSession(CsrfFailure):
    """A session that is left open somewhere wants to change something by the API, where a page would ask who it is."""


REVOKED = "Token was revoked. You have to re-authorize from the user."
EXPIRED = "Token is expired. You can either do re-authorization or token refresh."
IMPERSONATION_DISABLED = "Token is an impersonation token but impersonation was disabled."


class Principal(NamedTuple):
    """Who calls: a user, with the token that was presented and its scopes (None: no limit by scopes). A token without
    a user acts as itself. `caller`: the policy's caller, of a kind that knows it better than these."""

    user: User | None = None
    token: Any = None
    scopes: frozenset[str] | None = None
    caller: Any = None


Resolver = Callable[[HttpRequest, Credential], Principal]


def resolve(request: HttpRequest, credential: Credential | None) -> Principal:
    """Raises BadCredential for a wrong credential, CsrfFailure for an unproven change by session."""
    if credential is None:
        return Principal()
    resolver = table.TABLE.by_kind[credential.kind].resolver
    if not resolver:
        raise BadCredential
    return _import_resolver(resolver)(request, credential)


@cache
def _import_resolver(path: str) -> Resolver:
    resolver: Resolver = import_string(path)
    return resolver


def resolve_token(request: HttpRequest, credential: Credential) -> Principal:
    """Any kind of token that acts as its `user` within its `scopes`."""
    token = find_token(credential.kind, credential.secret)
    if token is None:
        raise BadCredential
    if token.revoked:
        raise BadCredential("invalid_token", REVOKED, token)
    if token.expired:
        raise BadCredential("invalid_token", EXPIRED, token)
    if token.impersonation and not settings.IMPERSONATION_ENABLED:
        raise BadCredential("invalid_token", IMPERSONATION_DISABLED)
    record_use(token, request.META.get("REMOTE_ADDR"))
    return Principal(token.user, token, frozenset(token.scopes))


def resolve_password(request: HttpRequest, credential: Credential) -> Principal:
    """Of people with two-factor sign-in only a token counts.

    A token of ours under a person's name is wrong, and no guess of their password: it locks nobody out.
    """
    login = credential.login
    if table.TABLE.is_token(credential.secret):
        raise BadCredential
    if login is None or "\0" in login or len(login) > _MAX_LOGIN:
        raise BadCredential
    user = authenticate(request, username=login, password=credential.secret)
    if not isinstance(user, User):
        raise BadCredential
    if has_two_factor(user):
        refuse_password(request, credential)
        raise BadCredential
    return Principal(user)


def refuse_password(request: HttpRequest, credential: Credential) -> None:
    """A right one is counted like a wrong one, and answered alike: nobody learns here which it was."""
    user_login_failed.send(sender=__name__, credentials={"username": credential.login}, request=request)


def resolve_session(request: HttpRequest, credential: Credential) -> Principal:
    user = request.user
    if not user.is_authenticated:
        return Principal()
    if request.method in _UNSAFE and getattr(request, "_dont_enforce_csrf_checks", False) is False:
        _check_csrf(request)
    if request.method in _UNSAFE and request.path_info.startswith("/api/v4/") and not is_recent(request):
        raise OldSession
    return Principal(user)


def _check_csrf(request: HttpRequest) -> None:
    """API views are exempt from Django's CSRF check, as most callers bring a token; one who came by cookie is not."""
    check = CsrfViewMiddleware(lambda _: None)  # type: ignore[arg-type]
    check.process_request(request)
    if check.process_view(request, None, (), {}) is not None:  # type: ignore[arg-type]
        raise CsrfFailure
