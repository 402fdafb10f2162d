"""Validators of simple values: text, lists, numbers, maps with known keys.

Each takes a value and its location, and returns the value in its final form or raises Invalid.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from ci_config.document.tree import YamlList, YamlMap
from ci_config.durations import seconds
from ci_config.errors import Location, comma_list, describe, quote, suggestion
from ci_config.limits import MAX_LIST_DEPTH, MAX_NAME_LENGTH

T = TypeVar("T")
Validator = Callable[[Any, Location], T]


def text(value: Any, at: Location) -> str:
    if isinstance(value, str) and value:
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        raise at.error(f"{describe(value)} should be a text; put it in quotes.")
    raise at.error(f"{describe(value)} should be a text.")


def name(value: Any, at: Location) -> str:
    if problem := name_problem(text(value, at)):
        raise at.error(problem)
    return str(value)


def name_problem(candidate: str) -> str:
    if len(candidate) > MAX_NAME_LENGTH:
        return f"the name is longer than {MAX_NAME_LENGTH} characters."
    if any(ord(character) < 32 or ord(character) == 127 for character in candidate):
        return "the name holds a line break or another control character."
    return ""


def boolean(value: Any, at: Location) -> bool:
    if isinstance(value, bool):
        return value
    raise at.error(f"{describe(value)} should be true or false.")


def integer(low: int, high: int) -> Validator[int]:
    def read(value: Any, at: Location) -> int:
        if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
            return value
        raise at.error(f"{describe(value)} should be a whole number from {low} to {high}.")

    return read


def choice(*options: str) -> Validator[str]:
    def read(value: Any, at: Location) -> str:
        if isinstance(value, str) and value in options:
            return value
        hint = suggestion(value, options) if isinstance(value, str) else ""
        raise at.error(f"{describe(value)} should be one of: {comma_list(options)}{hint or '.'}")

    return read


def duration(maximum: int, maximum_text: str) -> Validator[int]:
    """A duration in seconds, such as `1h 30m`; the text `90` means seconds."""

    def read(value: Any, at: Location) -> int:
        length = seconds(value) if isinstance(value, str) else None
        if length is None or length <= 0:
            raise at.error(
                f"{describe(value)} should be a duration, such as “1h 30m” or “2 days”, or seconds in quotes."
            )
        if length > maximum:
            raise at.error(f"{quote(value)} is longer than {maximum_text}.")
        return length

    return read


def list_of(
    reader: Validator[T], *, max_items: int | None = None, single: bool = False, nested: bool = False
) -> Validator[list[T]]:
    """A list of items for `reader`.

    `single`: a single item is accepted without a list. `nested`: items may be in inner lists, as `!reference` creates
    them; each inner list counts as one item.
    """

    def read(value: Any, at: Location) -> list[T]:
        if not isinstance(value, YamlList):
            if single and value is not None:
                return [reader(value, at)]
            raise at.error(f"{describe(value)} should be a list.")
        if max_items is not None and len(value) > max_items:
            raise at.error(f"the list has {len(value)} entries; {max_items} are allowed.")
        if nested:
            return [reader(item, location) for item, location in flatten(value, at)]
        return [reader(item, at.on(mark)) for item, mark in zip(value, value.marks, strict=True)]

    return read


def flatten(value: YamlList, at: Location, depth: int = 1) -> list[tuple[Any, Location]]:
    """The items of nested lists, as `!reference` creates them."""
    if depth > MAX_LIST_DEPTH:
        raise at.error(f"lists stand in each other deeper than {MAX_LIST_DEPTH} levels.")
    items: list[tuple[Any, Location]] = []
    for item, mark in zip(value, value.marks, strict=True):
        items += flatten(item, at.on(mark), depth + 1) if isinstance(item, YamlList) else [(item, at.on(mark))]
    return items


def fields(
    value: Any,
    at: Location,
    table: Mapping[str, Validator[Any]],
    *,
    required: Sequence[str] = (),
) -> dict[str, Any]:
    """The entries of a map, each validated by its row of the table. Entries without a value are left out."""
    check_keys(mapping(value, at), at, table)
    result = {key: table[key](item, at.under(key, value.marks[key])) for key, item in value.items() if item is not None}
    if missing := [key for key in required if key not in result]:
        raise at.error(f"{comma_list(missing)} is missing.")
    return result


def mapping(value: Any, at: Location) -> YamlMap:
    if isinstance(value, YamlMap):
        return value
    raise at.error(f"{describe(value)} should be a map.")


def check_keys(value: YamlMap, at: Location, table: Mapping[str, Any]) -> None:
    for key, mark in value.marks.items():
        if key not in table:
            hint = suggestion(key, list(table))
            raise at.under(key, mark).error(f"unknown keyword{hint or f'; known here: {comma_list(sorted(table))}.'}")


text_list: Validator[list[str]] = list_of(text)
text_or_list: Validator[list[str]] = list_of(text, single=True)
