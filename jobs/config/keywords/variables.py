"""`variables`: names with texts, numbers or true/false; as a map with `expand`, and more at the top of the file."""

from __future__ import annotations

import re
from typing import Any

from jobs.config.errors import Place, described, quoted
from jobs.config.shapes import a_map, boolean, fields, list_of, text
from jobs.config.tree import Map, Seq

Variable = dict[str, Any]  # {"key", "value", "raw"?: True, "description"?, "options"?}
NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_]{0,254}")


def scalar(value: Any, at: Place) -> str:
    match value:
        case bool():
            return "true" if value else "false"
        case str() | int() | float():
            return str(value)
        case None:
            return ""
    raise at.wrong(f"{described(value)} should be a text, a number or true/false.")


def of_a_job(value: Any, at: Place) -> list[Variable]:
    """{key, value, raw?} for each, in order."""
    return read(value, at, {"value": scalar, "expand": boolean})


def of_the_file(value: Any, at: Place) -> list[Variable]:
    """As above, with what the form of a new pipeline shows."""
    found = read(value, at, {"value": scalar, "expand": boolean, "description": text, "options": list_of(scalar)})
    for variable in found:
        options = variable.get("options")
        if options is not None and variable["value"] not in options:
            key = variable["key"]
            raise at.under(key, value.marks[key]).wrong(f"the value {quoted(variable['value'])} is not in `options`.")
    return found


def read(value: Any, at: Place, table: dict[str, Any]) -> list[Variable]:
    found = a_map(value, at)
    return [entry(key, found[key], at.under(key, mark), table) for key, mark in found.marks.items()]


def entry(key: str, value: Any, at: Place, table: dict[str, Any]) -> Variable:
    if not NAME.fullmatch(key):
        raise at.wrong("a variable's name is made of letters, digits and _, and does not begin with a digit.")
    if not isinstance(value, Map):
        return {"key": key, "value": scalar(value, at)}
    details = fields(value, at, table)
    raw = {} if details.pop("expand", True) else {"raw": True}
    return {"key": key, "value": details.pop("value", ""), **raw, **details}


def layered(*layers: list[Variable]) -> list[Variable]:
    """One entry for each name; later layers win."""
    return list({variable["key"]: variable for layer in layers for variable in layer}.values())


def values(variables: list[Variable]) -> dict[str, str]:
    return {variable["key"]: variable["value"] for variable in variables}


def several(value: Any, at: Place) -> list[str]:
    """One value of `parallel:matrix`, or a list of them."""
    if isinstance(value, Seq):
        if not value:
            raise at.wrong("the list is empty.")
        return [scalar(item, at.on(mark)) for item, mark in zip(value, value.marks, strict=True)]
    return [scalar(value, at)]
