"""The page adapter: `@requires(Action.X)` on a view, `@public` on one that is open to everyone.

@requires(Action.READ_PROJECT, POST=Action.ADMIN_PROJECT)
def settings(request, project_path): ... request.access.project
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponsePermanentRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from api.secret_parameters import without_secrets
from identity.credentials.resolve import BadCredential, CsrfFailure
from identity.credentials.table import Surface
from identity.models import User
from tokenaccess.access.gate import authorize
from tokenaccess.access.id_or_path import ABSENT, IdOrPath
from tokenaccess.access.request_state import request_state
from tokenaccess.access.result import Access, AccessDenied
from tokenaccess.adapters import denial_id
from tokenaccess.policy import Action, Refusal

View = Callable[..., HttpResponseBase]
# The methods of a page with its own form.
FORM = ("GET", "HEAD", "POST")
form_page = require_http_methods(list(FORM))


class PageRequest(HttpRequest):
    """The request that a gated view receives."""

    access: Access


def current_user(request: PageRequest) -> User:
    """The user of a page that only signed-in users may open."""
    return request.access.current_user


def public(view: View) -> View:
    """Declare that the view is open to everyone, or asks the gate itself."""
    view.public = True  # type: ignore[attr-defined]
    return view


def requires(action: Action, **by_method: Action) -> Callable[[View], View]:
    """`action` for reading and for every method not named; e.g. `requires(Action.READ_JOBS, POST=Action.UPDATE_JOB)`.

    The target is the URL's `project_path` or `group_path`. Refusals: sign-in for visitors, 404 for what is hidden or
    absent, 403 with a sentence for the rest.
    """

    def decorate(view: View) -> View:
        @wraps(view)
        def gated(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            asked = by_method.get(str(request.method), action)
            path = kwargs.get("project_path", kwargs.get("group_path"))
            try:
                authorize(request, asked, ABSENT if path is None else IdOrPath.of_path(path), surface=Surface.PAGES)
            except AccessDenied as denied:
                return _refuse(request, denied.access)
            except (BadCredential, CsrfFailure) as error:
                raise PermissionDenied("The request could not be tied to a signed-in person.") from error
            access: Access = request.access  # type: ignore[attr-defined]
            if access.is_moved and path is not None and request.method in {"GET", "HEAD"}:
                return _redirect_moved(request, path, access)
            return view(request, *args, **kwargs)

        gated.actions = {"GET": action, **by_method}  # type: ignore[attr-defined]
        return gated

    return decorate


def _redirect_moved(request: HttpRequest, former: str, access: Access) -> HttpResponseBase:
    assert access.facts.target is not None
    address = request.get_full_path().replace(former, access.facts.target.path, 1)
    return HttpResponsePermanentRedirect(without_secrets(address))


def _refuse(request: HttpRequest, access: Access) -> HttpResponseBase:
    what = access.decision.refusal
    if access.is_anonymous and what in {Refusal.HIDDEN, Refusal.SIGN_IN, Refusal.FORBIDDEN}:
        # Hidden and absent look the same to a visitor: sign in first.
        response: HttpResponseBase = redirect_to_login(without_secrets(request.get_full_path()), reverse("sign_in"))
        response[denial_id.HEADER] = denial_id.encode(access)
        return response
    request_state(request).denial_id = denial_id.encode(access)
    if what is Refusal.HIDDEN:
        raise Http404("There is nothing here, or nothing you may see.")
    reason = access.decision.reason
    raise PermissionDenied(reason.sentence if reason else "")
