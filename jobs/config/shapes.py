"""Readers of the plain shapes: text, lists, numbers, maps with known keys. Each takes a value and its place, gives the
value in its final form, or raises Invalid."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, TypeVar

from jobs.config.durations import seconds
from jobs.config.errors import Place, described, listed, quoted, suggestion
from jobs.config.limits import LIST_DEPTH, NAME
from jobs.config.tree import Map, Seq

T = TypeVar("T")
Reader = Callable[[Any, Place], T]


def text(value: Any, at: Place) -> str:
    if isinstance(value, str) and value:
        return value
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        raise at.wrong(f"{described(value)} should be a text; put it in quotes.")
    raise at.wrong(f"{described(value)} should be a text.")


def name(value: Any, at: Place) -> str:
    if problem := unfit_name(text(value, at)):
        raise at.wrong(problem)
    return str(value)


def unfit_name(given: str) -> str:
    if len(given) > NAME:
        return f"the name is longer than {NAME} characters."
    if any(ord(character) < 32 or ord(character) == 127 for character in given):
        return "the name holds a line break or another control character."
    return ""


def boolean(value: Any, at: Place) -> bool:
    if isinstance(value, bool):
        return value
    raise at.wrong(f"{described(value)} should be true or false.")


def integer(low: int, high: int) -> Reader[int]:
    def read(value: Any, at: Place) -> int:
        if isinstance(value, int) and not isinstance(value, bool) and low <= value <= high:
            return value
        raise at.wrong(f"{described(value)} should be a whole number from {low} to {high}.")

    return read


def choice(*options: str) -> Reader[str]:
    def read(value: Any, at: Place) -> str:
        if isinstance(value, str) and value in options:
            return value
        hint = suggestion(value, options) if isinstance(value, str) else ""
        raise at.wrong(f"{described(value)} should be one of: {listed(options)}{hint or '.'}")

    return read


def duration(longest: int, longest_shown: str) -> Reader[int]:
    """Seconds of `1h 30m`; a number alone counts seconds."""

    def read(value: Any, at: Place) -> int:
        number = isinstance(value, int) and not isinstance(value, bool)
        length = seconds(str(value)) if number or isinstance(value, str) else None
        if length is None or length <= 0:
            raise at.wrong(f"{described(value)} should be a duration, such as “1h 30m” or “2 days”.")
        if length > longest:
            raise at.wrong(f"{quoted(value)} is longer than {longest_shown}.")
        return length

    return read


def list_of(reader: Reader[T], *, most: int | None = None, single: bool = False) -> Reader[list[T]]:
    """A list whose items `reader` reads; with `single`, one item may stand alone."""

    def read(value: Any, at: Place) -> list[T]:
        if not isinstance(value, Seq):
            if single and value is not None:
                return [reader(value, at)]
            raise at.wrong(f"{described(value)} should be a list.")
        if most is not None and len(value) > most:
            raise at.wrong(f"the list has {len(value)} entries; {most} are allowed.")
        return [reader(item, at.on(mark)) for item, mark in zip(value, value.marks, strict=True)]

    return read


def flat(value: Seq, at: Place, depth: int = 1) -> list[tuple[Any, Place]]:
    """The items of lists within lists, as `!reference` makes them."""
    if depth > LIST_DEPTH:
        raise at.wrong(f"lists stand in each other deeper than {LIST_DEPTH} levels.")
    items: list[tuple[Any, Place]] = []
    for item, mark in zip(value, value.marks, strict=True):
        items += flat(item, at.on(mark), depth + 1) if isinstance(item, Seq) else [(item, at.on(mark))]
    return items


def fields(
    value: Any,
    at: Place,
    table: Mapping[str, Reader[Any]],
    *,
    required: Sequence[str] = (),
    later: Sequence[str] = (),
) -> dict[str, Any]:
    """The entries of a map, each read by its line of the table; entries that are empty in the file are left out."""
    check_keys(a_map(value, at), at, table, later)
    found = {key: table[key](item, at.under(key, value.marks[key])) for key, item in value.items() if item is not None}
    if missing := [key for key in required if key not in found]:
        raise at.wrong(f"{listed(missing)} is missing.")
    return found


def a_map(value: Any, at: Place) -> Map:
    if isinstance(value, Map):
        return value
    raise at.wrong(f"{described(value)} should be a map.")


def check_keys(value: Map, at: Place, table: Mapping[str, Any], later: Sequence[str] = ()) -> None:
    for key, mark in value.marks.items():
        if key in later:
            raise at.under(key, mark).wrong("this keyword is not supported here yet; the file needs to do without it.")
        if key not in table:
            hint = suggestion(key, list(table))
            raise at.under(key, mark).wrong(f"unknown keyword{hint or f'; known here: {listed(sorted(table))}.'}")


words: Reader[list[str]] = list_of(text, single=True)
