"""The page adapter: `@requires(Action.X)` on a view, `@public` on one that asks nothing.

@requires(Action.READ_PROJECT, POST=Action.ADMIN_PROJECT)
def settings(request, project_path): ... request.access.project
"""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import Http404, HttpRequest, HttpResponseBase, HttpResponseNotAllowed
from django.urls import reverse
from django.views.decorators.http import require_http_methods

from config.secret_parameters import without_secrets
from identity.models import User
from identity.resolve import BadCredential, CsrfFailure
from tokenaccess import reasons
from tokenaccess.gate import Access, AccessDenied, authorize
from tokenaccess.policy import Action, Refusal
from tokenaccess.reference import ABSENT, Reference

View = Callable[..., HttpResponseBase]
# What a page with a form of its own takes.
FORM = ("GET", "HEAD", "POST")
form_page = require_http_methods(list(FORM))


class PageRequest(HttpRequest):
    """What a gated view is handed."""

    access: Access


def acting(request: PageRequest) -> User:
    """Who acts, on a page that is for signed-in people only."""
    user = request.access.user
    assert user is not None  # the gate lets nobody else get here
    return user


def public(view: View) -> View:
    """Declares that the view asks nothing of its caller."""
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
                authorize(request, asked, ABSENT if path is None else Reference.of_path(path), only_sessions=True)
            except AccessDenied as denied:
                return _refuse(request, denied.access)
            except (BadCredential, CsrfFailure) as error:
                raise PermissionDenied("The request could not be tied to a signed-in person.") from error
            return view(request, *args, **kwargs)

        gated.actions = {"GET": action, **by_method}  # type: ignore[attr-defined]
        return gated

    return decorate


def _refuse(request: HttpRequest, access: Access) -> HttpResponseBase:
    what = access.decision.refusal
    if access.is_anonymous and what in {Refusal.HIDDEN, Refusal.SIGN_IN, Refusal.FORBIDDEN}:
        # Hidden and absent look the same to a visitor: sign in first.
        response: HttpResponseBase = redirect_to_login(without_secrets(request.get_full_path()), reverse("sign_in"))
        response[reasons.HEADER] = reasons.seal(access)
        return response
    request.refusal_header = reasons.seal(access)  # type: ignore[attr-defined]
    if what is Refusal.HIDDEN:
        raise Http404("There is nothing here, or nothing you may see.")
    reason = access.decision.reason
    raise PermissionDenied(reason.sentence if reason else "")


def allow(request: HttpRequest, *methods: str) -> HttpResponseBase | None:
    """A 405 when the method is none of these."""
    return None if request.method in methods else HttpResponseNotAllowed(methods)


def visitor(request: HttpRequest) -> User | None:
    """Who looks at a page: the signed-in person, or None."""
    user = getattr(request, "user", None)
    return user if user is not None and user.is_authenticated else None
