"""The REST adapter: a view declares its actions; the adapter asks the gate and translates a refusal.

class PackageList(GatedView):
    actions = {"GET": Action.READ_PACKAGES}
    def get(self, request, project): ... self.access.project
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, ClassVar

from django.http import HttpRequest
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView

from api.paging import HeaderPagination
from api.rest import ApiError, bad_request, forbidden, not_found
from api.secret_parameters import without_secrets
from api.sent_path import NAMED_BY_ID_OR_PATH, sent_path
from identity.credentials.resolve import BadCredential, CsrfFailure, OldSession
from identity.credentials.sudo import SudoRefused
from identity.models import User
from projects.models import Group
from tokenaccess.access.gate import authorize, deny_unknown
from tokenaccess.access.id_or_path import ABSENT, IdOrPath
from tokenaccess.access.result import Access, AccessDenied
from tokenaccess.adapters import denial_id
from tokenaccess.errors import ErrorCode, TokenAccessError
from tokenaccess.policy import Action, DeployToken, Person, Refusal
from tokenaccess.policy.actions import TargetKind
from tokenaccess.policy.granular import permissions_for
from tokenaccess.policy.needs import NEEDS

BLOCKED = "403 Forbidden - Your account has been blocked."
_MISSING = {
    TargetKind.PROJECT: "404 Project Not Found",
    TargetKind.GROUP: "404 Group Not Found",
    TargetKind.OWN_JOB: "404 Job Not Found",
    TargetKind.INSTANCE: "404 Not Found",
}


class GatedView(APIView):
    """`actions`: method → action, on the URL's `project` or `group`. `challenge`: the Basic realm of a 401. `missing`:
    what a 404 of the services names, for absent and hidden alike; "" for the project or group itself.
    `takes_namespaces`: the `group` may be a person's own namespace."""

    actions: ClassVar[dict[str, Action]] = {}
    takes_namespaces: ClassVar[bool] = False
    challenge: ClassVar[str] = ""
    missing: str = ""
    pagination_class: ClassVar[type[HeaderPagination]] = HeaderPagination
    access: Access
    params: dict[str, Any]  # what was read of the request (api.operations)

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        method = "GET" if request.method in {"HEAD", "OPTIONS"} else str(request.method)
        inner = request._request
        target = target_of_url(kwargs)
        if method not in self.actions or not hasattr(self, method.lower()):
            self.http_method_not_allowed(request)
        self.access = authorize(inner, self.actions[method], target)
        if self.access.is_moved and method == "GET" and not _has_secrets(inner):
            raise moved_error(inner, self.access)
        if not self.takes_namespaces and NEEDS[self.access.action].kind is TargetKind.GROUP:
            _require_group(self.access.group)
        # A job is not a person: request.user stays anonymous for it.
        if self.access.caller_user is not None:
            request.user = self.access.caller_user
        super().initial(request, *args, **kwargs)

    def handle_exception(self, exc: Exception) -> Response:
        if isinstance(exc, AccessDenied | BadCredential | CsrfFailure):
            exc = to_api_error(exc, self.challenge)
        elif isinstance(exc, TokenAccessError):
            exc = service_error(exc, not_found(self.missing) if self.missing else _absent(self.access))
        return super().handle_exception(exc)

    @property
    def current_user(self) -> User:
        return self.access.current_user


def target_of_url(kwargs: dict[str, Any]) -> IdOrPath:
    """The project's or group's; ABSENT where the address names none."""
    raw = kwargs.get("project", kwargs.get("group"))
    return ABSENT if raw is None else IdOrPath.parse(raw)


def _require_group(group: Group) -> None:
    """Raises ApiError: a person's own namespace is none of the groups that addresses name."""
    if group.person_id is not None:
        raise not_found("Group")


def to_api_error(error: AccessDenied | BadCredential | CsrfFailure, challenge: str = "") -> ApiError:
    """`challenge` is the Basic realm of a 401."""
    match error:
        case AccessDenied():
            return refusal_error(error.access, challenge)
        case BadCredential():
            return bad_credential_error(error, challenge)
        case OldSession():
            return ApiError(403, "403 Forbidden - Sign in again, or use a token: the session is too old to make this")
        case CsrfFailure():
            return ApiError(403, "403 Forbidden - CSRF token missing or incorrect")


