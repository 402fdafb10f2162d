"""`parallel`: the same job several times, counted, or once for each combination of values."""

from __future__ import annotations

from dataclasses import dataclass
from itertools import product
from math import prod
from typing import Any

from jobs.config.errors import Place
from jobs.config.keywords.variables import Variable, entry, several
from jobs.config.limits import PARALLEL
from jobs.config.shapes import a_map, fields, integer, list_of
from jobs.config.tree import Map


@dataclass(frozen=True, slots=True)
class Instance:
    """One of the parallel jobs: `suffix` follows the name."""

    suffix: str = ""
    index: int | None = None
    total: int | None = None
    variables: tuple[tuple[str, str], ...] = ()

    def as_variables(self) -> list[Variable]:
        return [{"key": key, "value": value} for key, value in self.variables]


def read(value: Any, at: Place) -> list[Instance]:
    if isinstance(value, Map):
        found: list[Instance] = fields(value, at, {"matrix": matrix}, required=["matrix"])["matrix"]
        return found
    total = integer(1, PARALLEL)(value, at)
    return [Instance(f" {index}/{total}", index, total) for index in range(1, total + 1)]


def matrix(value: Any, at: Place) -> list[Instance]:
    """Every combination of each entry, in the order of the file."""
    rows = list_of(row, most=PARALLEL)(value, at)
    total = sum(prod(len(values) for values in entries.values()) for entries in rows)
    if not 1 <= total <= PARALLEL:
        raise at.wrong(f"the matrix makes {total} jobs; 1 to {PARALLEL} are allowed.")
    combinations = [
        tuple(zip(entries, chosen, strict=True)) for entries in rows for chosen in product(*entries.values())
    ]
    return [
        Instance(f": [{', '.join(value for _, value in pairs)}]", index, total, pairs)
        for index, pairs in enumerate(combinations, start=1)
    ]


def row(value: Any, at: Place) -> dict[str, list[str]]:
    found = a_map(value, at)
    if not found:
        raise at.wrong("a combination needs at least one variable.")
    for key, mark in found.marks.items():
        entry(key, "", at.under(key, mark), {})
    return {key: several(found[key], at.under(key, mark)) for key, mark in found.marks.items()}
