"""Forms of pipelines, runners and CI variables."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.translation import gettext_lazy as _

from jobs.models import CiVariable, Runner, Schedule
from jobs.models.variable import EVERYWHERE, VariableType
from jobs.services.runners import LEAST_TIMEOUT

_KEY = re.compile(r"[A-Za-z0-9_]{1,255}\Z")


def variables_in(text: str) -> list[dict[str, str]]:
    """Lines of `KEY=value`. Raises ValidationError."""
    found = []
    for line in text.splitlines():
        if not line.strip():
            continue
        key, separator, value = line.partition("=")
        if not separator or not _KEY.match(key.strip()):
            raise ValidationError(_("%(line)s is no KEY=value."), params={"line": line[:60]})
        found.append({"key": key.strip(), "value": value, "variable_type": "env_var"})
    return found


def _lines_of_variables(help_text: Any) -> forms.CharField:
    """Read by `variables_in`."""
    return forms.CharField(
        label=_("Variables"),
        required=False,
        strip=False,
        max_length=60_000,
        widget=forms.Textarea(attrs={"rows": 4, "spellcheck": "false"}),
        help_text=help_text,
    )


class PipelineForm(forms.Form):
    """A ref, a field for each variable that the CI file offers there, and more variables as lines `KEY=value`.

    `offered`: of the file's variables those with `description` or `options` (jobs.config.Compiled.variables).
    """

    ref = forms.CharField(label=_("Branch or tag"), max_length=255)
    variables = _lines_of_variables(_("One per line, as KEY=value. They count for this pipeline only."))

    def __init__(self, *args: Any, refs: list[str], offered: Sequence[Mapping[str, Any]] = (), **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["ref"] = forms.ChoiceField(
            label=_("Branch or tag"), choices=[(ref, ref) for ref in dict.fromkeys(refs)]
        )
        self.offered = {f"file_{one['key']}": one for one in offered}
        self.fields.update({name: _offered(one) for name, one in self.offered.items()})

    @property
    def offered_fields(self) -> list[forms.BoundField]:
        return [self[name] for name in self.offered]

    def clean_variables(self) -> list[dict[str, str]]:
        return variables_in(self.cleaned_data["variables"])

    @property
    def given(self) -> list[dict[str, str]]:
        """What was changed of the file's variables, and the lines, which count more."""
        told = ((one, self.cleaned_data[name]) for name, one in self.offered.items() if name in self.data)
        changed = [
            {"key": one["key"], "value": value, "variable_type": "env_var"}
            for one, answer in told
            if (value := answer.replace("\r\n", "\n")) != one["value"]
        ]
        return [*changed, *self.cleaned_data["variables"]]


def _offered(variable: Mapping[str, Any]) -> forms.Field:
    told = {
        "label": variable["key"],
        "help_text": variable.get("description", ""),
        "initial": variable["value"],
        "required": False,
    }
    if options := variable.get("options"):
        choices = [(one, one) for one in dict.fromkeys(options)]
        return forms.ChoiceField(choices=choices, **told)
    rows = variable["value"].count("\n") + 1
    widget = forms.Textarea(attrs={"rows": min(rows, 12)}) if rows > 1 else forms.TextInput()
    widget.attrs["spellcheck"] = "false"
    return forms.CharField(strip=False, max_length=60_000, widget=widget, **told)


class PlayForm(forms.Form):
    """Variables for one job that waits to be played, as lines `KEY=value`."""

    variables = _lines_of_variables(_("One per line, as KEY=value. They count for this job only."))

    def clean_variables(self) -> list[dict[str, str]]:
        return variables_in(self.cleaned_data["variables"])


class LintForm(forms.Form):
    """A CI file to be tried, as if it was pushed to a branch or tag."""

    content = forms.CharField(
        label=_("Content of the CI file"),
        strip=False,
        max_length=1024 * 1024,
        widget=forms.Textarea(attrs={"rows": 18, "spellcheck": "false", "class": "font-monospace"}),
    )
    ref = forms.CharField(
        label=_("As if pushed to"),
        required=False,
        max_length=1024,
        help_text=_("A branch or tag; its files can be included. Empty: the default branch."),
    )

    def clean_content(self) -> str:
        """Browsers send lines as a typewriter would end them."""
        return str(self.cleaned_data["content"]).replace("\r\n", "\n")


class RunnerForm(forms.ModelForm):
    tag_list = forms.CharField(
        label=_("Tags"),
        required=False,
        max_length=2000,
        help_text=_("Separated by commas. A job goes only to a runner that has all of the job's tags."),
    )
    maximum_timeout = forms.IntegerField(
        label=_("Longest job, in seconds"),
        required=False,
        min_value=LEAST_TIMEOUT,
        max_value=2**31 - 1,
        help_text=_("At least 600. Empty: what the project allows."),
    )

    class Meta:
        model = Runner
        fields = ("description", "tag_list", "run_untagged", "access_level", "maximum_timeout", "paused")
        labels = {
            "description": _("Description"),
            "run_untagged": _("Take jobs without tags, too"),
            "access_level": _("Serve"),
            "paused": _("Paused: takes no new job"),
        }

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        if self.instance.pk:
            self.initial["tag_list"] = ", ".join(self.instance.tag_list)

    def clean_tag_list(self) -> list[str]:
        return [tag.strip() for tag in self.cleaned_data["tag_list"].split(",") if tag.strip()]

    def _post_clean(self) -> None:
        """The services validate and write; the form's instance stays as it is in the database."""

    def settings(self) -> dict[str, Any]:
        return {name: value for name, value in self.cleaned_data.items() if name in self.Meta.fields}


