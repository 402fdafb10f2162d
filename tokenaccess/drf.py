"""The REST adapter: a view declares its actions, the gate is asked, a refusal is put into REST's words.

class PackageList(GatedView):
    actions = {"GET": Action.READ_PACKAGES}
    def get(self, request, project): ... self.access.project
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any, ClassVar

from django.http import HttpRequest
from rest_framework.request import Request
from rest_framework.views import APIView

from config.rest import ApiError
from identity.models import User
from identity.resolve import BadCredential, CsrfFailure
from tokenaccess import reasons
from tokenaccess.gate import Access, AccessDenied, authorize
from tokenaccess.policy import Action, Refusal
from tokenaccess.policy.actions import NEEDS, Kind
from tokenaccess.reference import ABSENT, Reference

BLOCKED = "403 Forbidden - Your account has been blocked."
_MISSING = {
    Kind.PROJECT: "404 Project Not Found",
    Kind.GROUP: "404 Group Not Found",
    Kind.OWN_JOB: "404 Job Not Found",
    Kind.INSTANCE: "404 Not Found",
}


class GatedView(APIView):
    """`actions`: method → action, on the URL's `project` or `group`. `challenge`: the Basic realm of a 401."""

    actions: ClassVar[dict[str, Action]] = {}
    challenge: ClassVar[str] = ""
    is_upload: ClassVar[bool] = False
    access: Access

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        method = "GET" if request.method in {"HEAD", "OPTIONS"} else str(request.method)
        if method not in self.actions or not hasattr(self, method.lower()):
            self.http_method_not_allowed(request)
        inner = request._request
        inner.is_upload = self.is_upload  # type: ignore[attr-defined]
        self.access = let_in(inner, self.actions[method], reference_in(kwargs), self.challenge)
        # A job is not a person: request.user stays anonymous for it.
        if self.access.caller_user is not None:
            request.user = self.access.caller_user
        super().initial(request, *args, **kwargs)

    @property
    def person(self) -> User:
        """The person who acts. The action in question has none but signed-in callers."""
        user = self.access.user
        assert user is not None
        return user


def reference_in(kwargs: dict[str, Any]) -> Reference:
    raw = kwargs.get("project", kwargs.get("group"))
    return ABSENT if raw is None else Reference.parse(raw)


def let_in(request: HttpRequest, action: Action, reference: Reference, challenge: str = "") -> Access:
    """The gate's yes, or an ApiError in REST's words."""
    with in_rest(challenge):
        return authorize(request, action, reference)


@contextmanager
def in_rest(challenge: str = "") -> Iterator[None]:
    """What the gate raises, as an ApiError."""
    try:
        yield
    except (AccessDenied, BadCredential, CsrfFailure) as error:
        raise translated(error, challenge) from error


def translated(error: AccessDenied | BadCredential | CsrfFailure, challenge: str = "") -> ApiError:
    """In REST's words; `challenge` is the Basic realm of a 401."""
    match error:
        case AccessDenied():
            return refusal(error.access, challenge)
        case BadCredential():
            return bad_credential(error, challenge)
        case CsrfFailure():
            return ApiError(403, "403 Forbidden - CSRF token missing or incorrect")


def refusal(access: Access, challenge: str = "") -> ApiError:
    """job-token.md §1.4–1.5, resources.md §0.2. With a challenge, a visitor is first of all asked to sign in."""
    kind = NEEDS[access.action].kind
    headers = {reasons.HEADER: reasons.seal(access)}
    reason = access.decision.reason
    sentence = reason.sentence if reason else ""
    what = access.decision.refusal
    if what is Refusal.HIDDEN and challenge and access.is_anonymous:
        what = Refusal.SIGN_IN
    match what:
        case Refusal.DEAD | Refusal.SIGN_IN:
            if challenge:
                headers["WWW-Authenticate"] = f'Basic realm="{challenge}"'
            return ApiError(401, "401 Unauthorized", headers)
        case Refusal.BLOCKED:
            return ApiError(403, BLOCKED, headers)
        case Refusal.SCOPE:
            return insufficient_scope(access.action, headers)
        case Refusal.HIDDEN:
            return ApiError(404, _MISSING[kind], headers)
        case Refusal.PERMISSION:
            return ApiError(403, f"403 Forbidden - {sentence}", headers)
        case _:
            return ApiError(403, "403 Forbidden", headers)


def insufficient_scope(action: Action, headers: dict[str, str]) -> ApiError:
    body = {
        "error": "insufficient_scope",
        "error_description": "The request requires higher privileges than provided by the access token.",
        "scope": " ".join(sorted(NEEDS[action].scopes)),
    }
    challenge = 'Bearer realm="The API", error="insufficient_scope"'
    return ApiError(403, body, {**headers, "WWW-Authenticate": challenge})


def bad_credential(bad: BadCredential, challenge: str = "") -> ApiError:
    """tokens.md §5."""
    if bad.error:
        told = f'Bearer realm="The API", error="{bad.error}", error_description="{bad.description}"'
        return ApiError(401, {"error": bad.error, "error_description": bad.description}, {"WWW-Authenticate": told})
    headers = {"WWW-Authenticate": f'Basic realm="{challenge}"'} if challenge else {}
    return ApiError(401, "401 Unauthorized", headers)
