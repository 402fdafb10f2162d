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
LEVEL_WORDS = dict(LEVELS)


def _level(label: Any, help_text: Any = "") -> forms.TypedChoiceField:
    return forms.TypedChoiceField(
        label=label, choices=LEVELS, coerce=int, initial=Role.MAINTAINER.value, help_text=help_text
    )


class ProtectionForm(forms.Form):
    """The cleaned data are the arguments of services.protect."""

    name = forms.CharField(
        label=_("Name or pattern"),
        max_length=255,
        help_text=_("* stands for anything, as in release/*."),
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false", "autocomplete": "off"}),
    )
    push_level = _level(_("Who may push"))


class _OfBranches(forms.Form):
    push_level = _level(_("Who may push"), _("Also who may create a branch of such a name."))
    merge_level = _level(
        _("Who may run pipelines"),
        _("Whoever may push may do so in any case. In the API it is the right to merge."),
    )
    allow_force_push = forms.BooleanField(label=_("Those who may push may overwrite it (force push)"), required=False)


class _OfTags(forms.Form):
    push_level = _level(_("Who may create it"), _("And run pipelines for it. Nobody moves a protected tag."))


class ProtectedBranchForm(_OfBranches, ProtectionForm):
    field_order = ["name"]


class ProtectedTagForm(_OfTags, ProtectionForm):
    field_order = ["name"]


class RulesForm(forms.Form):
    """Of a protection that is there: all but its name."""

    def __init__(self, *args: Any, protected: ProtectedRef, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        for name, field in (_OfTags if protected.tag else _OfBranches)().fields.items():
            self.fields[name] = field
            self.initial[name] = getattr(protected, name)