class VariableForm(forms.Form):
    """A CI variable. One that is there already keeps its key; the value of a masked one is not shown."""

    key = forms.CharField(label=_("Key"), max_length=255, help_text=_("Letters, digits and _."))
    value = forms.CharField(
        label=_("Value"),
        required=False,
        strip=False,
        max_length=10_000,
        widget=forms.Textarea(attrs={"rows": 3, "spellcheck": "false", "autocomplete": "off"}),
    )
    variable_type = forms.ChoiceField(
        label=_("Kind"),
        choices=VariableType.choices,
        help_text=_("A file: the job finds the path of a file with this content."),
    )
    environment_scope = forms.CharField(
        label=_("Environments"),
        max_length=255,
        initial=EVERYWHERE,
        help_text=_("The name of one, or a pattern such as review/*. A single * means every job."),
    )
    description = forms.CharField(label=_("Description"), max_length=255, required=False)
    protected = forms.BooleanField(
        label=_("Protected"), required=False, help_text=_("Only jobs on protected branches and tags get it.")
    )
    masked = forms.BooleanField(
        label=_("Masked"),
        required=False,
        help_text=_("Its value is hidden in logs: one line, 8 characters at least, without blanks."),
    )
    hidden = forms.BooleanField(
        label=_("Masked and hidden"),
        required=False,
        help_text=_("Nobody is shown the value again, here or through the API. This cannot be undone."),
    )
    expanded = forms.BooleanField(
        label=_("Fill in other variables"), required=False, initial=True, help_text=_("$NAME in the value is replaced.")
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
                self.fields["value"].help_text = _("Left empty, it stays as it is. The value is not shown.")

    def clean_value(self) -> str:
        """Browsers send lines as a typewriter would end them."""
        return str(self.cleaned_data["value"]).replace("\r\n", "\n")

    def for_new(self) -> dict[str, Any]:
        given = dict(self.cleaned_data)
        given["raw"] = not given.pop("expanded")
        return given

    def for_change(self) -> dict[str, Any]:
        given = dict(self.cleaned_data)
        given["raw"] = not given.pop("expanded")
        if self.variable is not None and self.variable.masked and not given["value"]:
            given["value"] = None
        return given

    def take(self, error: Exception) -> None:
        """Shows what the service refused, at the field it is about."""
        if not isinstance(error, ValidationError):
            self.add_error("value", _("The old value cannot be read any more. Give it a new one."))
            return
        for field, messages in error.message_dict.items():
            for message in messages:
                self.add_error(field if field in self.fields else None, message)


class ScheduleForm(forms.Form):
    """When, on which ref and with which variables pipelines start."""

    description = forms.CharField(label=_("What it is for"), max_length=255)
    cron = forms.CharField(
        label=_("When"),
        max_length=255,
        help_text=_("Five fields: minute, hour, day, month, day of the week. 0 3 * * 1-5 is 3:00 on working days."),
    )
    cron_timezone = forms.CharField(
        label=_("Time zone"), max_length=64, initial="UTC", help_text=_("For instance UTC or Europe/Berlin.")
    )
    ref = forms.CharField(label=_("Branch or tag"), max_length=255)
    variables = _lines_of_variables(_("One per line, as KEY=value. Only you are shown them."))
    active = forms.BooleanField(label=_("Active"), required=False, initial=True)

    def __init__(
        self, *args: Any, refs: list[str], default: str, schedule: Schedule | None = None, **kwargs: Any
    ) -> None:
        super().__init__(*args, **kwargs)
        self.kept: list[dict[str, Any]] = []
        here = [schedule.ref] if schedule else []
        choices = [(ref, ref) for ref in dict.fromkeys([*here, *refs])]
        self.fields["ref"] = forms.ChoiceField(label=_("Branch or tag"), choices=choices, initial=default)
        if schedule is not None:
            # What a line cannot hold is kept as it is; the API changes it.
            lines = [one for one in schedule.variables if _is_line(one)]
            self.kept = [one for one in schedule.variables if not _is_line(one)]
            self.initial = {name: getattr(schedule, name) for name in self.fields}
            self.initial["variables"] = "\n".join(f"{one['key']}={one['value']}" for one in lines)

    def clean_variables(self) -> list[dict[str, Any]]:
        return [*self.kept, *variables_in(self.cleaned_data["variables"])]

    def fields_given(self) -> dict[str, Any]:
        return dict(self.cleaned_data)

    def take(self, error: ValidationError) -> None:
        """Shows what the service refused, at the field it is about."""
        for field, messages in error.message_dict.items():
            for message in messages:
                self.add_error(field if field in self.fields else None, message)


def _is_line(variable: dict[str, Any]) -> bool:
    plain = variable.get("variable_type") != "file" and not variable.get("raw")
    return plain and len(variable["value"].splitlines()) <= 1
