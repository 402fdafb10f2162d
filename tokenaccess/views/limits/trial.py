"""What a project's limit would refuse, and what to do about each source."""

from __future__ import annotations

from django.contrib import messages
from django.http import Http404, HttpResponse, QueryDict
from django.shortcuts import redirect
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import ngettext
from django.views.decorators.http import require_POST, require_safe

from projects.models import Project
from text.numbers import parse_number
from tokenaccess.access.facts import is_switch_on, settings_of
from tokenaccess.access.gate import find_if_permitted
from tokenaccess.access.id_or_path import IdOrPath
from tokenaccess.adapters.pages import PageRequest, current_user, requires
from tokenaccess.allowlist import services
from tokenaccess.allowlist.group_rules.group_lock import locking_rule
from tokenaccess.allowlist.impact.trial import DEFAULT_HORIZON, HORIZONS, TrialReport, report_trials
from tokenaccess.models import IgnoredSource
from tokenaccess.policy import Action
from tokenaccess.views.frame import render_token_access


@requires(Action.READ_TOKEN_ACCESS)
@require_safe
def trial(request: PageRequest, project_path: str) -> HttpResponse:
    """`…/token_access/trial?days=30|90|400`."""
    project = request.access.project
    report = report_trials(project, current_user(request), chosen_days(request.GET) or DEFAULT_HORIZON)
    return render_token_access(
        request,
        "trial.html",
        report=report,
        sentence=describe(report),
        horizons=HORIZONS,
        may_enforce=not report.is_early,
        is_locked=locking_rule(project) is not None,
        mode=settings_of(project).effective_inbound_mode.name.lower() if is_switch_on() else "off",
    )


@requires(Action.READ_TOKEN_ACCESS, POST=Action.MANAGE_TOKEN_ACCESS)
@require_POST
def ignore(request: PageRequest, project_path: str) -> HttpResponse:
    """`path`: a source that may be refused; `days`: of the report to return to."""
    project, by = request.access.project, current_user(request)
    source = find_if_permitted(by, Action.READ_PROJECT, IdOrPath.of_path(request.POST.get("path", "")))
    if not isinstance(source, Project):
        raise Http404
    services.ignore_source(project, source, by=by)
    messages.success(request, _("%(path)s is ignored from now on.") % {"path": source.full_path})
    return _report_again(request)


@requires(Action.READ_TOKEN_ACCESS, POST=Action.MANAGE_TOKEN_ACCESS)
@require_POST
def restore(request: PageRequest, project_path: str) -> HttpResponse:
    """`path`: a source that was ignored; `days`: of the report to return to."""
    project, by = request.access.project, current_user(request)
    source = find_if_permitted(by, Action.READ_PROJECT, IdOrPath.of_path(request.POST.get("path", "")))
    if not isinstance(source, Project) or not IgnoredSource.objects.filter(project=project, source=source).exists():
        raise Http404
    services.restore_source(project, source, by=by)
    messages.success(request, _("%(path)s counts again.") % {"path": source.full_path})
    return _report_again(request)


def chosen_days(values: QueryDict) -> int | None:
    """`days`, where it is one of the horizons."""
    days = parse_number(values.get("days", ""))
    return days if days in HORIZONS else None


def _report_again(request: PageRequest) -> HttpResponse:
    """The report with the horizon that it had."""
    address = reverse("project_token_access_trial", args=[request.access.project.full_path])
    days = chosen_days(request.POST)
    return redirect(f"{address}?days={days}" if days else address)


def describe(report: TrialReport) -> str:
    """“In the last 90 days 3 of 41 sources would be refused; the rarest was seen once, 62 days ago.”"""
    figures = {"days": report.days, "count": report.count, "sources": report.sources}
    if not report.sources:
        return _("In the last %(days)d days no job of another project had access.") % figures
    if not report.count:
        sentence = ngettext(
            "In the last %(days)d days the only source would not be refused.",
            "In the last %(days)d days none of %(sources)d sources would be refused.",
            report.sources,
        )
        return sentence % figures
    who = _who_would_be_refused(figures)
    if report.rarest is None:
        return _("%(who)s.") % {"who": who}
    times, ago = report.rarest.count, report.rarest.days_ago
    seen = ngettext("once", "%(n)d times", times) % {"n": times}
    when = ngettext("%(n)d day ago", "%(n)d days ago", ago) % {"n": ago} if ago else _("today")
    last = _("it was seen %(seen)s, %(when)s.") if report.count == 1 else _("the rarest was seen %(seen)s, %(when)s.")
    return _("%(who)s; %(last)s") % {"who": who, "last": last % {"seen": seen, "when": when}}


def _who_would_be_refused(figures: dict[str, int]) -> str:
    """A clause: what others would be refused, the only source would."""
    if figures["sources"] == 1:
        return _("In the last %(days)d days the only source would be refused") % figures
    return _("In the last %(days)d days %(count)d of %(sources)d sources would be refused") % figures
