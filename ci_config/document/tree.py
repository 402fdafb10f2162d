"""Maps and lists with line numbers."""

from __future__ import annotations

from collections.abc import Container
from dataclasses import dataclass
from typing import Any

from ci_config.errors import Mark
from ci_config.limits import Budget


class YamlMap(dict[str, Any]):
    """A map; `marks` has the line of each key."""

    def __init__(self, mark: Mark) -> None:
        super().__init__()
        self.mark = mark
        self.marks: dict[str, Mark] = {}

    def put(self, key: str, value: Any, mark: Mark) -> None:
        self[key] = value
        self.marks[key] = mark

    def update_from(self, other: YamlMap) -> None:
        """Add all entries of `other`, overriding our own."""
        self.update(other)
        self.marks.update(other.marks)

    def without(self, *keys: str) -> YamlMap:
        return self.only([key for key in self if key not in keys])

    def only(self, keys: Container[str]) -> YamlMap:
        copy = YamlMap(self.mark)
        for key, value in self.items():
            if key in keys:
                copy.put(key, value, self.marks[key])
        return copy


class YamlList(list[Any]):
    """A list; `marks` has the line of each item."""

    def __init__(self, mark: Mark) -> None:
        super().__init__()
        self.mark = mark
        self.marks: list[Mark] = []

    def put(self, value: Any, mark: Mark) -> None:
        self.append(value)
        self.marks.append(mark)

    def with_items(self, items: list[Any]) -> YamlList:
        """With as many others in the same lines; the list itself if they are the same objects."""
        if all(new is old for new, old in zip(items, self, strict=True)):
            return self
        copy = YamlList(self.mark)
        copy.extend(items)
        copy.marks = self.marks
        return copy


@dataclass(frozen=True, slots=True)
class Reference:
    """`!reference [job, keyword, …]` that is not resolved yet."""

    path: tuple[str, ...]
    mark: Mark


def deep_merge(base: YamlMap, over: YamlMap, budget: Budget) -> YamlMap:
    """A map with the entries of `over` on top of `base`: maps are merged recursively, everything else is replaced."""
    budget.spend(len(base) + len(over), over.mark)
    result = YamlMap(over.mark)
    result.update_from(base)
    for key, value in over.items():
        below = result.get(key)
        if isinstance(below, YamlMap) and isinstance(value, YamlMap):
            value = deep_merge(below, value, budget)
        result.put(key, value, over.marks[key])
    return result


def plain(value: Any) -> Any:
    """The value in dicts and lists without lines, as JSON holds it."""
    if isinstance(value, dict):
        return {key: plain(item) for key, item in value.items()}
    return [plain(item) for item in value] if isinstance(value, list) else value
