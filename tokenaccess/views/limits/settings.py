"""The Token Access settings of a project: both limits, the allowlists, the log and the latest changes."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse
from django.utils.text import format_lazy
from django.utils.translation import gettext_lazy as _
from django.views.decorators.http import require_safe

from jobs.runners import isolation
from pages.listing import page_of
from tokenaccess.access_log import tables as log_tables
from tokenaccess.adapters.pages import PageRequest, current_user, requires
from tokenaccess.allowlist.display import history, summary, tables
from tokenaccess.allowlist.display.list_size import ListSize
from tokenaccess.allowlist.impact import impact
from tokenaccess.allowlist.impact.trial import report_trial
from tokenaccess.explanation.trial_sentence import describe
from tokenaccess.forms import AddForm, PathForm
from tokenaccess.models import AuthorizationRecord, Direction
from tokenaccess.policy import Action
from tokenaccess.policy.levels import InboundMode
from tokenaccess.rules_file.managed import read_managed
from tokenaccess.sources.chart import read_chart
from tokenaccess.sources.read import RECENT_DAYS
from tokenaccess.views.frame import render_token_access, with_candidates, with_editor_help
from tokenaccess.views.limits.addresses import address_panel
from tokenaccess.views.sources.table import source_table

KINDS = [("", _("Any")), ("project", _("Project")), ("group", _("Group"))]
ENTRIES = [
    ("", _("Any")),
    ("own", _("Its own")),
    ("inherited", _("Inherited")),
    ("group", _("Of a group")),
    ("none", _("None")),
]
USES = [
    ("", _("Any")),
    ("used", format_lazy(_("In {days} days"), days=impact.WINDOW_DAYS)),
    ("unused", format_lazy(_("Not in {days} days"), days=RECENT_DAYS)),
    ("never", _("Never")),
    ("refused", format_lazy(_("Refused in {days} days"), days=impact.WINDOW_DAYS)),
]
STATES = [
    ("", _("Any")),
    ("active", _("Active")),
    ("fading", _("Fading")),
    ("expired", _("Expired")),
    ("suspended", _("Suspended")),
]
ORDERS = [
    ("list", _("Entries first")),
    ("path", _("Path")),
    ("permissions", _("Permissions")),
    ("added", _("Added")),
    ("expires", _("End date")),
    ("last_used", _("Last used")),
    ("uses", _("Uses")),
    ("refusals", _("Refused")),
]
SOURCE_FILTERS = {"kinds": KINDS, "entries": ENTRIES, "uses": USES, "states": STATES, "orders": ORDERS}
LATEST_LIMIT = 5
OUTBOUND_LIMIT = 10
MAX_OUTBOUND_ROWS = 100


@requires(Action.READ_TOKEN_ACCESS)
@require_safe
def settings_page(request: PageRequest, project_path: str) -> HttpResponse:
    """`/-/settings/ci_cd` and `/-/settings/ci_cd/token_access`."""
    return render_settings(request)


@requires(Action.READ_TOKEN_ACCESS)
@require_safe
def outbound_page(request: PageRequest, project_path: str) -> HttpResponse:
    """`…/token_access/outbound`: what the project's own jobs may access, and did access."""
    return render_outbound(request)


def render_settings(request: PageRequest, *, add_form: AddForm | None = None) -> HttpResponse:
    """`add_form`: one that failed validation or was searched in, with the user's input."""
    project, user = request.access.project, current_user(request)
    figures = summary.summarize(project, user)
    mode = InboundMode(figures.settings.inbound_mode)
    report = report_trial(project, user) if figures.state == "trial" else None
    context: dict[str, Any] = {
        "trial_report": report,
        "trial_sentence": "" if report is None else describe(report),
        **address_panel(project, figures.settings),
        "managed": read_managed(project, user),
        "shell": isolation.shared_shell_runners(project),
        **source_table(request, ListSize.of_summary(figures), figures),
        "source_filters": SOURCE_FILTERS,
        "chart": read_chart(project),
        "add_form": with_candidates(
            with_editor_help(add_form or AddForm(), needs_both=figures.editor_needs_both), project
        ),
        "show_add_form": add_form is not None or not (figures.projects or figures.groups),
        "inbound_change": summary.last_inbound_change(project, mode),
        "outbound_rows": tables.outbound_rows(list(tables.outbound_entries(project)[:OUTBOUND_LIMIT]), user),
        "has_log": AuthorizationRecord.objects.filter(accessed_project=project).exists(),
        "changes": history.redact_for(list(history.token_access_events(project)[:LATEST_LIMIT]), user),
    }
    return render_token_access(request, "settings.html", form=add_form, summary=figures, **context)


def render_outbound(request: PageRequest, *, add_form: PathForm | None = None) -> HttpResponse:
    project, user = request.access.project, current_user(request)
    figures = summary.summarize(project, user)
    entries_page = page_of(request, tables.outbound_entries(project))
    recent = impact.outbound_authorizations(project).select_related("accessed_project")
    context = {
        "entries_page": entries_page,
        "rows": tables.outbound_rows(list(entries_page.object_list), user),
        "add_form": with_candidates(
            with_editor_help(add_form or PathForm(), needs_both=figures.editor_needs_both),
            project,
            f"?direction={Direction.OUTBOUND}",
        ),
        "show_add_form": add_form is not None or not figures.outbound,
        "authorizations": log_tables.outbound_rows(list(recent[:MAX_OUTBOUND_ROWS]), user),
    }
    return render_token_access(request, "outbound_settings.html", form=add_form, summary=figures, **context)
