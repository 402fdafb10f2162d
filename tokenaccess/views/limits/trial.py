"""What a project's limit would refuse, and what to do about each source."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from pages.parameters import page_parameters
from projects.models import Project
from text.numbers import parse_number
from tokenaccess.access.facts import is_switch_on, settings_of
from tokenaccess.access.gate import find_if_permitted
from tokenaccess.access.id_or_path import IdOrPath
from tokenaccess.adapters.pages import PageRequest, current_user, requires
from tokenaccess.allowlist import services
from tokenaccess.allowlist.impact.trial import HORIZONS, report_trials
from tokenaccess.api.params import TrialHorizon
from tokenaccess.explanation.trial_remedies import add_remedies
from tokenaccess.explanation.trial_sentence import describe
from tokenaccess.policy import Action
from tokenaccess.views.frame import of_both, render_token_access, target_of


@requires(Action.READ_TOKEN_ACCESS)
@require_safe
def trial(request: PageRequest, project_path: str) -> HttpResponse:
    """`…/token_access/trial?days=30|90|400`."""
    project = request.access.project
    reader = current_user(request)
    report = report_trials(project, reader, page_parameters(request, TrialHorizon)["days"])
    add_remedies(project, report.refused, reader)
    return render_token_access(
        request,
        "trial.html",
        report=report,
        sentence=describe(report),
        horizons=HORIZONS,
        may_enforce=not report.is_early,
        mode=settings_of(project).effective_inbound_mode.name.lower() if is_switch_on() else "off",
    )


@require_POST
def _ignore(request: PageRequest, **_path: str) -> HttpResponse:
    """Of a project or a group. `path`: a source that may be refused; `days`: of the report to return to."""
    source = _source(request)
    services.ignore_source(target_of(request), source, by=current_user(request))
    messages.success(request, _("%(path)s is ignored from now on.") % {"path": source.full_path})
    return _report_again(request)


@require_POST
def _restore(request: PageRequest, **_path: str) -> HttpResponse:
    """`path`: a source that was ignored; `days`: of the report to return to."""
    source = _source(request)
    if not services.restore_source(target_of(request), source, by=current_user(request)):
        raise Http404
    messages.success(request, _("%(path)s counts again.") % {"path": source.full_path})
    return _report_again(request)


ignore_pages, restore_pages = of_both(_ignore, _restore)


def _source(request: PageRequest) -> Project:
    source = find_if_permitted(
        current_user(request), Action.READ_PROJECT, IdOrPath.of_path(request.POST.get("path", ""))
    )
    if not isinstance(source, Project):
        raise Http404
    return source


def chosen_days(values: QueryDict) -> int | None:
    """`days`, where it is one of the horizons."""
    days = parse_number(values.get("days", ""))
    return days if days in HORIZONS else None


def _report_again(request: PageRequest) -> HttpResponse:
    """The report with the horizon that it had."""
    target = target_of(request)
    address = reverse(f"{target.kind}_token_access_trial", args=[target.full_path])
    days = chosen_days(request.POST)
    return redirect(f"{address}?days={days}" if days else address)
