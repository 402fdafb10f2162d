"""`script`, `before_script`, `after_script`, `hooks`: a text, or lists of texts within lists."""

from __future__ import annotations

from typing import Any

from ci_config.document.tree import YamlList, YamlMap
from ci_config.errors import Location, describe
from ci_config.validators import fields, flatten


def lines(value: Any, at: Location) -> list[str]:
    if isinstance(value, str):
        return [value]
    if not isinstance(value, YamlList):
        raise at.error(f"{describe(value)} should be a text or a list of texts.")
    return [line(item, place) for item, place in flatten(value, at)]


def nonempty_lines(value: Any, at: Location) -> list[str]:
    if not any(commands := lines(value, at)):
        raise at.error("there is no line to run.")
    return commands


def line(value: Any, at: Location) -> str:
    if isinstance(value, str):
        return value
    hint = "; a line that holds a colon and a space must stand in quotes" if isinstance(value, YamlMap) else ""
    raise at.error(f"{describe(value)} should be a text{hint or '; put it in quotes'}.")


def hooks(value: Any, at: Location) -> dict[str, list[str]]:
    """Scripts that the runner runs between the steps of its own work."""
    return fields(value, at, {"pre_get_sources_script": lines})
