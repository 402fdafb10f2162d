"""The form of an allowlist entry: permissions, what it is for, who answers for it, its end, and its conditions."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from projects.models import Group, Project
from tokenaccess.allowlist.display.conditions import LABELS, SOURCE_WORDS
from tokenaccess.allowlist.owners import find_owner
from tokenaccess.allowlist.services import Terms
from tokenaccess.errors import ErrorCode, TokenAccessError
from tokenaccess.forms import PermissionsForm
from tokenaccess.models.list_entry import MAX_REASON_LENGTH, ListEntry
from tokenaccess.policy.conditions import FLAGS, KEYS, PIPELINE_SOURCES


class LinesField(forms.CharField):
    """One value a line; a list."""

    def __init__(self, **options: Any) -> None:
        super().__init__(required=False, widget=forms.Textarea(attrs={"rows": 2, "spellcheck": "false"}), **options)

    def to_python(self, value: Any) -> Any:
        return [line.strip() for line in (super().to_python(value) or "").splitlines() if line.strip()]

    def prepare_value(self, value: Any) -> Any:
        return "\n".join(value) if isinstance(value, list) else value


class TermsForm(forms.Form):
    reason = forms.CharField(
        label=_("Reason"),
        required=False,
        max_length=MAX_REASON_LENGTH,
        widget=forms.Textarea(attrs={"rows": 2}),
        help_text=_("What the entry is for."),
    )
    owner = forms.CharField(
        label=_("Owner"),
        required=False,
        max_length=255,
        widget=forms.TextInput(attrs={"autocomplete": "off", "spellcheck": "false"}),
        help_text=_("The username of a member who answers for it."),
    )
    expires_at = forms.DateField(
        label=_("End date"),
        required=False,
        widget=forms.DateInput(attrs={"type": "date"}, format="%Y-%m-%d"),
        help_text=_("From this day on, in UTC, it admits nobody. It stays on the list and can be renewed."),
    )

    def read_terms(self, holder: Project | Group) -> Terms:
        """Raises TokenAccessError for an owner that is not there."""
        data = self.cleaned_data
        owner = find_owner(data["owner"], holder)
        return {"reason": data["reason"], "owner": owner, "expires_at": data["expires_at"]}

    @classmethod
    def initial_of(cls, entry: ListEntry) -> dict[str, Any]:
        owner = "" if entry.owner is None else entry.owner.username
        return {"reason": entry.reason, "owner": owner, "expires_at": entry.expires_at}


class EntryForm(PermissionsForm, TermsForm):
    """Of an inbound entry. The fields of its conditions have the names that the conditions have."""

    protected_refs = forms.BooleanField(label=LABELS["protected_refs"], required=False)
    no_forks = forms.BooleanField(label=LABELS["no_forks"], required=False)
    no_manual_retries = forms.BooleanField(label=LABELS["no_manual_retries"], required=False)
    branches = LinesField(
        label=LABELS["branches"], help_text=_("One name or pattern a line; * stands for any text, as in release/*.")
    )
    tags = LinesField(label=LABELS["tags"], help_text=_("With branches too, a job on either is admitted."))
    environments = LinesField(label=LABELS["environments"], help_text=_("Names or patterns, such as production/*."))
    pipeline_sources = forms.MultipleChoiceField(
        label=LABELS["pipeline_sources"],
        required=False,
        choices=[(name, SOURCE_WORDS[name]) for name in PIPELINE_SOURCES],
        widget=forms.CheckboxSelectMultiple,
        help_text=_("None chosen: anything."),
    )
    runner_tags = LinesField(label=LABELS["runner_tags"], help_text=_("The runner has one of them."))
    runner_networks = LinesField(
        label=LABELS["runner_networks"], help_text=_("From where it takes the job, such as 10.0.0.0/8.")
    )

    @property
    def flags(self) -> list[forms.BoundField]:
        return [self[name] for name in FLAGS]

    @property
    def lists(self) -> list[forms.BoundField]:
        return [self[name] for name in KEYS if name not in FLAGS]

    @property
    def has_conditions(self) -> bool:
        return any(self[name].value() or self[name].errors for name in KEYS)

    def read_terms(self, holder: Project | Group) -> Terms:
        conditions = {name: value for name in KEYS if (value := self.cleaned_data[name])}
        return {**super().read_terms(holder), "conditions": conditions}

    @classmethod
    def for_entry(cls, entry: ListEntry) -> EntryForm:
        permissions = PermissionsForm.for_entry(entry).initial
        return cls(initial={**permissions, **cls.initial_of(entry), **entry.conditions})


def add_term_error(form: forms.Form, error: TokenAccessError, words: str) -> None:
    """`words` below the field that the error begins with (`owner is not …`, `conditions: branches has …`), without
    the name of that field, which stands above it already."""
    name = error.message.removeprefix("conditions: ").partition(" ")[0]
    if error.code is not ErrorCode.INVALID or name not in form.fields:
        form.add_error(None, words)
        return
    rest = words.removeprefix("conditions: ").removeprefix(f"{name} ")
    form.add_error(name, rest[:1].upper() + rest[1:])
