"""The projects that let in the most, for administrators."""

from __future__ import annotations

from functools import cached_property
from typing import Any, NamedTuple

from django.http import HttpResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from pages.frame import render_page
from pages.listing import PAGE_SIZE, page_of
from pages.parameters import page_parameters
from tokenaccess.adapters.pages import PageRequest, requires
from tokenaccess.api.reach.params import WidestFilters
from tokenaccess.policy import Action
from tokenaccess.reach.widest_access import WideProject, WidestPage, find_widest

ALL = ("", gettext_lazy("All"))
NAMES: dict[str, str | Promise] = {
    "open": gettext_lazy("Open"),
    "trial": gettext_lazy("On trial"),
    "enforced": gettext_lazy("Enforced"),
}


class Fix(NamedTuple):
    """A link to where somebody who may do so mends it."""

    label: str
    url: str


class WidestRows:
    """As a sequence that knows how long it is: it reads the first page, and another one that is asked for."""

    def __init__(self, mode: str) -> None:
        self._mode = mode

    @cached_property
    def _first(self) -> WidestPage:
        return find_widest(0, PAGE_SIZE, self._mode)

    def __len__(self) -> int:
        return self._first.total

    def __getitem__(self, wanted: slice) -> list[WideProject]:
        start = wanted.start or 0
        if not start:
            return self._first.rows[wanted]
        found = find_widest(start, (wanted.stop or start + PAGE_SIZE) - start, self._mode)
        return found.rows


@requires(Action.INSPECT)
@require_safe
def widest_access(request: PageRequest) -> HttpResponse:
    """`/-/token_access/widest?mode=open|trial|enforced`"""
    mode = page_parameters(request, WidestFilters).get("mode", "")
    page = page_of(request, WidestRows(mode))  # type: ignore[arg-type] # all that a paginator asks of a sequence
    context: dict[str, Any] = {
        "page": page,
        "rows": [(row, fix_of(row)) for row in page.object_list],
        "mode": mode,
        "modes": [ALL, *NAMES.items()],
    }
    return render_page(request, "tokenaccess/widest_access.html", context, nav="")


def fix_of(row: WideProject) -> Fix:
    if row.mode == "trial":
        return Fix(_("Read the trial's report"), reverse("project_token_access_trial", args=[row.path]))
    if row.mode in {"open", "off"}:
        return Fix(_("Start a trial"), reverse("project_token_access", args=[row.path]))
    if row.widest_id is not None and row.widest_size > 1:
        return Fix(_("Narrow the widest entry"), reverse("project_token_access_entry", args=[row.path, row.widest_id]))
    if not row.projects and not row.groups:  # what lets others in is on the lists of groups above
        return Fix(_("See the inherited entries"), reverse("project_token_access", args=[row.path]))
    return Fix(_("Review what is unused"), reverse("project_token_access_reach", args=[row.path]) + "?sort=unused")
