"""`parallel`: several instances of a job, numbered, or one for each combination of values."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any

from ci_config.document.tree import YamlMap
from ci_config.errors import Location
from ci_config.keywords.variables import Variable, matrix_values, variable_name_problem
from ci_config.limits import MAX_PARALLEL
from ci_config.validators import fields, integer, list_of, mapping


@dataclass(frozen=True, slots=True)
class Instance:
    """A parallel instance of a job. `suffix`: is appended to the name."""

    suffix: str = ""
    index: int | None = None
    total: int | None = None
    variables: tuple[tuple[str, str], ...] = ()

    def as_variables(self) -> list[Variable]:
        return [{"key": key, "value": value} for key, value in self.variables]


def parallel(value: Any, at: Location) -> list[Instance]:
    if isinstance(value, YamlMap):
        instances: list[Instance] = fields(value, at, {"matrix": matrix}, required=["matrix"])["matrix"]
        return instances
    total = integer(1, MAX_PARALLEL)(value, at)
    return [Instance(f" {index}/{total}", index, total) for index in range(1, total + 1)]


def matrix(value: Any, at: Location) -> list[Instance]:
    """One instance for each combination of each row, in the order of the file."""
    rows = list_of(matrix_row, max_items=MAX_PARALLEL)(value, at)
    total = sum(prod(len(values) for values in entries.values()) for entries in rows)
    if not 1 <= total <= MAX_PARALLEL:
        raise at.error(f"the matrix makes {total} jobs; 1 to {MAX_PARALLEL} are allowed.")
    combinations = [
        tuple(zip(entries, values, strict=True)) for entries in rows for values in product(*entries.values())
    ]
    return [Instance(matrix_suffix(pairs), index, total, pairs) for index, pairs in enumerate(combinations, start=1)]


def matrix_suffix(pairs: tuple[tuple[str, str], ...]) -> str:
    return f": [{', '.join(value for _, value in pairs)}]"


def matrix_row(value: Any, at: Location) -> dict[str, list[str]]:
    entries = mapping(value, at)
    if not entries:
        raise at.error("a combination needs at least one variable.")
    for key, mark in entries.marks.items():
        if problem := variable_name_problem(key):
            raise at.under(key, mark).error(problem)
    return {key: matrix_values(key, entries[key], at.under(key, mark)) for key, mark in entries.marks.items()}
