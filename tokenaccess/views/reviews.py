"""The access review of a project or group: walk through all entries, sign for it, print or download the report."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.db.models import QuerySet
from django.http import Http404, HttpResponse, JsonResponse
from django.utils.translation import gettext as _
from django.views.decorators.http import require_POST, require_safe

from api.input.fields import Choice
from api.input.parameters import OwnParameters
from identity.models import User, today
from pages.downloads import attachment, csv_response
from pages.listing import PAGE_SIZE, page_of
from pages.parameters import page_parameters
from text.numbers import parse_number
from tokenaccess.adapters.pages import PageRequest, current_user, form_page
from tokenaccess.allowlist import services
from tokenaccess.allowlist.find_entry import entries_of
from tokenaccess.allowlist.reviews import reviews
from tokenaccess.allowlist.targets import visible_targets
from tokenaccess.errors import TokenAccessError
from tokenaccess.explanation.history_names import DECISIONS as DECISION_WORDS
from tokenaccess.models import AccessReview, ReviewDecision
from tokenaccess.models.review import MAX_NOTE_LENGTH
from tokenaccess.views.entries.entry import entry_name
from tokenaccess.views.error_text import error_text
from tokenaccess.views.frame import back_to, of_both, render_token_access, target_of

DECISIONS = list(DECISION_WORDS.items())


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


class ReviewFilters(OwnParameters):
    """`decisions`: the latest, or all, of a review that goes on."""

    decisions = Choice(["latest", "all"], default="latest")


class SignOffForm(forms.Form):
    note = forms.CharField(required=False, max_length=MAX_NOTE_LENGTH)


@form_page
def _reviews_page(request: PageRequest, **_address: str) -> HttpResponse:
    """The reviews there were, and whether one is due; POST starts one."""
    holder, user = target_of(request), current_user(request)
    if request.method == "POST":
        try:
            services.start_review(holder, by=user)
        except TokenAccessError as error:
            messages.error(request, error_text(error, target_of(request).full_path))
    rows = _reviews(request)
    current = rows.filter(signed_off_at=None).first()
    if current is not None:
        return back_to(request, "token_access_review", current.pk)
    due = reviews.due_on(holder)
    page = page_of(request, rows)
    return render_token_access(
        request,
        "reviews.html",
        page=page,
        due=due,
        is_due=due is not None and due <= today(),
        has_entries=entries_of(holder).exists(),
    )


@require_safe
def _review_page(request: PageRequest, review: int, **_address: str) -> HttpResponse:
    """One review: the entries that wait for a decision, and the report of those decided about."""
    found, user = _find(request, review), current_user(request)
    page = page_of(request, reviews.entries_to_review(found)) if found.is_open else None
    waiting = list(page.object_list) if page else []
    shown, decided = page_parameters(request, ReviewFilters)["decisions"], found.decisions.count()
    # While it is open people come here once for each entry; the report they print is that of a signed review.
    is_short = found.is_open and shown == "latest" and decided > PAGE_SIZE
    return render_token_access(
        request,
        "review.html",
        review=found,
        page=page,
        rows=_waiting_rows(waiting, user),
        lines=reviews.review_lines(found, user, latest=PAGE_SIZE if is_short else None),
        is_short=is_short,
        decided=decided,
        total=decided + (page.paginator.count if page else 0),
        decisions=DECISIONS,
    )


def _waiting_rows(waiting: list[Any], user: User) -> list[dict[str, Any]]:
    seen, day = visible_targets([(entry.kind, entry.target.pk) for entry in waiting], user), today()
    return [
        {
            "entry": entry,
            "kind": entry.kind,
            "path": entry.target.full_path if (entry.kind, entry.target.pk) in seen else "",
            "url": f"/{entry.target.full_path}",
            "state": entry.state_on(day),
        }
        for entry in waiting
    ]


@require_POST
def _decide(request: PageRequest, review: int, entry: int, **_address: str) -> HttpResponse:
    found, form = _find(request, review), DecisionForm(request.POST)
    if not form.is_valid():
        return _back_with_errors(request, found, form)
    try:
        services.review_entry(found, entry, by=current_user(request), **form.cleaned_data)
    except TokenAccessError as error:
        messages.error(request, error_text(error, _entry_name(request, found, entry)))
    else:
        messages.success(request, _("The decision is recorded."))
    return _back(request, found)


def _entry_name(request: PageRequest, review: AccessReview, pk: int) -> str:
    """Of what the entry names; of one that is gone, whose list it was on."""
    entry = entries_of(review.holder).select_related("target_project", "target_group").filter(pk=pk).first()
    return review.holder.full_path if entry is None else entry_name(request, entry)


@require_POST
def _sign_off(request: PageRequest, review: int, **_address: str) -> HttpResponse:
    found, form = _find(request, review), SignOffForm(request.POST)
    if not form.is_valid():
        return _back_with_errors(request, found, form)
    try:
        services.sign_off(found, by=current_user(request), note=form.cleaned_data["note"])
    except TokenAccessError as error:
        messages.error(request, error_text(error, target_of(request).full_path))
    else:
        messages.success(request, _("The review is signed off."))
    return _back(request, found)


@require_safe
def _export(request: PageRequest, review: int, suffix: str, **_address: str) -> HttpResponse:
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
        str(review.holder.kind): review.holder.full_path,
        "started_at": review.started_at.isoformat(),
        "started_by": review.started_by.username if review.started_by else None,
        "signed_off_at": signed.isoformat() if signed else None,
        "signed_off_by": review.signed_off_by.username if review.signed_off_by else None,
        "note": review.note,
        "entries": rows,
    }


def _reviews(request: PageRequest) -> QuerySet[AccessReview]:
    holder = target_of(request)
    rows = AccessReview.objects.filter(**{str(holder.kind): holder})
    return rows.select_related("project", "group", "started_by", "signed_off_by")


def _find(request: PageRequest, pk: int) -> AccessReview:
    found = _reviews(request).filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


def _back(request: PageRequest, review: AccessReview) -> HttpResponse:
    """To the page of the list on which the entry was."""
    response = back_to(request, "token_access_review", review.pk)
    number = parse_number(request.GET.get("page", ""))
    if number:
        response["Location"] += f"?page={number}"
    return response


def _back_with_errors(request: PageRequest, review: AccessReview, form: forms.Form, **_address: str) -> HttpResponse:
    messages.error(request, " ".join(str(error) for errors in form.errors.values() for error in errors))
    return _back(request, review)


reviews_pages, review_pages, decide_pages, sign_off_pages, export_pages = of_both(
    _reviews_page, _review_page, _decide, _sign_off, _export
)
