"""Change or remove chosen entries of an inbound list, after their effect has been shown in numbers."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from django import forms
from django.contrib import messages
from django.core.exceptions import BadRequest
from django.http import HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from text.numbers import parse_number
from tokenaccess.adapters.pages import PageRequest, current_user, form_page
from tokenaccess.allowlist import services
from tokenaccess.allowlist.impact.impact import WINDOW_DAYS
from tokenaccess.allowlist.services.bulk import MAX_PATHS, EntryRefused
from tokenaccess.forms import PermissionsForm
from tokenaccess.replay.replay import Replay, replay_change
from tokenaccess.sources.chosen import count_uses, read_chosen
from tokenaccess.sources.rows import SourceRow
from tokenaccess.views.error_text import error_text
from tokenaccess.views.frame import back_to, lock_sentence, of_both, render_token_access, target_of
from tokenaccess.views.limits.switches import Confirmation, Effects

Change = Callable[[Any], Any]


class NoForm(forms.Form):
    """Of a change that takes nothing but a word."""


class EndForm(forms.Form):
    expires_at = forms.DateField(
        label=gettext_lazy("End date"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=gettext_lazy("From this day on, in UTC, they admit nobody. Empty: they do not end."),
    )


ICONS = {"remove": "trash", "suspend": "pause", "end": "hourglass"}
FORMS: dict[str, type[forms.Form]] = {
    "permissions": PermissionsForm,
    "end": EndForm,
    "suspend": NoForm,
    "remove": NoForm,
}


@form_page
def _change(request: PageRequest, **_address: str) -> HttpResponse:
    """`…/token_access/entries/change?change=remove&entry=1&entry=2`. A GET, and a POST without what the change takes,
    asks for that; a POST with it asks for confirmation, by a replay; one with `confirmed` makes the change."""
    holder, by = target_of(request), current_user(request)
    kind, ids = _read(request)
    rows = read_chosen(holder, ids, by)
    ids = [row.entry.pk for row in rows if row.entry is not None]  # what is asked about is what is changed
    if not rows:
        messages.error(request, _("Choose at least one entry first."))
        return back_to(request, "token_access")
    form = FORMS[kind](request.POST if _is_answered(request, kind) else None)
    if not form.is_valid():
        return _ask(request, kind, rows, form)
    make = _change_of(kind, form, request)
    try:
        if "confirmed" in request.POST:
            count = services.change_entries(holder, ids, make, by=by)
            messages.success(request, _success_message(kind, count))
            return back_to(request, "token_access")
        effect = replay_change(holder, lambda: services.change_entries(holder, ids, make, by=by), reader=by)
    except EntryRefused as refused:
        path = next(row.path for row in rows if row.entry_id == refused.entry.pk) or _("an entry that you cannot see")
        nothing = _("Nothing was changed.")
        form.add_error(None, f"{nothing} {error_text(refused.error, path)}")
        return _ask(request, kind, rows, form)
    confirmation = _confirmation(request, kind, rows, effect, form)
    return render_token_access(request, "confirm_bulk.html", confirmation=confirmation, rows=rows)


def _is_answered(request: PageRequest, kind: str) -> bool:
    """Whether the request is a POST that says what the change takes: the table's own form says only which entries."""
    fields = FORMS[kind].base_fields
    return request.method == "POST" and (not fields or any(name in request.POST for name in fields))


def _read(request: PageRequest) -> tuple[str, list[int]]:
    """The kind of change, and the entries: several parameters, or one with commas. Raises BadRequest."""
    given = request.POST if request.method == "POST" else request.GET
    unknown = sorted(set(request.GET) - {"change", "entry"})
    if unknown:
        raise BadRequest(_("%(name)s is not supported") % {"name": unknown[0]})
    kind = given.get("change", "remove")  # without any, none has been chosen either
    if kind not in FORMS:
        raise BadRequest(_("%(name)s does not have a valid value") % {"name": "change"})
    ids = [parse_number(text) for text in ",".join(given.getlist("entry")).split(",") if text]
    if None in ids or len(ids) > MAX_PATHS * 2:
        raise BadRequest(_("%(name)s is invalid") % {"name": "entry"})
    return kind, [number for number in ids if number is not None]


