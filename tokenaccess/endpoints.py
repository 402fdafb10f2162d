"""Every endpoint the routes lead to, and what it declares about its callers.

Read by the test that allows no undeclared one, by the generated table, and by the OpenAPI description.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass
from typing import Any

from django.http import HttpResponseBase
from django.urls import URLPattern, URLResolver, get_resolver
from django.urls.resolvers import RoutePattern

from tokenaccess.policy import Action
from tokenaccess.policy.actions import NEEDS

View = Callable[..., HttpResponseBase]

# Django's own site has one check in front of all its views: staff only.
ADMIN = "admin"
API = "/api/"
_PARAMETER = re.compile(r"<(?:[^:>]+:)?([^>]+)>")


@dataclass(frozen=True)
class Endpoint:
    """`route` as it stands in the URL configuration, with a slash in front; `actions`: method → action.

    `public`: asks nothing of its caller, or asks the gate in places of its own (GraphQL's fields). `own_credential`: is
    for holders of a credential that only it knows how to judge (a runner's token, a job's token for that job).
    """

    route: str
    view: View
    actions: dict[str, Action]
    public: bool
    own_credential: bool

    @property
    def declared(self) -> bool:
        return bool(self.actions) or self.public or self.own_credential

    @property
    def path(self) -> str:
        """`/api/v4/projects/:project/jobs`."""
        return _PARAMETER.sub(r":\1", self.route)

    @property
    def handler(self) -> Any:
        """The class of a class-based view, else the function."""
        return getattr(self.view, "cls", None) or getattr(self.view, "view_class", None) or self.view

    @property
    def name(self) -> str:
        return f"{self.handler.__module__}.{self.handler.__qualname__}"

    @property
    def takes_job_tokens(self) -> dict[str, Action]:
        """The methods a job's token may use. Pages do not take one, whatever their action (tokenaccess.web)."""
        if not self.route.startswith(API) and not is_git(self.route):
            return {}
        # Where the token comes in a place of its own, the view asks the gate by itself and says what.
        asked = self.actions or getattr(self.handler, "job_actions", {})
        return {method: action for method, action in asked.items() if NEEDS[action].jobs}


def is_git(route: str) -> bool:
    return ".git/" in route


def endpoints(patterns: Iterable[URLPattern | URLResolver] | None = None, prefix: str = "/") -> Iterator[Endpoint]:
    """All of them, in the order in which addresses are tried; Django's admin left out."""
    for pattern in get_resolver().url_patterns if patterns is None else patterns:
        if isinstance(pattern, URLResolver):
            if pattern.app_name != ADMIN:
                yield from endpoints(pattern.url_patterns, prefix + _route(pattern))
        else:
            yield _endpoint(prefix + _route(pattern), pattern.callback)


def _route(pattern: URLPattern | URLResolver) -> str:
    inner = pattern.pattern
    return str(inner) if isinstance(inner, RoutePattern) else inner.regex.pattern.strip("^$").replace(r"\Z", "")


def _endpoint(route: str, view: View) -> Endpoint:
    """A class says it for all its views; what is said of one view counts as well: `public(SignIn.as_view())`."""
    speakers = (view, getattr(view, "cls", None), getattr(view, "view_class", None))

    def said(name: str) -> Any:
        return next((value for one in speakers if (value := getattr(one, name, None))), None)

    return Endpoint(route, view, dict(said("actions") or {}), said("public") is True, bool(said("own_credential")))
