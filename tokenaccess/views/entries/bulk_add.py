"""Add many projects and groups to the inbound list of a project or group by their paths, one a line."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from tokenaccess.adapters.pages import PageRequest, current_user, form_page
from tokenaccess.allowlist import services
from tokenaccess.allowlist.services.bulk import MAX_PATHS, AddedLine
from tokenaccess.forms import MAX_PATH_LENGTH, PermissionsForm
from tokenaccess.views.entries.undo import offered_undo
from tokenaccess.views.error_text import error_text
from tokenaccess.views.frame import lock_sentence, of_both, render_token_access, target_of

MAX_TEXT = 65_536


class BulkAddForm(PermissionsForm):
    paths = forms.CharField(
        label=gettext_lazy("Projects and groups"),
        max_length=MAX_TEXT,
        help_text=gettext_lazy("One full path a line. You must be a maintainer there as well."),
        error_messages={"required": gettext_lazy("Enter at least one path.")},
        widget=forms.Textarea(attrs={"rows": 8, "autocomplete": "off", "spellcheck": "false"}),
    )
    failing = forms.ChoiceField(
        label=gettext_lazy("If one of them cannot be added"),
        choices=[("none", gettext_lazy("Add none")), ("rest", gettext_lazy("Add the others"))],
        initial="none",
        widget=forms.RadioSelect,
    )

    field_order = ("paths", "permissions")

    def clean_paths(self) -> list[str]:
        lines = [line.strip().strip("/") for line in str(self.cleaned_data["paths"]).splitlines()]
        paths = list({line.lower(): line for line in lines if line}.values())  # each once
        if not paths:
            raise forms.ValidationError(_("Enter at least one path."))
        if len(paths) > MAX_PATHS:
            raise forms.ValidationError(_("At most %(most)d paths at once.") % {"most": MAX_PATHS})
        if any(len(path) > MAX_PATH_LENGTH for path in paths):
            raise forms.ValidationError(_("A path has at most %(most)d characters.") % {"most": MAX_PATH_LENGTH})
        return paths


@form_page
def _add_many(request: PageRequest, **_address: str) -> HttpResponse:
    """`…/token_access/entries/add`: the form; posted, what became of each line. Where a lock forbids it only why."""
    if locked := lock_sentence(request):
        return render_token_access(request, "bulk_add.html", locked=locked)
    form = BulkAddForm(request.POST if request.method == "POST" else None)
    if not form.is_valid():
        return render_token_access(request, "bulk_add.html", form=form)
    all_or_nothing = form.cleaned_data["failing"] == "none"
    lines = services.add_entries(
        target_of(request),
        form.cleaned_data["paths"],
        by=current_user(request),
        all_or_nothing=all_or_nothing,
        **form.grant,
    )
    if all_or_nothing and any(line.has_failed for line in lines):
        form.add_error("paths", _("Nothing was added. Take out what cannot be added, or choose to add the others."))
        return render_token_access(request, "bulk_add.html", form=form, rows=_rows(lines, undone=True))
    added = sum(line.is_added for line in lines)
    done = ngettext("%(count)d entry added.", "%(count)d entries added.", added)
    messages.success(request, done % {"count": added})
    return render_token_access(
        request, "bulk_added.html", rows=_rows(lines), last_change=offered_undo(request) if added else None
    )


def _rows(lines: list[AddedLine], *, undone: bool = False) -> list[dict[str, Any]]:
    """`state`: added, already, failed, or kept (it could be added, but another one could not)."""
    rows = []
    for line in lines:
        if line.error is None:
            state, words = ("kept", _("Could be added.")) if undone else ("added", _("Added."))
        else:
            state, words = "failed" if line.has_failed else "already", error_text(line.error, line.path)
        rows.append({"path": line.path, "state": state, "words": words})
    return rows


(add_many_pages,) = of_both(_add_many)
