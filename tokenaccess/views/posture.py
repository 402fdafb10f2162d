"""What an attacker would find, as a page of a project, a group and the instance; and what is done about a finding."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, pgettext_lazy
from django.views.decorators.http import require_POST, require_safe

from identity.models import today
from pages.form_errors import add_service_error
from pages.frame import Frame, render_page
from pages.listing import page_of
from pages.parameters import page_parameters
from text.numbers import parse_number
from tokenaccess.adapters.pages import PageRequest, current_user, form_page, requires
from tokenaccess.adapters.plain import json_response
from tokenaccess.api.posture.params import PostureExport, PostureFilters
from tokenaccess.errors import TokenAccessError
from tokenaccess.explanation.error_wording import error_words
from tokenaccess.models.posture import MAX_REASON_LENGTH
from tokenaccess.policy import Action
from tokenaccess.posture.acceptances import MAX_DAYS, NO_FINDING, accept, mend, withdraw
from tokenaccess.posture.check import Check, Severity
from tokenaccess.posture.checks import CHECKS
from tokenaccess.posture.exports import to_csv, to_sarif
from tokenaccess.posture.report import Finding, Report, describe, find
from tokenaccess.posture.scope import Scope

SUGGESTED_DAYS = 90
MAX_QUERY_LENGTH = 500
MAX_COUNT = 5000  # of each check; to count all of a large instance took longer than the rest of the page
ACCEPTED = [("no", pgettext_lazy("finding", "Open")), ("yes", gettext_lazy("Accepted")), ("all", gettext_lazy("All"))]


@dataclass(frozen=True, kw_only=True)
class PostureFrame(Frame):
    thing = "posture"

    def url(self, what: str = "", *args: Any) -> str:
        return super().url(what, *args)

    @property
    def context(self) -> dict[str, Any]:
        names = {f"{what}_url": self.url(f"_{what}") for what in ("fix", "accept", "withdraw", "export")}
        return {**super().context, **names, "nav_current": f"{self.kind}_posture", "is_instance": self.target is None}


class AcceptForm(forms.Form):
    reason = forms.CharField(
        label=gettext_lazy("Reason"), max_length=MAX_REASON_LENGTH, widget=forms.Textarea(attrs={"rows": 3})
    )
    until = forms.DateField(
        label=gettext_lazy("Last day"),
        widget=forms.DateInput(attrs={"type": "date"}),
        help_text=gettext_lazy("In UTC, a year from now at most. After it the finding comes back."),
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        day = today()
        self.fields["until"].widget.attrs |= {"min": str(day), "max": str(day + timedelta(days=MAX_DAYS))}
        self.initial.setdefault("until", day + timedelta(days=SUGGESTED_DAYS))


def _report(request: PageRequest, **_address: str) -> HttpResponse:
    """`?check=`, `?severity=` (the least), `?accepted=yes|all`."""
    values = page_parameters(request, PostureFilters)
    filters = PostureFilters.filters(values)
    report = Report(Scope(request.access.target), current_user(request), filters, most=MAX_COUNT)
    tally = report.tally
    context = {
        "page": page_of(request, report),
        "severities": tally.by_severity().items(),
        "checks": [(check, tally.text_of([tally.open.get(check.name, 0)])) for check in CHECKS],
        "open_count": tally.text_of(tally.open.values()),
        "accepted_count": tally.text_of(tally.accepted.values()),
        "has_accepted": bool(tally.accepted),
        "finding_count": report.length_text,
        "cut_checks": report.cut_checks,
        "most": MAX_COUNT,
        "filters": report.filters,
        "severity": report.filters.severity.slug,
        "accepted": values["accepted"],
        "severity_choices": list(Severity),
        "accepted_choices": ACCEPTED,
        "query": request.GET.urlencode(),
    }
    return render_page(request, "tokenaccess/posture.html", context, frame=PostureFrame(target=request.access.target))


def _export(request: PageRequest, **_address: str) -> HttpResponse:
    """`?format=sarif|csv`, with the filters of the page."""
    values = page_parameters(request, PostureExport)
    findings = Report(Scope(request.access.target), current_user(request), PostureExport.filters(values)).all()
    if values["format"] == "csv":
        response = HttpResponse(to_csv(findings), content_type="text/csv; charset=utf-8")
        response["Content-Disposition"] = 'attachment; filename="posture.csv"'
        return response
    response = json_response(to_sarif(findings))
    response["Content-Type"] = "application/sarif+json"
    response["Content-Disposition"] = 'attachment; filename="posture.sarif"'
    return response


def _fix(request: PageRequest, **_address: str) -> HttpResponse:
    """`check`, `subject`; `confirmed` once the user has seen what it changes."""
    frame, found = PostureFrame(target=request.access.target), _find(request, request.POST)
    if isinstance(found, HttpResponse):
        return found
    check, row, finding = found
    if not check.fix_label:
        raise Http404
    if not request.POST.get("confirmed"):
        context = {
            "question": str(check.fix_question) % {"subject": finding.label},
            "about": _about(check, finding),
            "effects": check.effects(row),
            "button": finding.fix,
            "keep": _("Leave it as it is"),
            "keep_url": _list_url(request),
            "fields": {
                "check": check.name,
                "subject": str(row.pk),
                "confirmed": "1",
                "query": request.POST.get("query", ""),
            },
        }
        return render_page(request, "tokenaccess/posture_fix.html", context, frame=frame)
    try:
        mend(check, row, by=current_user(request), scope=Scope(request.access.target))
    except (TokenAccessError, ValidationError) as error:
        words = error_words(error.message) if isinstance(error, TokenAccessError) else " ".join(error.messages)
        messages.error(request, _("Nothing was changed: %(why)s") % {"why": words})
    else:
        messages.success(request, _("Done: %(subject)s.") % {"subject": finding.label})
    return redirect(_list_url(request))


def _about(check: Check[Any], finding: Finding) -> str:
    """What it is about, unless the question names it, and why."""
    if "%(subject)s" in str(check.fix_question):
        return finding.why
    return _("%(subject)s. %(why)s") % {"subject": finding.label, "why": finding.why}


def _accept(request: PageRequest, **_address: str) -> HttpResponseBase:
    values = request.POST if request.method == "POST" else request.GET
    frame, found = PostureFrame(target=request.access.target), _find(request, values)
    if isinstance(found, HttpResponse):
        return found
    check, row, finding = found
    form = AcceptForm(request.POST if request.method == "POST" else None)
    if request.method == "POST" and form.is_valid():
        try:
            accept(check, row, **form.cleaned_data, by=current_user(request))
        except ValidationError as error:
            add_service_error(form, error)
        except TokenAccessError as error:
            form.add_error(None, error_words(error.message))
        else:
            messages.success(request, _("Accepted: %(subject)s.") % {"subject": finding.label})
            return redirect(_list_url(request))
    context = {"finding": finding, "query": values.get("query", ""), "back_url": _list_url(request)}
    return render_page(request, "tokenaccess/posture_accept.html", context, frame=frame, form=form)


def _withdraw(request: PageRequest, **_address: str) -> HttpResponse:
    found = _find(request, request.POST)
    if isinstance(found, HttpResponse):
        return found
    check, row, _finding = found
    try:
        withdraw(check, row, by=current_user(request))
    except TokenAccessError as error:
        messages.error(request, _("Nothing was changed: %(why)s") % {"why": error_words(error.message)})
    else:
        messages.success(request, _("No longer accepted."))
    return redirect(_list_url(request))


def _find(request: PageRequest, values: Any) -> tuple[Check[Any], Any, Finding] | HttpResponse:
    """What the address names; where nothing is to be done about it any more, or not by this user, the page that says
    so. Whoever does not mend it has an old page, or lost the rights."""
    scope, why = Scope(request.access.target), NO_FINDING
    found = find(scope, values.get("check", ""), parse_number(values.get("subject", "")) or 0)
    if found is not None:
        finding = describe(*found, scope, current_user(request))
        if finding.may_change:
            return *found, finding
        why = finding.refusal
    messages.error(request, _("Nothing was changed: %(why)s") % {"why": error_words(why)})
    return redirect(_list_url(request))


def _list_url(request: PageRequest) -> str:
    """Of the page with the filters that the button was on: `query`."""
    values = request.POST if request.method == "POST" else request.GET
    query = QueryDict(values.get("query", "")[:MAX_QUERY_LENGTH]).urlencode()
    url = PostureFrame(target=request.access.target).url()
    return f"{url}?{query}" if query else url


def _pages(read: Action, change: Action) -> list[Any]:
    posts = requires(read, POST=change)
    return [
        requires(read)(require_safe(_report)),
        requires(read)(require_safe(_export)),
        posts(require_POST(_fix)),
        requires(change)(form_page(_accept)),
        posts(require_POST(_withdraw)),
    ]


project_posture, project_export, project_fix, project_accept, project_withdraw = _pages(
    Action.READ_TOKEN_ACCESS, Action.MANAGE_TOKEN_ACCESS
)
group_posture, group_export, group_fix, group_accept, group_withdraw = _pages(Action.ADMIN_GROUP, Action.ADMIN_GROUP)
instance_posture, instance_export, instance_fix, instance_accept, instance_withdraw = _pages(
    Action.INSPECT, Action.ADMINISTER
)
