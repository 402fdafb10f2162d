"""The functions of `$[[ inputs.name | function ]]`."""

from __future__ import annotations

import re
from collections.abc import Callable, Collection, Mapping
from dataclasses import dataclass, field
from typing import Any

from ci_config.errors import describe, quote
from ci_config.jobs.expansion import expand_known, names_in
from ci_config.limits import MAX_INPUT_LENGTH

TRUNCATE = re.compile(r"truncate\(\s*(?P<offset>\d{1,7})\s*,\s*(?P<length>\d{1,7})\s*\)")
SPLIT = re.compile(r"split\('(?P<separator>[^']+)'\)")
UNSAFE_FOR_SHELL = re.compile(r"[^A-Za-z0-9_\-.,:+/@\n]")
CALLS = {
    "expand_vars": "expand_vars",
    "truncate": "truncate(offset,length)",
    "posix_escape": "posix_escape",
    "split": "split('separator')",
}


class BadBlock(ValueError):
    """A `$[[ … ]]` cannot be replaced; the text is a clause that says why."""


@dataclass(frozen=True, slots=True)
class ExpandableVariables:
    """The variables for `expand_vars`. `masked`: those whose values stay secret."""

    values: Mapping[str, str] = field(default_factory=dict)
    masked: Collection[str] = ()

    def expand(self, value: str) -> str:
        """`value` with the variables in it replaced once. Unknown names stay. Raises BadBlock for masked ones."""
        length = len(value)
        for name in names_in(value):
            if name in self.masked:
                raise BadBlock(f"the variable {name} is masked, and a masked value cannot become part of the file")
            length += len(self.values.get(name, ""))
            if length > MAX_INPUT_LENGTH:
                raise BadBlock(f"with its variables the text is longer than {MAX_INPUT_LENGTH:,} characters")
        return expand_known(value, self.values)


def apply_function(call: str, value: Any, variables: ExpandableVariables) -> Any:
    """Raises BadBlock."""
    function = find_function(call, variables)
    if function is None:
        name = call.partition("(")[0]
        raise BadBlock(f"there is no function {quote(call)}; write {CALLS.get(name) or ', '.join(CALLS.values())}")
    if not isinstance(value, str):
        raise BadBlock(f"{call.partition('(')[0]} takes a text, not {describe(value)}")
    return function(value)


def find_function(call: str, variables: ExpandableVariables) -> Callable[[str], Any] | None:
    if call == "expand_vars":
        return variables.expand
    if call == "posix_escape":
        return posix_escape
    if match := TRUNCATE.fullmatch(call):
        first = int(match["offset"])
        last = first + int(match["length"])
        return lambda value: value[first:last]
    if match := SPLIT.fullmatch(call):
        separator = match["separator"]
        return lambda value: [part.strip() for part in value.split(separator) if part.strip()]
    return None


def posix_escape(value: str) -> str:
    """The text as one word of a shell, with a backslash before each character that means something there."""
    if not value:
        return "''"
    return UNSAFE_FOR_SHELL.sub(lambda match: f"\\{match[0]}", value).replace("\n", "'\n'")
