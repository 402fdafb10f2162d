"""Forms that start pipelines and manual jobs."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ci_config import InputSpec
from jobs.forms.inputs import InputFieldsMixin
from jobs.forms.shared import parse_variable_lines, variable_lines_field, with_unix_newlines

MAX_VALUE_LENGTH = 60_000
MAX_ROWS = 12


class PipelineForm(InputFieldsMixin):
    """A ref, a field for each input and variable that the CI file offers there, and more variables as `KEY=value`.

    `known_inputs`: values to show, perhaps as text.

    `offered`: the file's variables with `description` or `options` (jobs.pipelines.plan.prefilled_variables).
    """

    ref = forms.CharField(label=_("Branch or tag"), max_length=255)
    variables = variable_lines_field(_("One per line, as KEY=value. They apply to this pipeline only."))

    def __init__(
        self,
        *args: Any,
        refs: list[str],
        inputs: Mapping[str, InputSpec] | None = None,
        known_inputs: Mapping[str, Any] | None = None,
        offered: Sequence[Mapping[str, Any]] = (),
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.fields["ref"] = forms.ChoiceField(
            label=_("Branch or tag"), choices=[(ref, ref) for ref in dict.fromkeys(refs)]
        )
        self.prefilled = {f"file_{one['key']}": one for one in offered}
        self.fields.update({name: _prefilled_field(one) for name, one in self.prefilled.items()})
        self.add_input_fields(inputs or {}, known_inputs or {})

    @property
    def prefilled_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.prefilled]

    def clean_variables(self) -> list[dict[str, str]]:
        return parse_variable_lines(self.cleaned_data["variables"])

    @property
    def submitted_variables(self) -> list[dict[str, str]]:
        """The prefilled variables whose value was changed, then those given as lines: of equal keys the last counts."""
        changed = []
        for name, variable in self.prefilled.items():
            value = with_unix_newlines(self.cleaned_data[name])
            if name in self.data and value != variable["value"]:
                changed.append({"key": variable["key"], "value": value, "variable_type": "env_var"})
        return [*changed, *self.cleaned_data["variables"]]


def _prefilled_field(variable: Mapping[str, Any]) -> forms.Field:
    """A field for one variable: a choice where the file lists `options`, several lines where its value has them."""
    arguments = {
        "label": variable["key"],
        "help_text": variable.get("description", ""),
        "initial": variable["value"],
        "required": False,
    }
    if options := variable.get("options"):
        return forms.ChoiceField(choices=[(option, option) for option in dict.fromkeys(options)], **arguments)
    rows = variable["value"].count("\n") + 1
    widget = forms.Textarea(attrs={"rows": min(rows, MAX_ROWS)}) if rows > 1 else forms.TextInput()
    widget.attrs["spellcheck"] = "false"
    return forms.CharField(strip=False, max_length=MAX_VALUE_LENGTH, widget=widget, **arguments)


class PlayForm(forms.Form):
    """Variables for one manual job, as lines `KEY=value`."""

    variables = variable_lines_field(_("One per line, as KEY=value. They apply to this job only."))

    def clean_variables(self) -> list[dict[str, str]]:
        return parse_variable_lines(self.cleaned_data["variables"])
