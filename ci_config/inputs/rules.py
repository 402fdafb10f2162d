"""`spec: inputs: NAME: rules`: options and a default that depend on the values of other inputs."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ci_config.conditions.expressions import Expression, parse
from ci_config.conditions.tokens import BadExpression
from ci_config.document.scalars import as_text
from ci_config.document.tree import YamlMap
from ci_config.errors import Location, quote
from ci_config.validators import Validator, fields, list_of, text

# In a condition: texts and patterns, which stay; inputs; and words that elsewhere would need quotes.
PART = re.compile(
    r"(?P<kept>\"[^\"]*\"|'[^']*'|/(?:[^/\\\n]|\\.)+/)"
    r"|\$\[\[\s*inputs\.(?P<input>[^\s\[\]|]+)\s*\]\]"
    r"|(?P<variable>\$\w+)"
    r"|\b(?P<word>\d+(?:\.\d+)?)\b"
)
MAX_RULES = 100


@dataclass(frozen=True, slots=True)
class InputRule:
    """A rule; without a condition it always matches. `inputs`: the names in its condition, in order."""

    at: Location
    condition: Expression | None = None
    inputs: tuple[str, ...] = ()
    options: tuple[Any, ...] | None = None
    default: Any = None

    def matches(self, values: Mapping[str, Any]) -> bool:
        """`values`: of the inputs in its condition. Raises Invalid."""
        if self.condition is None:
            return True
        known = {f"input{number}": values.get(name) for number, name in enumerate(self.inputs)}
        operands: dict[str, Any] = {
            key: value if isinstance(value, bool) else as_text(value)
            for key, value in known.items()
            if isinstance(value, (str, int, float))
        }
        try:
            return self.condition.holds(operands)
        except BadExpression as error:
            raise self.at.under("if").error(f"{error}.") from error


def input_rules(options: Validator[list[Any]]) -> Validator[list[InputRule]]:
    """`options`: reads the options of a rule."""
    return list_of(lambda value, at: input_rule(value, at, options), max_items=MAX_RULES)


def input_rule(value: Any, at: Location, options: Validator[list[Any]]) -> InputRule:
    details = fields(value, at, {"if": condition, "options": options, "default": lambda value, at: value})
    has_default = isinstance(value, YamlMap) and "default" in value
    if "options" not in details and not has_default:
        raise at.error("a rule sets `options` or a `default`.")
    expression, names = details.get("if", (None, ()))
    return InputRule(
        at,
        expression,
        names,
        tuple(details["options"]) if "options" in details else None,
        details.get("default"),
    )


def condition(value: Any, at: Location) -> tuple[Expression, tuple[str, ...]]:
    """The condition, with the inputs in it as variables `$input0`, `$input1`…, and their names."""
    names: list[str] = []

    def replace(part: re.Match[str]) -> str:
        if part["variable"]:
            raise at.error(f"{quote(part['variable'])} is no input; such rules know only `$[[ inputs.name ]]`.")
        if part["input"]:
            if part["input"] not in names:
                names.append(part["input"])
            return f"$input{names.index(part['input'])}"
        return f'"{part["word"]}"' if part["word"] else part[0]

    try:
        return parse(PART.sub(replace, text(value, at))), tuple(names)
    except BadExpression as error:
        raise at.error(f"{error}.") from error
