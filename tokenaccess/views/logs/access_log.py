"""The authentication log and the refusals in pages, and the log as CSV (job-token.md §6)."""

from __future__ import annotations

from datetime import UTC

from django.http import HttpResponse
from django.utils import timezone
from django.utils.translation import gettext as _
from django.views.decorators.http import require_safe

from api.input.parameters import OwnParameters
from pages.downloads import csv_response
from pages.listing import page_of
from pages.parameters import page_parameters
from text.moments import utc_text
from tokenaccess.access_log import tables
from tokenaccess.adapters.pages import PageRequest, current_user, requires
from tokenaccess.allowlist.impact import impact
from tokenaccess.api.refusals.params import RefusalFilters
from tokenaccess.explanation.refusal_rows import refusals_elsewhere, refusals_here, rows_elsewhere, rows_here
from tokenaccess.models import AuthorizationRecord
from tokenaccess.policy import Action
from tokenaccess.views.frame import render_token_access

MAX_CSV_ROWS = 1000


@requires(Action.READ_TOKEN_ACCESS)
@require_safe
def log(request: PageRequest, project_path: str) -> HttpResponse:
    """`…/token_access/log`: the projects whose jobs were admitted within the window."""
    page_parameters(request, OwnParameters)
    project = request.access.project
    page = page_of(request, impact.inbound_authorizations(project).select_related("origin_project__group"))
    rows = tables.inbound_rows(project, list(page.object_list), current_user(request))
    return render_token_access(request, "log.html", page=page, log=rows)


@requires(Action.READ_TOKEN_ACCESS)
@require_safe
def refusals(request: PageRequest, project_path: str) -> HttpResponse:
    """`…/token_access/refusals`: refusals here; `?where=elsewhere`: refusals of the project's own jobs elsewhere."""
    project, user = request.access.project, current_user(request)
    elsewhere = page_parameters(request, RefusalFilters)["where"] == "elsewhere"
    if elsewhere:
        page = page_of(request, refusals_elsewhere(project, user))
        rows = rows_elsewhere(project, list(page.object_list), user)
    else:
        page = page_of(request, refusals_here(project))
        rows = rows_here(project, list(page.object_list), user)
    return render_token_access(request, "refusals.html", page=page, rows=rows, elsewhere=elsewhere)


@requires(Action.READ_TOKEN_ACCESS)
@require_safe
def export(request: PageRequest, project_path: str) -> HttpResponse:
    """The latest MAX_CSV_ROWS records as CSV, without deleted projects."""
    project = request.access.project
    records = AuthorizationRecord.objects.filter(accessed_project=project, origin_project__pending_deletion=False)
    latest = list(records.select_related("origin_project__group")[:MAX_CSV_ROWS])
    stamp = timezone.now().astimezone(UTC).strftime("%Y%m%d%H%M%S")
    name = f"job-token-authorizations-{project.pk}-{stamp}.csv"
    rows = tables.inbound_rows(project, latest, current_user(request))
    cells = [(row.path or _("A project you cannot see"), utc_text(row.at)) for row in rows]
    return csv_response([("Origin Project Path", "Last Authorized At (UTC)"), *cells], name)
