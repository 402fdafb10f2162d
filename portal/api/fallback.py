"""An address the API does not have (resources.md §0.2), and one that has a slash too many."""

from __future__ import annotations

from django.http import HttpRequest, JsonResponse
from django.http.response import HttpResponseBase
from django.urls import Resolver404, ResolverMatch, resolve
from django.views.decorators.csrf import csrf_exempt

from tokenaccess.adapters.pages import public


@public
@csrf_exempt
def unknown_route(request: HttpRequest, rest: str = "") -> HttpResponseBase:
    """Slashes at the end do not count, as in GitLab; a redirect would lose the body of the request."""
    match = _match_without_slash(request.path_info) if rest.endswith("/") else None
    if match is None:
        return JsonResponse({"error": "404 Not Found"}, status=404)
    request.resolver_match = match
    response: HttpResponseBase = match.func(request, *match.args, **match.kwargs)
    return response


def _match_without_slash(path: str) -> ResolverMatch | None:
    try:
        match = resolve(path.rstrip("/"))
    except Resolver404:
        return None
    # Django has left the check for forged requests to `unknown_route`, which leaves it to a view that does its own.
    return match if getattr(match.func, "csrf_exempt", False) else None
