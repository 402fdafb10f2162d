"""The frame of a page behind the gate: whose it is, which item of the navigation is open, and its status.

    return render_page(request, "jobs/triggers.html", {"rows": rows}, nav="project_triggers", form=form)

A page that projects, groups and the instance have alike extends `base` and takes its addresses from a `Frame`.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, ClassVar

from django.forms import BaseForm
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse


@dataclass(frozen=True, kw_only=True)
class Frame:
    """`target`: a project, a group, or None for the instance and for pages of one's own.

    `thing`: what the names of the routes call what is listed, as in `project_runners` and `group_runner_new`.
    """

    thing: ClassVar[str] = ""
    target: Any

    @property
    def kind(self) -> str:
        return "instance" if self.target is None else str(self.target.kind)

    @property
    def base(self) -> str:
        return "base_instance.html" if self.target is None else f"base_{self.kind}.html"

    def url(self, what: str = "s", *args: Any) -> str:
        """The address of the list, or of a page that concerns one: `url("_delete", runner.pk)`."""
        path = [] if self.target is None else [self.target.full_path]
        return reverse(f"{self.kind}_{self.thing}{what}", args=[*path, *args])

    @property
    def context(self) -> dict[str, Any]:
        """`target` also goes by its kind. With a `thing`, the address of the list and its item in the navigation."""
        listing = {"list_url": self.url(), "nav_current": f"{self.kind}_{self.thing}s"} if self.thing else {}
        return {"base": self.base, "target": self.target, self.kind: self.target, **listing}


def render_page(
    request: HttpRequest,
    template: str,
    context: Mapping[str, Any] | None = None,
    *,
    frame: Frame | None = None,
    nav: str = "",
    form: BaseForm | None = None,
) -> HttpResponse:
    """The page of what the request was admitted to.

    `nav`: the URL name of the current item, where the navigation cannot know it from the address. `form`: in the
    context under that name; with errors in it the status is 422.
    """
    if frame is None:
        frame = Frame(target=request.access.target)  # type: ignore[attr-defined] # the gate's adapter has set it
    values = {**frame.context, **({"nav_current": nav} if nav else {}), **({} if form is None else {"form": form})}
    status = 422 if form is not None and form.errors else 200
    return render(request, template, {**values, **(context or {})}, status=status)
