"""Expands references between variables (`$X` in a value) before the runner gets them (runner.md §7)."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace

from ci_config.jobs.expansion import resolve
from jobs.variables.value import Variable, values_by_key


def expand_all(variables: Iterable[Variable]) -> list[Variable]:
    """The variables with their references expanded, in the same order.

    References to unknown variables, to file variables and of a variable to itself stay as written. If variables refer
    to each other in a cycle, nothing is expanded.
    """
    listed = list(variables)
    known = {variable.key: variable for variable in listed}
    texts = resolve(values_by_key(listed), keep={key for key, variable in known.items() if variable.file})
    # Of equal keys the last counts; the others stay as written.
    return [replace(one, value=texts[one.key]) if one is known[one.key] else one for one in listed]
