"""Whom a project admits and who admits it, as a page and as CSV."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from pages.downloads import csv_response
from pages.listing import name_filter, page_of, search_term
from pages.parameters import page_parameters
from text.moments import utc_text
from tokenaccess.access.facts import is_switch_on, settings_of
from tokenaccess.adapters.pages import PageRequest, current_user, requires
from tokenaccess.api.reach.params import ReachPageFilters
from tokenaccess.policy import Action
from tokenaccess.reach.directions import Cover, Reach, ReachDirection, ReachRow
from tokenaccess.views.frame import render_token_access

MAX_CSV_ROWS = 1000
_CSV_HEADER = ("Project Path", "Through", "Entry", "Permissions", "Admitted", "Last Used At (UTC)")
ORDERS = {
    "path": ("path", False),
    "-path": ("path", True),
    "recent": ("last_used", True),
    "unused": ("last_used", False),
}
ORDER_NAMES = {
    "path": gettext_lazy("Path"),
    "-path": gettext_lazy("Path, backwards"),
    "recent": gettext_lazy("Used last"),
    "unused": gettext_lazy("Used longest ago"),
}
COVERS = {
    Cover.PROJECT: gettext_lazy("Its own entry"),
    Cover.GROUP: gettext_lazy("The entry of a group"),
    Cover.INHERITED: gettext_lazy("The list of a group above it"),
    Cover.OPEN: gettext_lazy("The limit is not enforced"),
    Cover.NONE: gettext_lazy("No entry"),
}


class _Asked(NamedTuple):
    """What the address asks for."""

    found: Reach
    direction: ReachDirection
    q: str
    sort: str

    @property
    def projects(self) -> Any:
        order, descending = ORDERS[self.sort]
        return self.found.projects(order, descending=descending)


@requires(Action.READ_TOKEN_ACCESS)
@require_safe
def reach(request: PageRequest, project_path: str) -> HttpResponse:
    """`…/token_access/reach?direction=inbound|outbound&q=…&sort=…`"""
    project, asked = request.access.project, _read(request)
    page = page_of(request, asked.projects)
    return render_token_access(
        request,
        "reach.html",
        page=page,
        rows=[(row, COVERS[row.cover]) for row in asked.found.rows(list(page.object_list))],
        hidden=asked.found.count_hidden(page.paginator.count),
        direction=str(asked.direction),
        q=asked.q,
        sort=asked.sort,
        orders=ORDER_NAMES.items(),
        mode=settings_of(project).effective_inbound_mode.name.lower() if is_switch_on() else "off",
    )


@requires(Action.READ_TOKEN_ACCESS)
@require_safe
def reach_csv(request: PageRequest, project_path: str) -> HttpResponse:
    """The same rows, MAX_CSV_ROWS at most, and in the end how many are hidden."""
    asked = _read(request)
    rows = asked.found.rows(list(asked.projects[:MAX_CSV_ROWS]))
    name = f"reach-{asked.direction}-{request.access.project.pk}.csv"
    lines: list[Sequence[str]] = [_CSV_HEADER, *map(_cells, rows)]
    if hidden := asked.found.count_hidden():
        words = ngettext("%(n)d project you cannot see", "%(n)d projects you cannot see", hidden)
        lines.append([words % {"n": hidden}])
    return csv_response(lines, name)


def _cells(row: ReachRow) -> list[str]:
    granted = _("role of the user") if row.permissions is None else " ".join(row.permissions)
    admitted = row.refusal or ("on trial" if row.mode == "trial" else "yes")
    if row.admitted and row.is_conditional:
        admitted += ", jobs that meet its conditions"
    return [row.path, str(row.cover), row.through, granted, admitted, utc_text(row.last_used) or ""]


def _read(request: PageRequest) -> _Asked:
    values = page_parameters(request, ReachPageFilters)
    direction, q = ReachDirection(values["direction"]), search_term(request)
    found = Reach(request.access.project, current_user(request), direction, name_filter(q))
    return _Asked(found, direction, q, values["sort"])
