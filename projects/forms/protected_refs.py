"""Forms for protected branches and tags."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from projects.models import ProtectedRef
from tokenaccess.policy.levels import Role

LEVELS = [
    (Role.MAINTAINER.value, _("Maintainers")),
    (Role.DEVELOPER.value, _("Developers and maintainers")),
    (0, _("Nobody")),
]
LEVEL_LABELS = dict(LEVELS)


def _level(label: Any, help_text: Any = "") -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        label=label, choices=LEVELS, coerce=int, initial=Role.MAINTAINER.value, help_text=help_text
    )


class ProtectionForm(forms.Form):
    """The cleaned data are the arguments of services.protect."""

    name = forms.CharField(
        label=_("Name or pattern"),
        max_length=255,
        help_text=_("* matches anything, as in release/*."),
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false", "autocomplete": "off"}),
    )
    push_level = _level(_("Who may push"))


class _BranchFields(forms.Form):
    push_level = _level(_("Who may push"), _("They may also create a branch with such a name."))
    merge_level = _level(
        _("Who may run pipelines"),
        _("Users who may push always may. The API calls this the right to merge."),
    )
    allow_force_push = forms.BooleanField(label=_("Allow force push for users who may push"), required=False)


class _TagFields(forms.Form):
    push_level = _level(
        _("Who may create it"), _("They may also run pipelines for it. A protected tag cannot be moved.")
    )


class ProtectedBranchForm(_BranchFields, ProtectionForm):
    field_order = ["name"]


class ProtectedTagForm(_TagFields, ProtectionForm):
    field_order = ["name"]


class RulesForm(forms.Form):
    """Of a protection that is there: all but its name."""

    def __init__(self, *args: Any, protected: ProtectedRef, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in (_TagFields if protected.tag else _BranchFields)().fields.items():
            self.fields[name] = field
            self.initial[name] = getattr(protected, name)
