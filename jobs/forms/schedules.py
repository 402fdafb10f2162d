"""The form of a pipeline schedule."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from ci_config import InputSpec
from jobs.forms.inputs import InputFieldsMixin
from jobs.forms.shared import parse_variable_lines, variable_lines_field
from jobs.models import Schedule


class ScheduleForm(InputFieldsMixin):
    """When, on which ref, and with which inputs and variables pipelines start."""

    description = forms.CharField(label=_("Description"), max_length=255)
    cron = forms.CharField(
        label=_("Interval"),
        max_length=255,
        help_text=_("Five fields: minute, hour, day, month, day of the week. 0 3 * * 1-5 is 3:00 on weekdays."),
    )
    cron_timezone = forms.CharField(
        label=_("Time zone"),
        max_length=64,
        initial="UTC",
        help_text=_("For example UTC, Europe/Berlin or Pacific Time (US & Canada)."),
    )
    ref = forms.CharField(label=_("Branch or tag"), max_length=255)
    variables = variable_lines_field(_("One per line, as KEY=value. Only you can see them."))
    active = forms.BooleanField(label=_("Active"), required=False, initial=True)

    def __init__(
        self,
        *args: Any,
        refs: list[str],
        default: str,
        schedule: Schedule | None = None,
        inputs: Mapping[str, InputSpec] | None = None,
        **kwargs: Any,
    ) -> None:
        super().__init__(*args, **kwargs)
        self.kept_variables: list[dict[str, Any]] = []
        current = [schedule.ref] if schedule else []
        choices = [(ref, ref) for ref in dict.fromkeys([*current, *refs])]
        self.fields["ref"] = forms.ChoiceField(label=_("Branch or tag"), choices=choices, initial=default)
        if schedule is not None:
            # Variables that do not fit a line are kept unchanged; the API can change them.
            lines = [variable for variable in schedule.variables if _fits_line(variable)]
            self.kept_variables = [variable for variable in schedule.variables if not _fits_line(variable)]
            self.initial = {name: getattr(schedule, name) for name in self.fields}
            self.initial["variables"] = "\n".join(f"{line['key']}={line['value']}" for line in lines)
        self.add_input_fields(inputs or {}, schedule.input_values if schedule else {})

    def clean_variables(self) -> list[dict[str, Any]]:
        return [*self.kept_variables, *parse_variable_lines(self.cleaned_data["variables"])]

    def service_fields(self) -> dict[str, Any]:
        """The fields for `create_schedule` and `update_schedule`."""
        own = {name: value for name, value in self.cleaned_data.items() if name not in self.input_names}
        return {**own, "inputs": [{"name": name, "value": value} for name, value in self.submitted_inputs.items()]}

    @property
    def main_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.fields if name not in self.input_names]


def _fits_line(variable: dict[str, Any]) -> bool:
    """Whether `KEY=value` says all there is to the variable."""
    plain = variable.get("variable_type") != "file" and not variable.get("raw")
    return plain and len(variable["value"].splitlines()) <= 1