def refusal_error(access: Access, challenge: str = "") -> ApiError:
    """job-token.md §1.4–1.5, resources.md §0.2. With a challenge, a visitor is asked to sign in first."""
    headers = {denial_id.HEADER: denial_id.encode(access)}
    reason = access.decision.reason
    sentence = reason.sentence if reason else ""
    what = access.decision.refusal
    if what is Refusal.HIDDEN and challenge and access.is_anonymous:
        what = Refusal.SIGN_IN
    match what:
        case Refusal.UNAUTHENTICATED | Refusal.SIGN_IN:
            if challenge:
                headers["WWW-Authenticate"] = f'Basic realm="{challenge}"'
            return ApiError(401, "401 Unauthorized", headers)
        case Refusal.BLOCKED:
            return ApiError(403, BLOCKED, headers)
        case Refusal.SCOPE:
            return insufficient_scope_error(access, headers)
        case Refusal.HIDDEN:
            return _absent(access, headers)
        case Refusal.PERMISSION | Refusal.OWN_PROJECT:
            return ApiError(403, f"403 Forbidden - {sentence}", headers)
        case _:
            return ApiError(403, "403 Forbidden", headers)


def _absent(access: Access, headers: dict[str, str] | None = None) -> ApiError:
    """As of what the action is about, there or hidden."""
    return ApiError(404, _MISSING[NEEDS[access.action].kind], headers)


def service_error(error: TokenAccessError, absent: ApiError) -> ApiError:
    """job-token.md §3.1. `absent`: the answer for a target that is hidden, or is not there."""
    match error.code:
        case ErrorCode.HIDDEN:
            return absent
        case ErrorCode.FORBIDDEN:
            return forbidden(error.message)
        case ErrorCode.STALE:
            return ApiError(409, f"409 Conflict - {error.message}")
        case _:
            return bad_request(error.message)


def _has_secrets(request: HttpRequest) -> bool:
    """Whether the address carries the token: without it nobody could follow."""
    address = f"?{request.META.get('QUERY_STRING', '')}"
    return without_secrets(address) != address


def moved_error(request: HttpRequest, access: Access) -> ApiError:
    """Leads to the same address by the id of what it is about."""
    assert access.facts.target is not None
    path = sent_path(request).partition("?")[0]
    query = request.META.get("QUERY_STRING", "")
    moved = NAMED_BY_ID_OR_PATH.sub(rf"\g<start>{access.facts.target.id}", path, count=1)
    location = request.build_absolute_uri(f"{moved}{'?' if query else ''}{query}")
    return ApiError(302, f"This resource has been moved temporarily to {location}.", {"Location": location})


def with_denial_id(error: ApiError, access: Access) -> ApiError:
    """The refusal of a route that has its own words for it."""
    error.headers = {**error.headers, denial_id.HEADER: denial_id.encode(access)}
    return error


def insufficient_scope_error(access: Access, headers: dict[str, str]) -> ApiError:
    needs = NEEDS[access.action]
    scopes: Iterable[str] = needs.deploy_scopes if isinstance(access.caller, DeployToken) else needs.scopes
    if isinstance(access.caller, Person) and access.caller.granular is not None:
        scopes = permissions_for(access.action)
    challenge = 'Bearer realm="The API", error="insufficient_scope"'
    return ApiError(403, _lacks_scope(" ".join(sorted(scopes))), {**headers, "WWW-Authenticate": challenge})


def _lacks_scope(scopes: str) -> dict[str, str]:
    return {
        "error": "insufficient_scope",
        "error_description": "The request requires higher privileges than provided by the access token.",
        "scope": scopes,
    }


def bad_credential_error(bad: BadCredential, challenge: str = "") -> ApiError:
    """tokens.md §5."""
    headers = {denial_id.HEADER: denial_id.encode(deny_unknown(Action.USE_INSTANCE))}
    if isinstance(bad, SudoRefused):
        return ApiError(bad.status, _lacks_scope(bad.scope) if bad.scope else bad.message, headers)
    if bad.error:
        headers["WWW-Authenticate"] = (
            f'Bearer realm="The API", error="{bad.error}", error_description="{bad.description}"'
        )
        return ApiError(401, {"error": bad.error, "error_description": bad.description}, headers)
    if challenge:
        headers["WWW-Authenticate"] = f'Basic realm="{challenge}"'
    return ApiError(401, "401 Unauthorized", headers)
