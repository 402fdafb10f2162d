"""Projects that deviate from a group's rule, as a page and as CSV."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from api.input.parameters import OwnParameters
from pages.downloads import csv_response
from pages.frame import render_page
from pages.listing import page_of
from pages.parameters import page_parameters
from tokenaccess.adapters.pages import PageRequest, current_user, requires
from tokenaccess.allowlist.group_rules.deviations import Deviations
from tokenaccess.policy import Action

MAX_CSV_ROWS = 10_000


@requires(Action.READ_GROUP_TOKEN_ACCESS)
@require_safe
def deviations(request: PageRequest, group_path: str) -> HttpResponse:
    """`/groups/<path>/-/settings/token_access/deviations`."""
    page_parameters(request, OwnParameters)
    found, reader = Deviations(request.access.group), current_user(request)
    page = page_of(request, found.visible_projects(reader))
    context = {
        "page": page,
        "rows": found.rows(list(page.object_list)),
        "hidden": found.count_hidden(reader, page.paginator.count),
        "rule": found.rule,
        "has_rule": found.has_rule,
        "mode_name": found.mode.name.lower(),
    }
    return render_page(request, "tokenaccess/group_deviations.html", context, nav="group_token_access")


@requires(Action.READ_GROUP_TOKEN_ACCESS)
@require_safe
def export(request: PageRequest, group_path: str) -> HttpResponse:
    """The first MAX_CSV_ROWS as CSV, and how many the reader may not see."""
    group, reader = request.access.group, current_user(request)
    found = Deviations(group)
    name = f"job-token-deviations-group-{group.pk}.csv"
    lines: list[Sequence[Any]] = [("Project", "Mode", "Weaker than the group", "Entries beyond the list")]
    for row in found.rows(list(found.visible_projects(reader)[:MAX_CSV_ROWS])):
        lines.append([row.path, row.mode_name, "yes" if row.is_weaker else "no", row.beyond])
    if hidden := found.count_hidden(reader):
        lines.append([_("Projects you cannot see: %(count)d") % {"count": hidden}, "", "", ""])
    return csv_response(lines, name)
