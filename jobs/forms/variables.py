"""The form of a CI variable."""

from __future__ import annotations

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from jobs.forms.shared import with_unix_newlines
from jobs.models import CiVariable
from jobs.models.variable import ANY_ENVIRONMENT, VariableType
from jobs.variables.services import MAX_VALUE_LENGTH


class VariableForm(forms.Form):
    """A CI variable. An existing one keeps its key, and the value of a masked one is not shown.

    `scoped`: False for variables of the instance, which have no environment scope. `value`: what to prefill.
    """

    key = forms.CharField(label=_("Key"), max_length=255, help_text=_("Letters, digits and _."))
    value = forms.CharField(
        label=_("Value"),
        required=False,
        strip=False,
        max_length=MAX_VALUE_LENGTH,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false", "autocomplete": "off"}),
    )
    variable_type = forms.ChoiceField(
        label=_("Type"),
        choices=VariableType.choices,
        help_text=_("For a file, the variable holds the path of a file with this content."),
    )
    environment_scope = forms.CharField(
        label=_("Environments"),
        max_length=255,
        initial=ANY_ENVIRONMENT,
        help_text=_("The name of an environment, or a pattern such as review/*. * matches all jobs."),
    )
    description = forms.CharField(label=_("Description"), max_length=255, required=False)
    protected = forms.BooleanField(
        label=_("Protected"), required=False, help_text=_("Available only to jobs on protected branches and tags.")
    )
    masked = forms.BooleanField(
        label=_("Masked"),
        required=False,
        help_text=_("Hides the value in logs. It must be a single line of at least 8 characters without spaces."),
    )
    hidden = forms.BooleanField(
        label=_("Masked and hidden"),
        required=False,
        help_text=_("The value is never shown again, neither here nor in the API. This cannot be undone."),
    )
    expanded = forms.BooleanField(
        label=_("Expand variable references"),
        required=False,
        initial=True,
        help_text=_("$NAME in the value is replaced."),
    )

    def __init__(
        self, *args: Any, scoped: bool = True, variable: CiVariable | None = None, value: str = "", **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.variable = variable
        if not scoped:
            del self.fields["environment_scope"]
        if variable is not None:
            del self.fields["key"], self.fields["hidden"]
            self.initial = {
                "value": value,
                "expanded": not variable.raw,
                **{name: getattr(variable, name) for name in self.fields if name not in {"value", "expanded"}},
            }
            if variable.hidden:
                del self.fields["masked"]
            if variable.masked:
                self.fields["value"].label = _("New value")
                self.fields["value"].help_text = _("Leave empty to keep the current value, which is not shown.")

    def clean_value(self) -> str:
        return with_unix_newlines(str(self.cleaned_data["value"]))

    def create_fields(self) -> dict[str, Any]:
        """The arguments for `create_variable`."""
        fields = dict(self.cleaned_data)
        fields["raw"] = not fields.pop("expanded")
        return fields

    def update_fields(self) -> dict[str, Any]:
        """The arguments for `update_variable`: a masked variable keeps its value when the field is left empty."""
        fields = self.create_fields()
        if self.variable is not None and self.variable.masked and not fields["value"]:
            fields["value"] = None
        return fields
