"""What a change would have made of the last days, asked from the forms and confirmations that would make it."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast

from django import forms
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from projects.models import Group
from text.numbers import parse_number
from tokenaccess.access.id_or_path import IdOrPath
from tokenaccess.adapters.pages import PageRequest, current_user, form_page
from tokenaccess.allowlist.find_entry import entries_of
from tokenaccess.allowlist.targets import TargetName
from tokenaccess.errors import TokenAccessError
from tokenaccess.forms import MAX_PATH_LENGTH, PermissionsForm
from tokenaccess.models import Direction
from tokenaccess.models.list_entry import ListEntry
from tokenaccess.policy.actions import TargetKind
from tokenaccess.policy.levels import InboundMode
from tokenaccess.replay.changes import Proposals
from tokenaccess.replay.group_changes import GroupProposals
from tokenaccess.replay.replay import DEFAULT_HORIZON, HORIZONS, Change, Replay, replay_change
from tokenaccess.rules_file.errors import RulesFileError
from tokenaccess.rules_file.reader import read_document
from tokenaccess.views.entries.form import EntryForm
from tokenaccess.views.error_text import error_text
from tokenaccess.views.frame import of_both, render_token_access, target_of

MODES = {mode.name.lower(): mode for mode in InboundMode}
CHOICES = (
    ("enforced", gettext_lazy("Limit access to this project")),
    ("trial", gettext_lazy("Put the limit on trial")),
    ("open", gettext_lazy("Turn the limit off")),
    ("outbound_on", gettext_lazy("Limit access from this project")),
    ("outbound_off", gettext_lazy("Turn the outbound limit off")),
    ("add", gettext_lazy("Add to the allowlist")),
    ("remove", gettext_lazy("Remove from the allowlist")),
    ("add_outbound", gettext_lazy("Add to the outbound list")),
    ("remove_outbound", gettext_lazy("Remove from the outbound list")),
)
GROUP_CHOICES = (
    ("enforced", gettext_lazy("Enforce the limit below")),
    ("trial", gettext_lazy("Put them on trial at least")),
    ("open", gettext_lazy("Let each project decide")),
    ("ceiling_on", gettext_lazy("Make the list a ceiling")),
    ("ceiling_off", gettext_lazy("Take the ceiling away")),
    ("lock_on", gettext_lazy("Lock the projects below")),
    ("lock_off", gettext_lazy("Unlock them")),
    ("add", gettext_lazy("Add to the allowlist")),
    ("remove", gettext_lazy("Remove from the allowlist")),
)
OTHERS = (
    ("end", gettext_lazy("End the entry")),
    ("entry", gettext_lazy("Change the entry")),
    ("rules", gettext_lazy("A rules file")),
)
# Kind of change → what proposes it on or off.
SWITCHES = {"outbound": "limit_outbound", "ceiling": "set_ceiling", "lock": "set_lock"}
NAMING = frozenset({"add", "remove", "add_outbound", "remove_outbound"})


class ReplayForm(forms.Form):
    """What people ask on the page of replays."""

    change = forms.ChoiceField(label=gettext_lazy("Change"))
    path = forms.CharField(
        label=gettext_lazy("Project or group"),
        max_length=MAX_PATH_LENGTH,
        required=False,
        help_text=gettext_lazy("The full path of what is added or removed."),
    )
    days = forms.ChoiceField(
        label=gettext_lazy("Days"), choices=[(days, str(days)) for days in HORIZONS], required=False
    )

    def __init__(self, *args: Any, choices: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        field: Any = self.fields["change"]
        field.choices = choices

    def clean(self) -> dict[str, object]:
        values = super().clean() or self.cleaned_data
        if values.get("change") in NAMING and not values.get("path"):
            self.add_error("path", _("Enter the full path of a project or group."))
        return values


@form_page
def _page(request: PageRequest, **_address: str) -> HttpResponse:
    """GET: the form. POST answers; it changes nothing. `entry`: of what is removed or changed."""
    choices = GROUP_CHOICES if isinstance(target_of(request), Group) else CHOICES
    fresh = ReplayForm(initial={"days": DEFAULT_HORIZON}, choices=choices)
    if request.method != "POST":
        return _render(request, fresh, fresh)
    entry = _entry(request)
    if entry is None and "path" in request.POST:
        form = ReplayForm(request.POST, choices=choices)
        return _render(request, form, form, _replay(request, form, None) if form.is_valid() else None)
    values = request.POST.copy()
    values["path"] = "" if entry is None else entry.target.full_path
    question = ReplayForm(values, choices=[*choices, *OTHERS])  # of another form or a confirmation
    # Shown without its path, which may be hidden.
    return _render(request, question, fresh, _replay(request, question, entry) if question.is_valid() else None)


def _render(request: PageRequest, form: ReplayForm, shown: ReplayForm, found: Replay | None = None) -> HttpResponse:
    field: Any = form.fields["change"]
    change = dict(field.choices).get(form.data.get("change", ""), "")
    return render_token_access(request, "replay.html", form=form, replay_form=shown, replay=found, change=change)


def _entry(request: PageRequest) -> Any:
    pk = parse_number(request.POST.get("entry", ""))
    holder = target_of(request)
    rows = entries_of(holder).filter(pk=pk or 0)
    return rows.select_related(str(holder.kind), "target_project", "target_group").first()


def _replay(request: PageRequest, form: ReplayForm, entry: ListEntry | None) -> Replay | None:
    """None after adding the error to the form."""
    holder, user = target_of(request), current_user(request)
    proposals: Any = GroupProposals(holder, user) if isinstance(holder, Group) else Proposals(holder, user)
    try:
        change = _propose(request, proposals, form.cleaned_data, entry)
        days = int(form.cleaned_data["days"] or DEFAULT_HORIZON)
        return replay_change(holder, change, reader=user, days=days)
    except RulesFileError as error:
        form.add_error(None, str(error))
    except ValidationError as error:
        form.add_error(None, error)
    except TokenAccessError as error:
        is_named = entry is None and form.cleaned_data["path"]
        name = form.cleaned_data["path"] if is_named else _("what is listed")
        form.add_error("path" if is_named else None, error_text(error, name))
    return None


def _propose(request: PageRequest, proposals: Any, values: dict[str, str], entry: ListEntry | None) -> Change:
    """`proposals`: Proposals or GroupProposals, whose choices the form has."""
    kind, _sep, suffix = values["change"].partition("_")
    if kind in MODES:
        return cast(Change, proposals.set_mode(MODES[kind]))
    if kind in SWITCHES:
        return cast(Change, getattr(proposals, SWITCHES[kind])(suffix == "on"))
    if kind == "rules":
        return cast(Change, proposals.apply(read_document(request.POST.get("content", ""))))
    return _propose_entry(request, proposals, values, entry)


def _propose_entry(request: PageRequest, proposals: Any, values: dict[str, str], entry: ListEntry | None) -> Change:
    kind, _sep, suffix = values["change"].partition("_")
    direction = Direction.OUTBOUND if suffix else Direction.INBOUND
    named = TargetName(IdOrPath.of_path(values["path"].strip().strip("/")), TargetKind.PROJECT if suffix else None)
    if entry is not None:
        named, direction = TargetName(IdOrPath("id", entry.target.pk), entry.kind), Direction(entry.direction)
    makes: dict[str, Callable[[], Change]] = {
        "add": lambda: proposals.add(named, _permissions(request), direction),
        "remove": lambda: proposals.remove(named, direction),
        "end": lambda: proposals.end(named, direction),
        "entry": lambda: _propose_form(request, proposals, entry),
    }
    return makes[kind]()


def _propose_form(request: PageRequest, proposals: Any, entry: ListEntry | None) -> Change:
    """What the form of an entry would save. Raises ValidationError; TokenAccessError for an unknown owner."""
    if entry is None:
        raise Http404
    form = EntryForm(request.POST)
    if not form.is_valid():
        raise ValidationError([f"{form[name].label}: {text}" for name, texts in form.errors.items() for text in texts])
    return cast(Change, proposals.change(entry, form.grant, form.read_terms(entry.holder)))


def _permissions(request: PageRequest) -> list[str] | None:
    """As PermissionsForm has them; the default ones where there is none."""
    form = PermissionsForm(request.POST)
    return None if not form.is_valid() or form.grant["default_permissions"] else form.grant["permissions"]


(replay_pages,) = of_both(_page)
