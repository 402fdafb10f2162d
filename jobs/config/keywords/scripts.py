"""`script`, `before_script`, `after_script`: a text, or lists of texts within lists."""

from __future__ import annotations

from typing import Any

from jobs.config.errors import Place, described
from jobs.config.shapes import flat
from jobs.config.tree import Map, Seq


def lines(value: Any, at: Place) -> list[str]:
    if isinstance(value, str):
        return [value]
    if not isinstance(value, Seq):
        raise at.wrong(f"{described(value)} should be a text or a list of texts.")
    return [line(item, place) for item, place in flat(value, at)]


def some_lines(value: Any, at: Place) -> list[str]:
    if not any(found := lines(value, at)):
        raise at.wrong("there is no line to run.")
    return found


def line(value: Any, at: Place) -> str:
    if isinstance(value, str):
        return value
    hint = "; a line that holds a colon and a space must stand in quotes" if isinstance(value, Map) else ""
    raise at.wrong(f"{described(value)} should be a text{hint or '; put it in quotes'}.")
