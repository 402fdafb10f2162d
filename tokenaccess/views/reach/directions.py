"""Whom a project admits and who admits it, as a page and as CSV."""

from __future__ import annotations

from collections.abc import Sequence

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_safe

from pages.downloads import csv_response
from pages.listing import name_filter, page_of, search_term, sort_choice
from text.moments import utc_text
from tokenaccess.access.facts import is_switch_on, settings_of
from tokenaccess.adapters.pages import PageRequest, current_user, requires
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


@requires(Action.READ_TOKEN_ACCESS)
@require_safe
def reach(request: PageRequest, project_path: str) -> HttpResponse:
    """`…/token_access/reach?direction=inbound|outbound&q=…&sort=…`"""
    project, found = request.access.project, _reach(request)
    sort = sort_choice(request, ORDERS)
    order, descending = ORDERS[sort]
    page = page_of(request, found.projects(order, descending=descending))
    return render_token_access(
        request,
        "reach.html",
        page=page,
        rows=[(row, COVERS[row.cover]) for row in found.rows(list(page.object_list))],
        hidden=found.count_hidden(page.paginator.count),
        direction=str(_direction(request)),
        q=search_term(request),
        sort=sort,
        orders=ORDER_NAMES.items(),
        mode=settings_of(project).effective_inbound_mode.name.lower() if is_switch_on() else "off",
    )


@requires(Action.READ_TOKEN_ACCESS)
@require_safe
def reach_csv(request: PageRequest, project_path: str) -> HttpResponse:
    """The same rows, MAX_CSV_ROWS at most, and in the end how many are hidden."""
    found, direction = _reach(request), _direction(request)
    order, descending = ORDERS[sort_choice(request, ORDERS)]
    rows = found.rows(list(found.projects(order, descending=descending)[:MAX_CSV_ROWS]))
    name = f"reach-{direction}-{request.access.project.pk}.csv"
    lines: list[Sequence[str]] = [_CSV_HEADER, *map(_cells, rows)]
    if hidden := found.count_hidden():
        words = ngettext("%(n)d project you cannot see", "%(n)d projects you cannot see", hidden)
        lines.append([words % {"n": hidden}])
    return csv_response(lines, name)


def _cells(row: ReachRow) -> list[str]:
    granted = _("role of the user") if row.permissions is None else " ".join(row.permissions)
    admitted = row.refusal or ("on trial" if row.mode == "trial" else "yes")
    return [row.path, str(row.cover), row.through, granted, admitted, utc_text(row.last_used) or ""]


def _direction(request: PageRequest) -> ReachDirection:
    outbound = request.GET.get("direction") == ReachDirection.OUTBOUND
    return ReachDirection.OUTBOUND if outbound else ReachDirection.INBOUND


def _reach(request: PageRequest) -> Reach:
    return Reach(request.access.project, current_user(request), _direction(request), name_filter(search_term(request)))