def _change_of(kind: str, form: forms.Form, request: PageRequest) -> Change:
    by = current_user(request)
    if isinstance(form, PermissionsForm):
        grant = form.grant
        return lambda entry: services.set_entry_permissions(entry, **grant, by=by)
    if isinstance(form, EndForm):
        return lambda entry: services.set_terms(entry, {"expires_at": form.cleaned_data["expires_at"]}, by=by)
    if kind == "suspend":
        return lambda entry: services.suspend_entry(entry, by=by)
    return lambda entry: services.delete_from_list(entry, by=by)


def _ask(request: PageRequest, kind: str, rows: list[SourceRow], form: forms.Form) -> HttpResponse:
    return render_token_access(
        request, "bulk_change.html", locked=lock_sentence(request), form=form, rows=rows, kind=kind, ids=_ids(rows)
    )


def _confirmation(
    request: PageRequest, kind: str, rows: list[SourceRow], effect: Replay, form: forms.Form
) -> Confirmation:
    count = len(rows)
    words = {"count": count}
    if kind == "remove":
        question = ngettext("Remove %(count)d entry from the list?", "Remove %(count)d entries from the list?", count)
        button = ngettext("Remove %(count)d entry", "Remove %(count)d entries", count)
    elif kind == "suspend":
        question = ngettext("Suspend %(count)d entry?", "Suspend %(count)d entries?", count)
        button = ngettext("Suspend %(count)d entry", "Suspend %(count)d entries", count)
    elif kind == "end":
        question = ngettext("Set the end of %(count)d entry?", "Set the end of %(count)d entries?", count)
        button = ngettext("Change %(count)d entry", "Change %(count)d entries", count)
    else:
        question = ngettext(
            "Change the permissions of %(count)d entry?", "Change the permissions of %(count)d entries?", count
        )
        button = ngettext("Change %(count)d entry", "Change %(count)d entries", count)
    kept = {name: str(request.POST[name]) for name in request.POST if name not in {"csrfmiddlewaretoken", "entry"}}
    return Confirmation(
        question=question % words,
        button=button % words,
        keep=_("Keep it") if count == 1 else _("Keep them"),
        effects=_effects(rows, count_uses(target_of(request), rows), effect, form),
        stays=_("Counted from the log. The history records each change with your name."),
        icon=ICONS.get(kind, "pencil"),
        fields={**kept, "change": kind, "entry": _ids(rows), "confirmed": "1"},
    )


def _effects(rows: list[SourceRow], uses: int, effect: Replay, form: forms.Form) -> Effects:
    days = {"days": WINDOW_DAYS}
    if len(rows) == 1:
        used = ngettext("use of this entry", "uses of this entry", uses)
    else:
        used = ngettext("use of these entries", "uses of these entries", uses)
    effects: Effects = [(uses, used, _("in the last %(days)d days.") % days)]
    if lost := _inbound(effect.refused) + effect.hidden_refused:
        what = ngettext("project would lose access that it used.", "projects would lose access that they used.", lost)
        effects.append((lost, what, _("Of what jobs did in the last %(days)d days, some would be refused.") % days))
    if won := _inbound(effect.admitted) + effect.hidden_admitted:
        what = ngettext("project would be admitted", "projects would be admitted", won)
        effects.append((won, what, _("to what was refused in the last %(days)d days.") % days))
    if isinstance(form, EndForm):
        end = form.cleaned_data["expires_at"]
        what = ngettext("entry", "entries", len(rows))
        ends = _("admits nobody from %(day)s on.") if len(rows) == 1 else _("admit nobody from %(day)s on.")
        effects.append((len(rows), what, ends % {"day": end} if end else _("without an end.")))
    elif not lost and not won:
        effects.append((0, _("projects would notice,"), _("by what the log has of the last %(days)d days.") % days))
    return effects


def _inbound(rows: list[Any]) -> int:
    return sum(row.side == "inbound" for row in rows)


def _ids(rows: list[SourceRow]) -> str:
    return ",".join(str(row.entry_id) for row in rows)


def _success_message(kind: str, count: int) -> str:
    if kind == "remove":
        return ngettext("%(count)d entry removed.", "%(count)d entries removed.", count) % {"count": count}
    return ngettext("%(count)d entry changed.", "%(count)d entries changed.", count) % {"count": count}


(change_pages,) = of_both(_change)
