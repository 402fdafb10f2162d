"""Pages that a project, a group and the instance have alike: of runners, of variables."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, ClassVar

from django.urls import reverse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_http_methods, require_safe

from projects.models import Group, Project
from tokenaccess.policy import Action
from tokenaccess.web import requires


@dataclass(frozen=True, kw_only=True)
class Place:
    """Whose things a page is about: a project's, a group's or, without both, the instance's.

    `thing`: what the names of the routes call them, as in `project_runners` and `group_runner_new`.
    """

    thing: ClassVar[str]
    project: Project | None = None
    group: Group | None = None

    @property
    def name(self) -> str:
        return "project" if self.project else "group" if self.group else "instance"

    @property
    def base(self) -> str:
        return "base.html" if self.name == "instance" else f"base_{self.name}.html"

    @property
    def path(self) -> str:
        place = self.project or self.group
        return place.full_path if place else ""

    def url(self, what: str = "s", *args: Any) -> str:
        return reverse(f"{self.name}_{self.thing}{what}", args=[*filter(None, [self.path]), *args])

    @property
    def context(self) -> dict[str, Any]:
        return {
            "place": self,
            "project": self.project,
            "group": self.group,
            "nav_current": f"{self.name}_{self.thing}s",
            "list_url": self.url(),
            "new_url": self.url("_new"),
        }


def page(action: Action, view: Any, *methods: str, hide: Callable[[Any], Any]) -> Any:
    """The view behind the gate, never kept by a browser; `hide` keeps secrets out of reports of errors."""
    allowed = require_http_methods(list(methods)) if methods else require_safe
    return requires(action)(never_cache(hide(allowed(view))))
