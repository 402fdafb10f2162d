"""The fields of a JSON body as rows of a table, from its schema in the API's description."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from django.utils.html import format_html, format_html_join
from django.utils.safestring import SafeString

Schema = dict[str, Any]

MAX_DEPTH = 2  # of fields in fields; further down only their types are told
_REFERENCE = "#/components/schemas/"
_CHOICES = ("oneOf", "anyOf", "allOf")


@dataclass(frozen=True)
class Field:
    """`name`: with those it lies in, as in `source.owners[].id`. `place`: of a parameter: path, query or header."""

    name: str
    type: str
    required: bool
    description: SafeString
    default: str = ""
    place: str = ""


def parameter_field(parameter: dict[str, Any], schemas: dict[str, Schema]) -> Field:
    required = parameter.get("required", False)
    schema = {"description": parameter.get("description", ""), **_resolve(parameter["schema"], schemas)}
    return _field(parameter["name"], schema, required, schemas, place=parameter["in"])


def body_fields(schema: Schema, schemas: dict[str, Schema], prefix: str = "", depth: int = 1) -> Iterator[Field]:
    """Of an object, or of the objects in an array; those of any kind that a body may be of."""
    for name, (field, required) in _members(schema, schemas).items():
        yield _field(prefix + name, field, required, schemas)
        if depth < MAX_DEPTH:
            step = "[]." if _items(field, schemas) else "."
            yield from body_fields(field, schemas, prefix + name + step, depth + 1)


def type_text(schema: Schema, schemas: dict[str, Schema]) -> str:
    """`array of object`, `string or null`, `date-time`; the values where only some are taken."""
    schema = _resolve(schema, schemas)
    for word in _CHOICES:
        if word in schema:
            return " or ".join(dict.fromkeys(type_text(one, schemas) for one in schema[word]))
    if "enum" in schema:
        return " or ".join("null" if value is None else f'"{value}"' for value in schema["enum"])
    kinds = schema.get("type", "any")
    return " or ".join(_kind_text(kind, schema, schemas) for kind in ([kinds] if isinstance(kinds, str) else kinds))


def code_words(text: str) -> SafeString:
    """With what stands between backticks as code."""
    pieces = text.split("`")
    shapes = ("{}", "<code>{}</code>")
    return SafeString("".join(format_html(shapes[place % 2], piece) for place, piece in enumerate(pieces)))


def paragraphs(text: str) -> SafeString:
    return format_html_join("", "<p>{}</p>", ((code_words(one),) for one in text.split("\n\n") if one))


def _field(name: str, schema: Schema, required: bool, schemas: dict[str, Schema], place: str = "") -> Field:
    default = schema.get("default")
    text = "" if default is None else str(default).lower() if isinstance(default, bool) else str(default)
    return Field(name, type_text(schema, schemas), required, code_words(schema.get("description", "")), text, place)


def _kind_text(kind: str, schema: Schema, schemas: dict[str, Schema]) -> str:
    if kind == "array":
        return f"array of {type_text(schema.get('items', {}), schemas)}"
    if kind == "string":
        return str(schema.get("format", kind))
    return kind


def _resolve(schema: Schema, schemas: dict[str, Schema]) -> Schema:
    """What a reference leads to; what stands beside it stays."""
    while "$ref" in schema:
        beside = {word: value for word, value in schema.items() if word != "$ref"}
        schema = {**schemas[schema["$ref"].removeprefix(_REFERENCE)], **beside}
    return schema


def _items(schema: Schema, schemas: dict[str, Schema]) -> Schema:
    """The schema of what is in an array; empty for anything else."""
    items: Schema = _resolve(schema, schemas).get("items", {})
    return items


def _members(schema: Schema, schemas: dict[str, Schema]) -> dict[str, tuple[Schema, bool]]:
    """Name → the field's schema, and whether it is always there."""
    schema = _resolve(_items(schema, schemas) or schema, schemas)
    found: dict[str, tuple[Schema, bool]] = {}
    for one in (one for word in _CHOICES for one in schema.get(word, ())):
        found |= {name: member for name, member in _members(one, schemas).items() if name not in found}
    required = schema.get("required", ())
    own = schema.get("properties", {}).items()
    return found | {name: (_resolve(field, schemas), name in required) for name, field in own}
