"""The form of a package protection rule."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from resources.packages.formats.table import FORMATS
from resources.packages.protection.services import MAX_PATTERN
from tokenaccess.policy.levels import Role

PUSH_LABELS = {
    0: _("Developers and higher roles"),
    Role.MAINTAINER.value: _("Maintainers and owners"),
    Role.OWNER.value: _("Owners"),
}
DELETE_LABELS = {0: _("Maintainers and owners"), Role.OWNER.value: _("Owners")}


class ProtectionRuleForm(forms.Form):
    """The cleaned data are the arguments of `protection.create_rule`."""

    kind = forms.ChoiceField(label=_("Type"), choices=[(row.kind, _(row.label)) for row in FORMATS.values()])
    name_pattern = forms.CharField(
        label=_("Name or pattern"),
        max_length=MAX_PATTERN,
        help_text=_("* matches anything, as in @acme/*."),
        widget=forms.TextInput(attrs={"autocapitalize": "none", "spellcheck": "false", "autocomplete": "off"}),
    )
    min_push_role = forms.TypedChoiceField(
        label=_("Who may publish"), choices=list(PUSH_LABELS.items()), coerce=int, initial=Role.MAINTAINER.value
    )
    min_delete_role = forms.TypedChoiceField(
        label=_("Who may delete"), choices=list(DELETE_LABELS.items()), coerce=int, initial=0
    )

    def clean(self) -> dict[str, Any]:
        values: dict[str, Any] = super().clean() or {}
        if values.get("min_push_role") == values.get("min_delete_role") == 0:
            raise forms.ValidationError(_("Choose who may publish or who may delete: this rule would protect nothing."))
        return values
