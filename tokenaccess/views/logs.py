"""Who came in and who was refused, page by page, and the log as CSV (job-token.md §6)."""

from __future__ import annotations

import csv
from datetime import UTC

from django.http import HttpResponse
from django.shortcuts import render
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from portal.listing import page_of
from tokenaccess import effects, uses
from tokenaccess.models import AuthorizationRecord
from tokenaccess.policy import Action
from tokenaccess.views.frame import frame
from tokenaccess.web import PageRequest, acting, requires

MOST_CSV = 1000


@requires(Action.READ_TOKEN_ACCESS)
@require_safe
def log(request: PageRequest, project_path: str) -> HttpResponse:
    """`…/token_access/log`: everyone who came in within the window."""
    project = request.access.project
    page = page_of(request, effects.came_in(project).select_related("origin_project__group"))
    rows = uses.came_in(project, list(page.object_list), acting(request))
    return render(request, "tokenaccess/log.html", frame(project, page=page, log=rows))


@requires(Action.READ_TOKEN_ACCESS)
@require_safe
def refusals(request: PageRequest, project_path: str) -> HttpResponse:
    """`…/token_access/refusals`: jobs turned away here; `?where=elsewhere`: the project's own turned away there."""
    project, user = request.access.project, acting(request)
    elsewhere = request.GET.get("where") == "elsewhere"
    if elsewhere:
        page = page_of(request, effects.refusals_elsewhere(project, user))
        rows = uses.refused_elsewhere(page.object_list)
    else:
        page = page_of(request, effects.refusals(project).select_related("origin_project"))
        rows = uses.refused_here(list(page.object_list), user)
    return render(request, "tokenaccess/refusals.html", frame(project, page=page, rows=rows, elsewhere=elsewhere))


@requires(Action.READ_TOKEN_ACCESS)
@require_safe
def export(request: PageRequest, project_path: str) -> HttpResponse:
    """The log as CSV: the latest thousand, projects that were deleted left out."""
    project = request.access.project
    records = AuthorizationRecord.objects.filter(accessed_project=project, origin_project__pending_deletion=False)
    latest = list(records.select_related("origin_project__group")[:MOST_CSV])
    stamp = timezone.now().astimezone(UTC).strftime("%Y%m%d%H%M%S")
    name = f"job-token-authorizations-{project.pk}-{stamp}.csv"
    response = HttpResponse(
        content_type="text/csv; charset=utf-8", headers={"Content-Disposition": f'attachment; filename="{name}"'}
    )
    lines = csv.writer(response, lineterminator="\n")
    lines.writerow(["Origin Project Path", "Last Authorized At (UTC)"])
    for use in uses.came_in(project, latest, acting(request)):
        at = use.at.astimezone(UTC).isoformat(timespec="seconds").replace("+00:00", "Z")
        lines.writerow([use.path or _("A project you may not see"), at])
    return response
