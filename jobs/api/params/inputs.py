"""What requests may say that give values to `spec: inputs` of a CI file."""

from __future__ import annotations

from typing import Any

import orjson
from drf_spectacular.utils import extend_schema_field

from api.input.fields import Anything
from jobs.models.schedule import MAX_INPUTS

MAX_NAME_LENGTH = 255
MAX_INPUTS_LENGTH = 1024 * 1024  # bytes of JSON
MAX_DEPTH = 20
_VALUE: dict[str, Any] = {
    "oneOf": [
        {"type": "string"},
        {"type": "number"},
        {"type": "boolean"},
        {"type": "array", "items": {"x-free-form": "items of a list are texts, numbers, lists or maps"}},
    ]
}


def is_name(name: Any) -> bool:
    return isinstance(name, str) and 0 < len(name) <= MAX_NAME_LENGTH and _is_text(name)


def is_value(value: Any, depth: int = 0) -> bool:
    """Whether it can be the value of an input, or an item of one: text, number, true or false, lists and maps."""
    if depth > MAX_DEPTH:
        return False
    if isinstance(value, list):
        return all(is_value(item, depth + 1) for item in value)
    if isinstance(value, dict) and depth:
        return all(is_name(key) and is_value(item, depth + 1) for key, item in value.items())
    return _is_text(value) if isinstance(value, str) else isinstance(value, (bool, int, float)) or bool(depth)


def _is_text(value: str) -> bool:
    return "\0" not in value and not any("\ud800" <= character <= "\udfff" for character in value)


def is_short(values: Any) -> bool:
    try:
        return len(orjson.dumps(values)) <= MAX_INPUTS_LENGTH
    except (TypeError, ValueError):  # a number that is too large for JSON
        return False


@extend_schema_field({"type": "object", "maxProperties": MAX_INPUTS, "additionalProperties": _VALUE})
class InputMap(Anything):
    """`{"name": value}`, or `inputs[name]=value` in a form, where numbers and lists are text."""

    def to_internal_value(self, data: Any) -> dict[str, Any]:
        if data in ("", []):
            return {}
        if not isinstance(data, dict) or not all(is_name(name) and is_value(data[name]) for name in data):
            self.fail("invalid")
        if len(data) > MAX_INPUTS or not is_short(data):
            self.fail("invalid")
        return data


_ENTRY: dict[str, Any] = {
    "type": "object",
    "properties": {"name": {"type": "string"}, "value": _VALUE, "destroy": {"type": "boolean"}},
    "required": ["name"],
}


@extend_schema_field({"type": "array", "items": _ENTRY})
class InputChanges(Anything):
    """`[{"name", "value"}]`; with `destroy` instead of a value the input is taken off the schedule."""

    def to_internal_value(self, data: Any) -> list[dict[str, Any]]:
        if data == "":
            return []
        if not isinstance(data, list) or len(data) > 2 * MAX_INPUTS or not is_short(data):
            self.fail("invalid")
        return [self._entry(entry) for entry in data]

    def _entry(self, entry: Any) -> dict[str, Any]:
        if not isinstance(entry, dict) or entry.keys() - {"name", "value", "destroy", "_destroy"}:
            self.fail("invalid")
        name, destroy = entry.get("name"), entry.get("destroy", entry.get("_destroy", False))
        if not is_name(name) or destroy not in (True, False, "true", "false"):
            self.fail("invalid")
        if destroy in (True, "true"):
            return {"name": name}
        if "value" not in entry or not is_value(entry["value"]):
            self.fail("invalid")
        return {"name": name, "value": entry["value"]}
