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
from tokenaccess.policy.needs import NEEDS

View = Callable[..., HttpResponseBase]

# Django's own site has one check in front of all its views: staff only.
ADMIN = "admin"
API = "/api/"
METHODS = ("GET", "POST", "PUT", "PATCH", "DELETE")
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
    def path(self) -> str:
        """`/api/v4/projects/:project/jobs`."""
        return _PARAMETER.sub(r":\1", self.route)

    @property
    def handler(self) -> Any:
        """The class of a class-based view, else the function."""
        return getattr(self.view, "cls", None) or getattr(self.view, "view_class", None) or self.view

    @property
    def methods(self) -> list[str]:
        """HEAD goes with GET; OPTIONS is not counted."""
        if isinstance(self.handler, type):
            return [method for method in METHODS if hasattr(self.handler, method.lower())]
        return list(getattr(self.view, "handlers", self.actions))

    def handler_of(self, method: str) -> Any:
        """The class or function behind one method, where several share an address (method_dispatch)."""
        return getattr(self.view, "handlers", {}).get(method, self.handler)

    @property
    def operations(self) -> dict[str, Any]:
        """Method → api.operations.Operation, of what says so."""
        declared = {}
        for method in self.methods:
            handler = self.handler_of(method)
            by_function = getattr(handler, "operations", {}).get(method)
            operation = by_function or getattr(getattr(handler, method.lower(), None), "operation", None)
            if operation is not None:
                declared[method] = operation
        return declared

    @property
    def name(self) -> str:
        return f"{self.handler.__module__}.{self.handler.__qualname__}"

    @property
    def job_token_actions(self) -> dict[str, Action]:
        """The methods a job's token may use. Pages do not take one, whatever their action (`pages`)."""
        asked = self.actions if self.route.startswith(API) or is_git(self.route) else {}
        # Some views ask the gate themselves when a job's token comes, and declare for what.
        asked = {**asked, **getattr(self.handler, "job_actions", {})}
        # No job's token serves for a group; a view of both kinds means its projects.
        of_group = self.route.endswith("group_path>")
        return {method: action for method, action in asked.items() if NEEDS[action].jobs and not of_group}


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
    sources = (view, getattr(view, "cls", None), getattr(view, "view_class", None))

    def declaration(name: str) -> Any:
        return next((value for one in sources if (value := getattr(one, name, None))), None)

    return Endpoint(
        route,
        view,
        dict(declaration("actions") or {}),
        declaration("public") is True,
        bool(declaration("own_credential")),
    )
