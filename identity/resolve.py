"""From a credential to the person who calls. Jobs are resolved by the access check itself, in its one statement
(tokenaccess.load.job_facts)."""

from __future__ import annotations

from datetime import timedelta

from django.contrib.auth import authenticate
from django.http import HttpRequest
from django.middleware.csrf import CsrfViewMiddleware
from django.utils import timezone

from identity.credentials import Credential, Kind
from identity.models import PersonalToken, User
from identity.secrets import Prefix, digests

# A use is noted at most this often, so that reading does not mean writing.
LAST_USED_EVERY = timedelta(minutes=10)
_LONGEST_LOGIN = 150
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


def resolve(request: HttpRequest, credential: Credential | None) -> tuple[User | None, PersonalToken | None]:
    """The person who calls, and the personal token in use; `(None, None)` for a visitor.

    Raises BadCredential for a wrong credential, CsrfFailure for an unproven change by session.
    """
    if credential is None:
        return None, None
    match credential.kind:
        case Kind.PERSONAL:
            token = _personal(credential.secret)
            return token.user, token
        case Kind.PASSWORD:
            return _password(request, credential), None
        case Kind.SESSION:
            return _session(request), None
    raise BadCredential


def _personal(secret: str) -> PersonalToken:
    token = None
    # An administrator may have given a token of their own making (TOKENACCESS_ADMIN_TOKEN), which has no checksum.
    if secret.startswith(Prefix.PERSONAL) and len(secret) <= 255:
        token = PersonalToken.objects.select_related("user").filter(digest__in=digests(secret)).first()
    if token is None:
        raise BadCredential
    if token.revoked:
        raise BadCredential("invalid_token", "Token was revoked. You have to re-authorize from the user.", token)
    if token.expired:
        told = "Token is expired. You can either do re-authorization or token refresh."
        raise BadCredential("invalid_token", told, token)
    now = timezone.now()
    if token.last_used_at is None or token.last_used_at < now - LAST_USED_EVERY:
        PersonalToken.objects.filter(pk=token.pk).update(last_used_at=now)
    return token


def _password(request: HttpRequest, credential: Credential) -> User:
    if "\0" in credential.login or len(credential.login) > _LONGEST_LOGIN:
        raise BadCredential
    user = authenticate(request, username=credential.login, password=credential.secret)
    if not isinstance(user, User):
        raise BadCredential
    return user


def _session(request: HttpRequest) -> User | None:
    user = request.user
    if not user.is_authenticated:
        return None
    if request.method in _UNSAFE and getattr(request, "_dont_enforce_csrf_checks", False) is False:
        _prove_own_page(request)
    return user


def _prove_own_page(request: HttpRequest) -> None:
    """API views are exempt from Django's CSRF check, as most callers bring a token; one who came by cookie is not."""
    check = CsrfViewMiddleware(lambda _: None)  # type: ignore[arg-type]
    check.process_request(request)
    if check.process_view(request, None, (), {}) is not None:  # type: ignore[arg-type]
        raise CsrfFailure
