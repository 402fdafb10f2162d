"""The projects that let in the most, for administrators."""

from __future__ import annotations

from typing import Any, NamedTuple

from django.http import HttpResponse
from django.urls import reverse
from django.utils.functional import Promise
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_safe

from pages.frame import render_page
from pages.listing import PAGE_SIZE, page_of
from tokenaccess.adapters.pages import PageRequest, requires
from tokenaccess.policy import Action
from tokenaccess.reach.widest_access import MODES, WideProject, find_widest

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
    """As a sequence that knows how long it is and reads no more than one page."""

    def __init__(self, mode: str) -> None:
        self._mode = mode
        self._total: int | None = None

    def __len__(self) -> int:
        if self._total is None:
            self._total = find_widest(0, 1, self._mode).total
        return self._total

    def __getitem__(self, wanted: slice) -> list[WideProject]:
        start = wanted.start or 0
        found = find_widest(start, (wanted.stop or start + PAGE_SIZE) - start, self._mode)
        return found.rows


@requires(Action.INSPECT)
@require_safe
def widest_access(request: PageRequest) -> HttpResponse:
    """`/-/token_access/widest?mode=open|trial|enforced`"""
    mode = request.GET.get("mode", "")
    mode = mode if mode in MODES.values() else ""
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
        return Fix(_("Read the trial’s report"), reverse("project_token_access_trial", args=[row.path]))
    if row.mode in {"open", "off"}:
        return Fix(_("Start a trial"), reverse("project_token_access", args=[row.path]))
    if row.widest_id is not None and row.widest_size > 1:
        return Fix(_("Narrow the widest entry"), reverse("project_token_access_entry", args=[row.path, row.widest_id]))
    return Fix(_("Review what is unused"), reverse("project_token_access_reach", args=[row.path]) + "?sort=unused")
