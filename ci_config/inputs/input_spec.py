"""One entry of `spec: inputs`: its type and what it accepts."""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ci_config.conditions.patterns import BadPattern, compile_pattern
from ci_config.document.scalars import as_text
from ci_config.document.tree import Reference, YamlList, YamlMap
from ci_config.errors import Invalid, Location, comma_list, describe, quote
from ci_config.inputs.rules import InputRule, input_rules
from ci_config.keywords.variables import scalar
from ci_config.limits import MAX_INPUT_LENGTH, MAX_INPUT_OPTIONS
from ci_config.validators import Validator, choice, fields, list_of, mapping, name_problem, text

# What a value has to be, by type; `bool` is an `int` in Python, so numbers are told apart below.
TYPES: dict[str, tuple[type, ...]] = {"string": (str,), "number": (int, float), "boolean": (bool,), "array": (list,)}
ARTICLES = {"string": "a text", "number": "a number", "boolean": "true or false", "array": "a list"}
WITH_OPTIONS = ("string", "number")


@dataclass(frozen=True, slots=True)
class Choice:
    """What an input accepts beside its type, and what it is if nobody gives it, for certain values of the others."""

    options: tuple[Any, ...] | None = None
    default: Any = None
    is_required: bool = False


@dataclass(frozen=True, slots=True)
class InputSpec:
    """An input. `options` and `default` hold unless `rules` decide about them by the values of other inputs."""

    name: str
    at: Location
    type: str = "string"
    description: str = ""
    regex: str = ""
    has_default: bool = False
    default: Any = None
    options: tuple[Any, ...] | None = None
    rules: tuple[InputRule, ...] = ()

    @property
    def is_required(self) -> bool:
        """Whether somebody has to give it, whatever the others are."""
        return not self.has_default and not self.rules

    @property
    def needs(self) -> frozenset[str]:
        """The inputs that its rules look at."""
        return frozenset(name for rule in self.rules for name in rule.inputs)

    def choice(self, values: Mapping[str, Any]) -> Choice:
        """`values`: those of the inputs that it needs. Raises Invalid."""
        if not self.rules:
            return Choice(self.options, self.default, not self.has_default)
        for rule in self.rules:
            if rule.matches(values):
                # `default: null` is for a value that somebody has to give.
                return Choice(rule.options, rule.default, rule.default is None)
        return Choice()

    def check(self, value: Any, options: tuple[Any, ...] | None, at: Location) -> Any:
        """The value, if it is one of this input. Raises Invalid."""
        self.check_type(value, at)
        if options is not None and not any(is_same(value, option) for option in options):
            known = comma_list([as_text(option) for option in options])
            raise at.error(f"{describe(value)} should be one of: {known}.")
        if self.regex and not compile_pattern(self.regex).search(value):
            raise at.error(f"{describe(value)} should match the regular expression {quote(self.regex)}.")
        return value

    def problem(self, value: Any, options: tuple[Any, ...] | None) -> str:
        """What is wrong with a value, as a clause; empty if nothing is."""
        try:
            self.check(value, options, self.at)
        except Invalid as error:
            return error.clause
        return ""

    def check_type(self, value: Any, at: Location) -> None:
        if not isinstance(value, TYPES[self.type]) or isinstance(value, bool) is not (self.type == "boolean"):
            hint = "; put it in quotes" if self.type == "string" and isinstance(value, (int, float)) else ""
            raise at.error(f"{describe(value)} should be {ARTICLES[self.type]}{hint}.")
        if isinstance(value, str) and len(value) > MAX_INPUT_LENGTH:
            raise at.error(f"the text is longer than {MAX_INPUT_LENGTH:,} characters.")
        if isinstance(value, list):
            check_items(value, at)

    def from_text(self, value: Any) -> Any:
        """A value that a form or an address brought as text, as its type: `3`, `true`, `["a"]`. Others stay."""
        if not isinstance(value, str) or self.type == "string":
            return value
        try:
            parsed = json.loads(value)
        except (ValueError, RecursionError):
            return value
        return parsed if isinstance(parsed, TYPES[self.type]) else value


def is_same(value: Any, option: Any) -> bool:
    return bool(value == option and isinstance(value, bool) is isinstance(option, bool))


def check_items(value: Any, at: Location) -> None:
    """Raise Invalid for a list that holds what stands for something else."""
    if isinstance(value, Reference):
        raise at.error("the list holds `!reference`, which cannot stand in the value of an input.")
    if isinstance(value, (list, dict)):
        for item in value.values() if isinstance(value, dict) else value:
            check_items(item, at)


def input_specs(value: Any, at: Location) -> dict[str, InputSpec]:
    """`spec: inputs`, by name."""
    entries = mapping(value, at)
    return {name: input_spec(name, entries[name], at.under(name, mark)) for name, mark in entries.marks.items()}


def input_spec(name: str, value: Any, at: Location) -> InputSpec:
    if problem := name_problem(name) or ("" if name else "the input's name is empty."):
        raise at.error(problem)
    if value is None:
        return InputSpec(name, at)
    entries = mapping(value, at)
    details = fields(entries, at, INPUT_KEYS)
    if clash := [key for key in ("options", "default") if "rules" in details and key in entries]:
        raise at.under(clash[0]).error("it stands in the `rules` of an input that has them.")
    spec = InputSpec(
        name,
        at,
        type=details.get("type", "string"),
        description=details.get("description", ""),
        regex=details.get("regex", ""),
        has_default="default" in entries,
        default=entries.get("default"),
        options=None if details.get("options") is None else tuple(details["options"]),
        rules=tuple(details.get("rules", ())),
    )
    check_spec(spec)
    return spec


def check_spec(spec: InputSpec) -> None:
    """Check that options and defaults are values of the input. Raises Invalid."""
    if spec.regex and spec.type != "string":
        raise spec.at.under("regex").error("only an input of type string can have one.")
    check_choice(spec, spec.options, spec.default, spec.at)
    for rule in spec.rules:
        check_choice(spec, rule.options, rule.default, rule.at)


def check_choice(spec: InputSpec, options: tuple[Any, ...] | None, default: Any, at: Location) -> None:
    if options is not None and spec.type not in WITH_OPTIONS:
        raise at.under("options").error("only inputs of type string and number can have them.")
    for option in options or ():
        spec.check_type(option, at.under("options"))
    if default is not None:
        spec.check(default, options, at.under("default"))


def regular_expression(value: Any, at: Location) -> str:
    source = text(value, at)
    try:
        compile_pattern(source)
    except BadPattern as error:
        raise at.error(f"{error}.") from error
    return source


def anything(value: Any, at: Location) -> Any:
    return value


def option(value: Any, at: Location) -> Any:
    if value is None or isinstance(value, (YamlList, YamlMap, Reference)):
        raise at.error(f"{describe(value)} should be a text or a number.")
    return value


options: Validator[list[Any]] = list_of(option, max_items=MAX_INPUT_OPTIONS)
INPUT_KEYS: dict[str, Validator[Any]] = {
    "type": choice(*TYPES),
    "description": scalar,
    "default": anything,
    "options": options,
    "regex": regular_expression,
    "rules": input_rules(options),
}
