"""Parameter names with brackets, as forms and addresses carry maps and arrays (GitLab's REST documentation, "Array and
hash types").

    scope[]=a&scope[]=b                          {"scope": ["a", "b"]}
    variables[A]=1&filter[environment_scope]=*   {"variables": {"A": "1"}, "filter": {"environment_scope": "*"}}
    v[][key]=A&v[][value]=1&v[][key]=B           {"v": [{"key": "A", "value": "1"}, {"key": "B"}]}

In an array of maps a new entry begins where a field repeats. Order matters for that, so this reads pairs; a QueryDict
has lost their order.
"""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Any

from rest_framework.exceptions import ErrorDetail, ValidationError

MAX_DEPTH = 32
_NAME = re.compile(r"([^\[\]]+)((?:\[[^\[\]]*\])*)\Z")
_SEGMENT = re.compile(r"\[([^\[\]]*)\]")


class Repeated(list[Any]):
    """The values of a plain name that came several times: the last counts, except where several are wanted."""


def last_values(found: dict[str, Any]) -> dict[str, Any]:
    """For readers that want no name several times."""
    return {name: value[-1] if isinstance(value, Repeated) else value for name, value in found.items()}


def nest(pairs: Iterable[tuple[str, Any]]) -> dict[str, Any]:
    """Raises ValidationError for one name used as two kinds of thing, and for names nested too deep."""
    found: dict[str, Any] = {}
    for name, value in pairs:
        match = _NAME.match(name)
        if match is None:  # unbalanced brackets: a name like any other
            _set_plain(found, name, value)
            continue
        base, segments = match[1], _SEGMENT.findall(match[2])
        if len(segments) > MAX_DEPTH:
            raise _invalid(base)
        try:
            _store(found, base, segments, value)
        except TypeError:
            raise _invalid(base) from None
    return found


def _invalid(name: str) -> ValidationError:
    return ValidationError({name: [ErrorDetail("", "invalid")]})


def _store(place: dict[str, Any], name: str, segments: list[str], value: Any) -> None:
    """Raises TypeError when something of another kind is there."""
    if not segments:
        _set_plain(place, name, value)
    elif segments[0]:
        _store(_child(place, name, dict), segments[0], segments[1:], value)
    elif len(segments) == 1:
        _child(place, name, list).append(value)
    else:
        entries = _child(place, name, list)
        if segments[1] == "":  # an array of arrays has no form of its own
            raise TypeError
        if not entries or not isinstance(entries[-1], dict) or _has(entries[-1], segments[1:]):
            entries.append({})
        _store(entries[-1], segments[1], segments[2:], value)


def _child(place: dict[str, Any], name: str, kind: type) -> Any:
    child = place.setdefault(name, kind())
    if type(child) is not kind:
        raise TypeError
    return child


def _set_plain(place: dict[str, Any], name: str, value: Any) -> None:
    known = place.get(name)
    if name not in place:
        place[name] = value
    elif isinstance(known, Repeated):
        known.append(value)
    elif isinstance(known, dict | list):
        raise TypeError
    else:
        place[name] = Repeated([known, value])


def _has(entry: Any, path: list[str]) -> bool:
    """Whether the entry of an array has a value at `path` already; an array in it takes more."""
    for name in path:
        if name == "":
            return False
        if not isinstance(entry, dict) or name not in entry:
            return False
        entry = entry[name]
    return True
