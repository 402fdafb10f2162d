"""Refusals in the tongue of git-lfs: JSON of its own media type, whose `message` it prints (resources.md §1.5)."""

from __future__ import annotations

from typing import Any

import orjson
from django.http import HttpRequest, HttpResponse

from identity.sign_in.lockout import LIMIT, lockout_response
from tokenaccess.access.gate import deny_unknown
from tokenaccess.access.result import Access
from tokenaccess.adapters import denial_id
from tokenaccess.policy import Action, Refusal

MEDIA_TYPE = "application/vnd.git-lfs+json"
DENIED = (
    "HTTP Basic: Access denied. The password or token is wrong or has ended, or there was none. "
    "People sign in with a personal token as the password (with two-factor sign-in nothing else counts); jobs as "
    "gitlab-ci-token with their CI_JOB_TOKEN."
)
NOT_FOUND = "Not found."
FORBIDDEN = "Access forbidden. Check your access level."
BLOCKED = "Your account has been blocked."
NO_SCOPE = "The token's scopes do not cover this."
ARCHIVED = "You can't push code to an archived project."
_CHALLENGE = 'Basic realm="GitLab"'


def lfs_response(body: Any, status: int = 200, headers: dict[str, str] | None = None) -> HttpResponse:
    return HttpResponse(orjson.dumps(body), status=status, content_type=MEDIA_TYPE, headers=headers)


def error_response(status: int, message: str, headers: dict[str, str] | None = None) -> HttpResponse:
    return lfs_response({"message": message}, status, headers)


def refusal_response(access: Access) -> HttpResponse:
    response = _refusal(access)
    response[denial_id.HEADER] = denial_id.encode(access)
    return response


def credential_response(request: HttpRequest) -> HttpResponse:
    """To a wrong password or token; an account's password may be tried a few times only."""
    if getattr(request, "axes_locked_out", False):
        return error_response(429, lockout_response(request).content.decode(), LIMIT.headers)
    return refusal_response(deny_unknown(Action.DOWNLOAD_CODE))


def _refusal(access: Access) -> HttpResponse:
    reason = access.decision.reason
    match access.decision.refusal:
        case Refusal.UNAUTHENTICATED | Refusal.SIGN_IN:
            return _challenge()
        case Refusal.HIDDEN:
            # A visitor may be somebody who has not said so yet, whatever the address leads to.
            return _challenge() if access.is_anonymous else error_response(404, NOT_FOUND)
        case Refusal.BLOCKED:
            return error_response(403, BLOCKED)
        case Refusal.SCOPE:
            return error_response(403, NO_SCOPE)
        case Refusal.PERMISSION:
            return error_response(403, reason.sentence if reason else FORBIDDEN)
        case _:
            target = access.facts.target
            archived = access.action is not Action.DOWNLOAD_CODE and target is not None and target.archived
            return error_response(403, ARCHIVED if archived else FORBIDDEN)


def _challenge() -> HttpResponse:
    """Two names for the same: git-lfs looks for its own, other programs for HTTP's."""
    response = error_response(401, DENIED)
    response["LFS-Authenticate"] = response["WWW-Authenticate"] = _CHALLENGE
    return response
