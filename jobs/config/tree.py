"""Maps and lists that know their lines."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from typing import Any

from jobs.config.errors import Mark
from jobs.config.limits import Budget


class Map(dict[str, Any]):
    """`marks` has the line of each key."""

    def __init__(self, mark: Mark) -> None:
        super().__init__()
        self.mark = mark
        self.marks: dict[str, Mark] = {}

    def put(self, key: str, value: Any, mark: Mark) -> None:
        self[key] = value
        self.marks[key] = mark

    def take(self, other: Map) -> None:
        """Every entry of `other`, on top of ours."""
        self.update(other)
        self.marks.update(other.marks)

    def without(self, *keys: str) -> Map:
        return self.only([key for key in self if key not in keys])

    def only(self, keys: Container[str]) -> Map:
        copy = Map(self.mark)
        for key, value in self.items():
            if key in keys:
                copy.put(key, value, self.marks[key])
        return copy


class Seq(list[Any]):
    """`marks` has the line of each item."""

    def __init__(self, mark: Mark) -> None:
        super().__init__()
        self.mark = mark
        self.marks: list[Mark] = []

    def put(self, value: Any, mark: Mark) -> None:
        self.append(value)
        self.marks.append(mark)


@dataclass(frozen=True, slots=True)
class Reference:
    """`!reference [job, keyword, …]`, not yet looked up."""

    path: tuple[str, ...]
    mark: Mark


def merged(base: Map, over: Map, budget: Budget) -> Map:
    """`over` on top of `base`: maps are merged at every depth, everything else is replaced."""
    budget.spend(len(base) + len(over), over.mark)
    result = Map(over.mark)
    result.take(base)
    for key, value in over.items():
        below = result.get(key)
        if isinstance(below, Map) and isinstance(value, Map):
            value = merged(below, value, budget)
        result.put(key, value, over.marks[key])
    return result
