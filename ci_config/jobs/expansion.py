"""Expands `$NAME`, `${NAME}`, `%NAME%` and `$$` in text and in the values of variables."""

from __future__ import annotations

import re
from collections.abc import Container, Iterator, Mapping
from graphlib import CycleError, TopologicalSorter

NAME = "[A-Za-z_][A-Za-z0-9_]*"
VARIABLE_REFERENCE = re.compile(
    rf"\$(?:(?P<escaped>\$)|(?P<plain>{NAME})|\{{(?P<braced>{NAME})\}})|%(?P<percent>{NAME})%",
)
# Nested references can double the length at each level; a value that would be longer stays as written.
MAX_LENGTH = 64 * 1024
MAX_TOTAL_LENGTH = 2 * 1024 * 1024


class RawText(str):
    """A value in which `$` has no meaning."""

    __slots__ = ()


def expand(text: str, variables: Mapping[str, str]) -> str:
    """`text` with variables replaced by their values, once. Unknown names become empty; `$$` is kept for the shell."""
    return VARIABLE_REFERENCE.sub(lambda match: variables.get(name, "") if (name := name_in(match)) else match[0], text)


def expand_known(text: str, variables: Mapping[str, str]) -> str:
    """As `expand`, but unknown names stay as written."""
    return VARIABLE_REFERENCE.sub(lambda match: variables.get(name_in(match), match[0]), text)


def expand_nested(text: str, variables: Mapping[str, str]) -> Mapping[str, str]:
    """The variables that `text` refers to, with references in their own values expanded."""
    wanted: dict[str, str] = {}
    waiting = list(names_in(text))
    while waiting:
        name = waiting.pop()
        if name not in wanted and name in variables:
            wanted[name] = variables[name]
            waiting += names_in(wanted[name])
    return resolve(wanted)


def resolve(variables: Mapping[str, str], *, keep: Container[str] = ()) -> dict[str, str]:
    """The values with references between them expanded.

    References to unknown names, to those in `keep`, and of a variable to itself stay as written; if there is a cycle,
    everything does.
    """
    graph = references(variables)
    try:
        order = list(TopologicalSorter(graph).static_order())
    except CycleError:
        return dict(variables)
    values, left = dict(variables), MAX_TOTAL_LENGTH
    for key in order:
        if not graph[key]:
            continue
        text = expand_known(values[key], {name: values[name] for name in graph[key] if name not in keep})
        if len(text) <= min(MAX_LENGTH, left):
            values[key] = text
            left -= len(text)
    return values


def find_cycle(variables: Mapping[str, str]) -> list[str]:
    """Variables that refer to each other in a cycle, the first one repeated at the end; empty if there is no cycle."""
    try:
        TopologicalSorter(references(variables)).prepare()
    except CycleError as error:
        return list(error.args[1])
    return []


def references(variables: Mapping[str, str]) -> dict[str, set[str]]:
    """The other variables that the value of each variable refers to."""
    graph: dict[str, set[str]] = {key: set() for key in variables}
    for key in referring(variables):
        graph[key].update(name for name in names_in(variables[key]) if name in variables and name != key)
    return graph


def referring(variables: Mapping[str, str]) -> list[str]:
    """The variables whose values may refer to others."""
    return [
        key for key, value in variables.items() if ("$" in value or "%" in value) and not isinstance(value, RawText)
    ]


def names_in(value: str) -> Iterator[str]:
    if isinstance(value, RawText):
        return
    for match in VARIABLE_REFERENCE.finditer(value):
        if name := name_in(match):
            yield name


def name_in(match: re.Match[str]) -> str:
    return match["plain"] or match["braced"] or match["percent"] or ""
