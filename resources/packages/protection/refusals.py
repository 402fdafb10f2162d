"""What a protection rule refuses, in the API's words."""

from __future__ import annotations

from django.http import HttpRequest

from api.rest import forbidden
from resources.packages.protection.services import WORDS, check_package
from tokenaccess.access.request_state import record_access
from tokenaccess.access.result import Access
from tokenaccess.adapters.drf import with_denial_id
from tokenaccess.policy import Action


def require_unprotected(request: HttpRequest, access: Access, action: Action, kind: str, name: str) -> None:
    """Raises ApiError if a rule keeps the admitted caller from doing that to packages of that name."""
    checked = check_package(access, action, kind, name)
    if not checked.decision.allowed:
        record_access(request, checked)
        raise with_denial_id(forbidden(_words(checked)), checked)


def _words(access: Access) -> str:
    """The holder of an upload token knows what it is for."""
    reason = access.decision.reason
    return reason.sentence if reason and access.job and access.job.upload else WORDS[access.action]
