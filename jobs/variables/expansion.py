"""`$X` in a variable's value stands for another variable; filled in before the runner sees it (runner.md §7)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import replace
from graphlib import CycleError, TopologicalSorter

from jobs.config.expansion import REFERENCE
from jobs.variables.value import Variable

# Values that refer to values that refer … double with each step; what would grow beyond this is left to the runner.
LARGEST = 64 * 1024
LARGEST_OF_ALL = 2 * 1024 * 1024


def expanded(variables: Iterable[Variable]) -> list[Variable]:
    """The same variables in the same order. Unknown names, files' names and a variable's own stay as written; where
    variables refer to each other in a circle, everything does."""
    listed = list(variables)
    known = {variable.key: variable for variable in listed}
    graph = {key: _names(variable) & known.keys() - {key} for key, variable in known.items()}
    try:
        order = list(TopologicalSorter(graph).static_order())
    except CycleError:
        return listed
    values = _values(order, known, graph)
    # Of equal keys the last counts; those before it are left alone.
    return [replace(one, value=values[one.key]) if one is known[one.key] else one for one in listed]


def _values(order: list[str], known: dict[str, Variable], graph: dict[str, set[str]]) -> dict[str, str]:
    values = {key: variable.value for key, variable in known.items()}
    left = LARGEST_OF_ALL
    for key in order:
        if not graph[key]:
            continue
        text = _filled(values[key], {name: values[name] for name in graph[key] if not known[name].file})
        if len(text) <= min(LARGEST, left):
            values[key] = text
            left -= len(text)
    return values


def _filled(text: str, values: dict[str, str]) -> str:
    return REFERENCE.sub(lambda match: values.get(_name(match), match[0]), text)


def _names(variable: Variable) -> set[str]:
    if variable.raw or variable.file or "$" not in variable.value:
        return set()
    return {_name(match) for match in REFERENCE.finditer(variable.value)}


def _name(match: re.Match[str]) -> str:
    return match["plain"] or match["braced"] or ""
