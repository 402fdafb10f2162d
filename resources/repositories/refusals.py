"""A refusal in git's tongue: plain text, which git prints as `remote:` lines (resources.md §1.3, job-token.md §1.8)."""

from __future__ import annotations

from django.http import HttpResponse

from tokenaccess.access.result import Access
from tokenaccess.adapters import denial_id
from tokenaccess.policy import Action, Refusal

DENIED = (
    "HTTP Basic: Access denied. The password or token is wrong or has ended, or there was none. "
    "People sign in with a personal token as the password (with two-factor sign-in nothing else counts); jobs as "
    "gitlab-ci-token with their CI_JOB_TOKEN.\n"
)
HIDDEN = "The project you were looking for could not be found or you don't have permission to view it.\n"
NO_REPOSITORY = "A repository for this project does not exist yet.\n"
NOT_A_COMMAND = "The command you're trying to execute is not allowed.\n"
BLOCKED = "Your account has been blocked.\n"
ARCHIVED = "You can't push code to an archived project.\n"
_NO_SCOPE = {
    Action.DOWNLOAD_CODE: "You are not allowed to download code.\n",
    Action.PUSH_CODE: "You are not allowed to upload code.\n",
}
_NOT_ALLOWED = {
    Action.DOWNLOAD_CODE: "You are not allowed to download code from this project.\n",
    Action.PUSH_CODE: "You are not allowed to push code to this project.\n",
}


def text_response(status: int, body: str) -> HttpResponse:
    return HttpResponse(body, status=status, content_type="text/plain; charset=utf-8")


def sign_in_response() -> HttpResponse:
    """The challenge. Git shows its credentials only after one, even when it has them."""
    response = text_response(401, DENIED)
    response["WWW-Authenticate"] = 'Basic realm="GitLab"'
    return response


def refusal_response(access: Access) -> HttpResponse:
    response = _refusal(access)
    response[denial_id.HEADER] = denial_id.encode(access)
    return response


def _refusal(access: Access) -> HttpResponse:
    reason = access.decision.reason
    match access.decision.refusal:
        case Refusal.UNAUTHENTICATED | Refusal.SIGN_IN:
            return sign_in_response()
        case Refusal.HIDDEN:
            # A visitor may be somebody who has not said so yet, whatever the address leads to.
            return sign_in_response() if access.is_anonymous else text_response(404, HIDDEN)
        case Refusal.BLOCKED:
            return text_response(403, BLOCKED)
        case Refusal.SCOPE:
            return text_response(403, _NO_SCOPE[access.action])
        case Refusal.PERMISSION:
            return text_response(403, f"{reason.sentence if reason else ''}\n")
        case _:
            target = access.facts.target
            archived = access.action is Action.PUSH_CODE and target is not None and target.archived
            return text_response(403, ARCHIVED if archived else _NOT_ALLOWED[access.action])
