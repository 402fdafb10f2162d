"""The type of a variable, and helpers to create many."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

from ci_config.jobs.expansion import RawText


@dataclass(frozen=True, slots=True)
class Variable:
    """`public`: not a secret. `masked`: the runner hides the value in the log. `raw`: a `$` in the value is not
    expanded. `file`: the job gets the path of a file that contains the value."""

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


def public_variables(**given: object) -> list[Variable]:
    """Public variables. None values are left out, because rules distinguish unset from empty variables."""
    return [Variable(key, str(value)) for key, value in given.items() if value is not None]


def raw_variables(**given: object) -> list[Variable]:
    """Public variables with text that people wrote: a `$` in it is no reference."""
    return [Variable(key, str(value), raw=True) for key, value in given.items() if value is not None]


def secret_variable(key: str, value: str, *, masked: bool = True) -> Variable:
    return Variable(key, value, public=False, masked=masked)


def values_by_key(variables: Iterable[Variable]) -> dict[str, str]:
    """By key; where `$` in a value means nothing, it is a RawText."""
    return {one.key: RawText(one.value) if one.raw or one.file else one.value for one in variables}


def slug(text: str) -> str:
    """Lower case, `-` for anything but letters and digits, at most 63 characters, no `-` at the ends (`CI_…_SLUG`)."""
    return re.sub(r"[^a-z0-9]", "-", text.lower())[:63].strip("-")
