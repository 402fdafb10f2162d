"""One variable, and helpers to write many."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Variable:
    """`public`: no secret. `masked`: the runner hides its value in the log. `raw`: `$` in it means nothing.
    `file`: the job gets the path of a file with the value."""

    key: str
    value: str
    public: bool = True
    masked: bool = False
    raw: bool = False
    file: bool = False

    def as_payload(self) -> dict[str, str | bool]:
        return {
            "key": self.key,
            "value": self.value,
            "public": self.public,
            "masked": self.masked,
            "raw": self.raw,
            "file": self.file,
        }


def plain(**given: object) -> list[Variable]:
    """Public ones; a None is left out: rules tell an absent variable from an empty one."""
    return [Variable(key, str(value)) for key, value in given.items() if value is not None]


def verbatim(**given: object) -> list[Variable]:
    """Public ones whose text people wrote: a `$` in it is no reference."""
    return [Variable(key, str(value), raw=True) for key, value in given.items() if value is not None]


def secret(key: str, value: str, *, masked: bool = True) -> Variable:
    return Variable(key, value, public=False, masked=masked)


def values(variables: Iterable[Variable]) -> dict[str, str]:
    return {variable.key: variable.value for variable in variables}


def slug(text: str) -> str:
    """Lower case, `-` for anything but letters and digits, 63 bytes, no `-` at the ends."""
    return re.sub(r"[^a-z0-9]", "-", text.lower())[:63].strip("-")
