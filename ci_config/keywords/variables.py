"""`variables`:

maps of names to values, or to maps with `expand`, and at the top level with `description` and `options`.
"""

from __future__ import annotations

import re
from typing import Any

from ci_config.document.scalars import as_text
from ci_config.document.tree import YamlList, YamlMap
from ci_config.errors import Location, describe, quote
from ci_config.jobs.expansion import RawText
from ci_config.keywords.token_access import check_token_access
from ci_config.validators import boolean, fields, list_of, mapping, name_problem, text

Variable = dict[str, Any]  # {"key", "value", "raw"?: True, "description"?, "options"?}
SHELL_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]*")


def scalar(value: Any, at: Location) -> str:
    if value is None or isinstance(value, (str, int, float)):
        return as_text(value)
    raise at.error(f"{describe(value)} should be a text, a number or true/false.")


def job_variables(value: Any, at: Location) -> list[Variable]:
    """`[{"key", "value", "raw"?}]` in order."""
    return variable_list(value, at, {"value": scalar, "expand": boolean})


def file_variables(value: Any, at: Location) -> list[Variable]:
    """The same, with `description` and `options` for the form of a new pipeline."""
    result = variable_list(
        value, at, {"value": scalar, "expand": boolean, "description": text, "options": list_of(scalar)}
    )
    for variable in result:
        options = variable.get("options")
        if options is not None and variable["value"] not in options:
            key = variable["key"]
            raise at.under(key, value.marks[key]).error(f"the value {quote(variable['value'])} is not in `options`.")
    return result


def variable_list(value: Any, at: Location, table: dict[str, Any]) -> list[Variable]:
    entries = mapping(value, at)
    return [variable(key, entries[key], at.under(key, mark), table) for key, mark in entries.marks.items()]


def variable(key: str, value: Any, at: Location, table: dict[str, Any]) -> Variable:
    if problem := variable_name_problem(key):
        raise at.error(problem)
    if not isinstance(value, YamlMap):
        plain = scalar(value, at)
        check_token_access(key, plain, at)
        return {"key": key, "value": plain}
    details = fields(value, at, table)
    check_token_access(key, details.get("value", ""), at.on(value.marks.get("value", at.mark)))
    raw = {} if details.pop("expand", True) else {"raw": True}
    return {"key": key, "value": details.pop("value", ""), **raw, **details}


def variable_name_problem(key: str) -> str:
    return name_problem(key) or ("" if key else "the variable's name is empty.")


def merge_layers(*layers: list[Variable]) -> list[Variable]:
    """The variables of all layers, one per name; later layers win."""
    return list({variable["key"]: variable for layer in layers for variable in layer}.values())


def values_by_key(variables: list[Variable]) -> dict[str, str]:
    """The values by key; a value in which `$` has no meaning is a RawText."""
    return {
        variable["key"]: RawText(variable["value"]) if variable.get("raw") else variable["value"]
        for variable in variables
    }


def matrix_values(key: str, value: Any, at: Location) -> list[str]:
    """The values of one variable in `parallel:matrix`: a single one, or a list."""
    if not isinstance(value, YamlList):
        return [matrix_value(key, value, at)]
    if not value:
        raise at.error("the list is empty.")
    return [matrix_value(key, item, at.on(mark)) for item, mark in zip(value, value.marks, strict=True)]


def matrix_value(key: str, value: Any, at: Location) -> str:
    plain = scalar(value, at)
    check_token_access(key, plain, at)
    return plain
