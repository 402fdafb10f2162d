"""Add what the authentication log suggests to the allowlist after a preview, and undo that (job-token.md §5.3, §6)."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.shortcuts import redirect
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext
from django.views.decorators.http import require_POST

from tokenaccess.access.facts import settings_of
from tokenaccess.adapters.pages import PageRequest, current_user, form_page, requires
from tokenaccess.allowlist import services
from tokenaccess.allowlist.services.instance import MAX_ALLOWLIST_LIMIT
from tokenaccess.allowlist.suggestions.suggestion import Suggestion, suggest_entries
from tokenaccess.errors import ErrorCode, TokenAccessError
from tokenaccess.explanation.error_wording import error_words
from tokenaccess.models import AllowlistEntry, AutopopulateRun
from tokenaccess.policy import Action
from tokenaccess.views.frame import lock_sentence, render_token_access


class SuggestionForm(forms.Form):
    size = forms.IntegerField(
        label=gettext_lazy("Entries at most"),
        min_value=1,
        max_value=MAX_ALLOWLIST_LIMIT,
        required=False,
        help_text=gettext_lazy("Fewer entries stand for groups, which open more than was used."),
    )
    narrow = forms.BooleanField(
        label=gettext_lazy("Only the permissions that were used"),
        required=False,
        help_text=gettext_lazy("Otherwise everything that the role of the user who started the job allows."),
    )


@requires(Action.READ_TOKEN_ACCESS, POST=Action.MANAGE_TOKEN_ACCESS)
@form_page
def autopopulate(request: PageRequest, project_path: str) -> HttpResponse:
    """GET shows what `size` and `narrow` would add; POST adds it, if it still has the `hash` of what was shown. Where a
    lock forbids it, only why."""
    project = request.access.project
    if locked := lock_sentence(request):
        return render_token_access(request, "autopopulate.html", locked=locked, run=_last_run(request))
    if request.method != "POST":
        form = SuggestionForm(request.GET)
        return _preview(request, form, **_size_and_width(form)) if form.is_valid() else _preview(request, form)
    form = SuggestionForm(request.POST)
    if not form.is_valid():
        return _preview(request, form)
    wanted = _size_and_width(form)
    try:
        done = services.add_suggested(
            project, by=current_user(request), suggestion_hash=request.POST.get("hash", ""), **wanted
        )
    except TokenAccessError as error:
        messages.error(request, _error_text(error))
        stale = error.code is ErrorCode.STALE
        return _preview(request, form, **wanted) if stale else redirect("project_token_access", project.full_path)
    added = ngettext(
        "%(count)d entry added from the authentication log.",
        "%(count)d entries added from the authentication log.",
        len(done.entries),
    ) % {"count": len(done.entries)}
    limited = _("Only projects on the allowlist have access now.")
    messages.success(request, f"{added} {limited}")
    return redirect("project_token_access", project.full_path)


@requires(Action.READ_TOKEN_ACCESS, POST=Action.MANAGE_TOKEN_ACCESS)
@require_POST
def undo(request: PageRequest, project_path: str) -> HttpResponse:
    """Of the last time that entries were added from the log."""
    project = request.access.project
    try:
        if services.undo_autopopulate(project, by=current_user(request)):
            messages.success(request, _("Undone: the list and the limit are as before the entries were added."))
        else:
            messages.error(request, _("There is nothing to undo."))
    except TokenAccessError as error:
        messages.error(request, _error_text(error))
    return redirect("project_token_access", project.full_path)


@requires(Action.READ_TOKEN_ACCESS, POST=Action.MANAGE_TOKEN_ACCESS)
@form_page
def clear(request: PageRequest, project_path: str) -> HttpResponse:
    """Remove the entries that were added from the log."""
    project = request.access.project
    if request.method != "POST":
        auto = AllowlistEntry.objects.inbound().filter(project=project, autopopulated=True).count()
        return render_token_access(request, "clear_autopopulated.html", autopopulated_count=auto)
    try:
        gone = services.clear_autopopulated(project, by=current_user(request))
    except TokenAccessError as error:
        messages.error(request, _error_text(error))
    else:
        done = ngettext("%(count)d entry removed.", "%(count)d entries removed.", gone)
        messages.success(request, done % {"count": gone})
    return redirect("project_token_access", project.full_path)


def _size_and_width(form: SuggestionForm) -> dict[str, Any]:
    return {"size": form.cleaned_data["size"], "narrow": form.cleaned_data["narrow"]}


def _preview(
    request: PageRequest, form: SuggestionForm, size: int | None = None, narrow: bool = False
) -> HttpResponse:  # fmt: skip
    project = request.access.project
    found: Suggestion | None = None
    try:
        found = suggest_entries(project, current_user(request), size=size, narrow=narrow)
    except TokenAccessError as error:
        form.add_error("size" if size is not None else None, _error_text(error))
    limited = settings_of(project).limits_inbound
    return render_token_access(
        request, "autopopulate.html", form=form, suggestion=found, size=size, run=_last_run(request), limited=limited
    )


def _last_run(request: PageRequest) -> AutopopulateRun | None:
    return AutopopulateRun.objects.filter(project=request.access.project).first()


def _error_text(error: TokenAccessError) -> str:
    match error.code:
        case ErrorCode.TOO_MANY:
            return _("The log contains more projects than fit, and they have too few groups in common.")
        case ErrorCode.STALE:
            return _("The log or the list has changed meanwhile. This is what would be added now.")
        case ErrorCode.FORBIDDEN:
            return _("Nothing was changed: you are not a maintainer of some of the projects. Add yours one by one.")
        case _:
            return error_words(error.message)
