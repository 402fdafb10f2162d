"""Fields for the inputs that a CI file declares in `spec: inputs`."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from django import forms
from django.core.exceptions import ValidationError
from django.utils.text import capfirst
from django.utils.translation import gettext_lazy as _

from ci_config import InputSpec
from ci_config.document.scalars import as_text
from ci_config.errors import Invalid
from ci_config.inputs.input_spec import Choice
from ci_config.inputs.values import in_order
from jobs.forms.shared import with_unix_newlines

MAX_VALUE_LENGTH = 60_000
MAX_ROWS = 12
PREFIX = "input_"
BOOLEANS = ("true", "false")
FORMATS = {"array": _('A list as JSON, such as ["a", "b"].'), "number": _("A number.")}


class InputField(forms.CharField):
    """The text of one value; its clean value has the type of the input, and is None if there is none."""

    def __init__(self, spec: InputSpec, choice: Choice, initial: Any) -> None:
        self.spec, self.choice = spec, choice
        help_text = " · ".join(
            str(part) for part in (spec.description, FORMATS.get(spec.type), hint_at_rules(spec)) if part
        )
        super().__init__(
            label=spec.name,
            required=choice.is_required,
            strip=False,
            max_length=MAX_VALUE_LENGTH,
            initial=field_text(initial),
            help_text=help_text,
            widget=widget(spec, choice),
        )

    def clean(self, value: Any) -> Any:
        text = with_unix_newlines(str(super().clean(value)))
        if not text and (self.spec.type != "string" or self.choice.options is not None):
            return None
        given = self.spec.from_text(text)
        if problem := self.spec.problem(given, self.choice.options):
            raise ValidationError(capfirst(problem))
        return given


def hint_at_rules(spec: InputSpec) -> Any:
    return _("Depends on other inputs; show them again after a change.") if spec.rules else ""


def widget(spec: InputSpec, choice: Choice) -> forms.Widget:
    """A choice where the file lists options, and several lines for lists and for text that has them."""
    options = BOOLEANS if spec.type == "boolean" else choice.options
    if options is not None:
        texts = dict.fromkeys(field_text(option) for option in options)
        blank = [] if choice.default is not None else [("", "—")]
        return forms.Select(choices=[*blank, *((text, text) for text in texts)])
    rows = field_text(choice.default).count("\n") + 1
    if rows > 1 or spec.type == "array":
        return forms.Textarea(attrs={"rows": min(max(rows, 2), MAX_ROWS), "spellcheck": "false"})
    return forms.TextInput(attrs={"spellcheck": "false", **({"inputmode": "decimal"} if spec.type == "number" else {})})


def field_text(value: Any) -> str:
    """The value as text in a field."""
    return json.dumps(value, ensure_ascii=False) if isinstance(value, (list, dict)) else as_text(value)


class InputFieldsMixin(forms.Form):
    """A form with a field for each input. What the rules of one input say depends on the values of the others that
    were posted, so that the form is built anew from them."""

    input_names: dict[str, str]

    def add_input_fields(self, specs: Mapping[str, InputSpec], known: Mapping[str, Any]) -> None:
        """`known`: values that were chosen before, perhaps as text."""
        known = {name: spec.from_text(known[name]) for name, spec in specs.items() if name in known}
        self.input_names = {}
        values: dict[str, Any] = {}
        try:
            for spec in in_order(specs):
                field = input_field(spec, values, known)
                name = PREFIX + spec.name
                posted = self.data.get(name)
                values[spec.name] = spec.from_text(posted) if posted else known.get(spec.name, field.choice.default)
                self.fields[name] = field
        except Invalid:
            return  # the file is wrong, and says so when the pipeline is to start
        # In the order of the file, not in that of the rules.
        self.input_names = {PREFIX + name: name for name in specs}

    @property
    def input_fields(self) -> list[forms.BoundField]:
        return [self[field] for field in self.input_names]

    @property
    def submitted_inputs(self) -> dict[str, Any]:
        """The values that differ from what the file says anyway."""
        values = {}
        for field, name in self.input_names.items():
            value = self.cleaned_data[field]
            if field in self.data and value is not None and value != self.fields[field].choice.default:  # type: ignore[attr-defined]
                values[name] = value
        return values


def posted_inputs(data: Mapping[str, str]) -> dict[str, str]:
    """What a form holds for inputs, unchecked."""
    return {name.removeprefix(PREFIX): text for name, text in data.items() if name.startswith(PREFIX) and text}


def input_field(spec: InputSpec, others: Mapping[str, Any], known: Mapping[str, Any]) -> InputField:
    """Raises Invalid."""
    choice = spec.choice(others)
    return InputField(spec, choice, known.get(spec.name, choice.default))
