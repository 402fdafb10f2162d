"""The access review of a project: walk through all entries, sign for it, print or download the report."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import Http404, HttpResponse, JsonResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy
from django.views.decorators.http import require_POST, require_safe

from identity.models import today
from pages.downloads import attachment, csv_response
from pages.listing import page_of
from tokenaccess.adapters.pages import PageRequest, current_user, requires
from tokenaccess.allowlist import reviews, services
from tokenaccess.allowlist.targets import visible_targets
from tokenaccess.errors import TokenAccessError
from tokenaccess.models import AccessReview, ReviewDecision
from tokenaccess.models.review import MAX_NOTE_LENGTH
from tokenaccess.policy import Action
from tokenaccess.views.frame import render_token_access

DECISIONS = [
    (ReviewDecision.KEEP, gettext_lazy("Keep it")),
    (ReviewDecision.CHANGE_END, gettext_lazy("Change its end")),
    (ReviewDecision.SUSPEND, gettext_lazy("Suspend it")),
    (ReviewDecision.REMOVE, gettext_lazy("Remove it")),
]


class DecisionForm(forms.Form):
    decision = forms.ChoiceField(choices=DECISIONS)
    expires_at = forms.DateField(required=False)
    note = forms.CharField(required=False, max_length=MAX_NOTE_LENGTH)

    def clean(self) -> dict[str, Any]:
        """The end is never taken away by a field that somebody forgot."""
        cleaned = super().clean() or self.cleaned_data
        if cleaned.get("decision") == ReviewDecision.CHANGE_END and not cleaned.get("expires_at"):
            raise forms.ValidationError(_("Enter the new end."))
        return cleaned


class SignOffForm(forms.Form):
    note = forms.CharField(required=False, max_length=MAX_NOTE_LENGTH)


@requires(Action.READ_TOKEN_ACCESS, POST=Action.MANAGE_TOKEN_ACCESS)
def reviews_page(request: PageRequest, project_path: str) -> HttpResponse:
    """The reviews there were, and whether one is due; POST starts one."""
    project, user = request.access.project, current_user(request)
    if request.method == "POST":
        try:
            services.start_review(project, by=user)
        except TokenAccessError as error:
            messages.error(request, error.message)
    rows = AccessReview.objects.filter(project=project).select_related("started_by", "signed_off_by")
    current = rows.filter(signed_off_at=None).first()
    if current is not None:
        return redirect("project_token_access_review", project.full_path, current.pk)
    due = reviews.due_on(project)
    page = page_of(request, rows)
    return render_token_access(request, "reviews.html", page=page, due=due, is_due=due is not None and due <= today())


@requires(Action.READ_TOKEN_ACCESS)
@require_safe
def review_page(request: PageRequest, project_path: str, review: int) -> HttpResponse:
    """One review: the entries that wait for a decision, and the report of those decided about."""
    found, user = _find(request, review), current_user(request)
    waiting = reviews.entries_to_review(found) if found.is_open else []
    seen = visible_targets([(entry.kind, entry.target.pk) for entry in waiting], user)
    lines = reviews.review_lines(found, user)
    return render_token_access(
        request,
        "review.html",
        review=found,
        rows=[
            {
                "entry": entry,
                "kind": entry.kind,
                "path": entry.target.full_path if (entry.kind, entry.target.pk) in seen else "",
                "url": f"/{entry.target.full_path}",
                "state": entry.state_on(today()),
            }
            for entry in waiting
        ],
        lines=lines,
        total=len(waiting) + len(lines),
        decisions=DECISIONS,
    )


@requires(Action.READ_TOKEN_ACCESS, POST=Action.MANAGE_TOKEN_ACCESS)
@require_POST
def decide(request: PageRequest, project_path: str, review: int, entry: int) -> HttpResponse:
    found, form = _find(request, review), DecisionForm(request.POST)
    if not form.is_valid():
        return _back_with_errors(request, found, form)
    try:
        services.review_entry(found, entry, by=current_user(request), **form.cleaned_data)
    except TokenAccessError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("The decision is recorded."))
    return _back(request, found)


@requires(Action.READ_TOKEN_ACCESS, POST=Action.MANAGE_TOKEN_ACCESS)
@require_POST
def sign_off(request: PageRequest, project_path: str, review: int) -> HttpResponse:
    found, form = _find(request, review), SignOffForm(request.POST)
    if not form.is_valid():
        return _back_with_errors(request, found, form)
    try:
        services.sign_off(found, by=current_user(request), note=form.cleaned_data["note"])
    except TokenAccessError as error:
        messages.error(request, error.message)
    else:
        messages.success(request, _("The review is signed off."))
    return _back(request, found)


@requires(Action.READ_TOKEN_ACCESS)
@require_safe
def export(request: PageRequest, project_path: str, review: int, suffix: str) -> HttpResponse:
    """The report as a file: `csv` or `json`."""
    found = _find(request, review)
    rows = reviews.export_rows(reviews.review_lines(found, current_user(request)))
    name = f"access-review-{found.pk}.{suffix}"
    if suffix == "json":
        return JsonResponse(_document(found, rows), headers=attachment(name))
    if suffix != "csv":
        raise Http404
    return csv_response([reviews.EXPORT_FIELDS, *(list(row.values()) for row in rows)], name)


def _document(review: AccessReview, rows: list[dict[str, Any]]) -> dict[str, Any]:
    signed = review.signed_off_at
    return {
        "project": review.project.full_path,
        "started_at": review.started_at.isoformat(),
        "started_by": review.started_by.username if review.started_by else None,
        "signed_off_at": signed.isoformat() if signed else None,
        "signed_off_by": review.signed_off_by.username if review.signed_off_by else None,
        "note": review.note,
        "entries": rows,
    }


def _find(request: PageRequest, pk: int) -> AccessReview:
    rows = AccessReview.objects.select_related("project", "started_by", "signed_off_by")
    found = rows.filter(project=request.access.project, pk=pk).first()
    if found is None:
        raise Http404
    return found


def _back(request: PageRequest, review: AccessReview) -> HttpResponse:
    return redirect("project_token_access_review", request.access.project.full_path, review.pk)


def _back_with_errors(request: PageRequest, review: AccessReview, form: forms.Form) -> HttpResponse:
    messages.error(request, " ".join(str(error) for errors in form.errors.values() for error in errors))
    return _back(request, review)
