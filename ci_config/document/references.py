"""`!reference [job, keyword, …]`: replaced by the value at that path, after `extends`. Shared values stay shared."""

from __future__ import annotations

from typing import Any

from ci_config.document.tree import Reference, YamlList, YamlMap
from ci_config.errors import Location, Problems, comma_list, quote, suggestion
from ci_config.limits import MAX_DEPTH, MAX_REFERENCE_DEPTH, Budget


def resolve_references(tree: YamlMap, budget: Budget, problems: Problems) -> YamlMap:
    """Replace all references. An entry with an invalid one is left out and reported."""
    resolver = Resolver(tree, budget)
    result = YamlMap(tree.mark)
    for name, value in tree.items():
        with problems.collect_errors():
            result.put(name, resolver.resolve(value, Trail(name)), tree.marks[name])
    return result


class Trail:
    """The path to the current value: the entry of the file, the references followed, and the depth."""

    __slots__ = ("depth", "entry", "references")

    def __init__(self, entry: str, followed: tuple[Reference, ...] = (), depth: int = 0) -> None:
        self.entry = entry
        self.references = followed
        self.depth = depth

    def deeper(self, *followed: Reference) -> Trail:
        return Trail(self.entry, (*self.references, *followed), self.depth + 1)


class Resolver:
    def __init__(self, tree: YamlMap, budget: Budget) -> None:
        self.tree = tree
        self.budget = budget
        self.targets: dict[tuple[str, ...], Any] = {}
        self.resolved: dict[int, tuple[Any, Any]] = {}  # by identity; the first of the pair keeps the object alive

    def resolve(self, value: Any, trail: Trail) -> Any:
        if isinstance(value, Reference):
            return self.follow(value, trail)
        if not isinstance(value, (YamlMap, YamlList)):
            return value
        if trail.depth > 2 * MAX_DEPTH:
            raise Location(value.mark, trail.entry).error("the references make values nest too deep.")
        if id(value) not in self.resolved:
            self.resolved[id(value)] = (value, self.resolve_items(value, trail.deeper()))
        return self.resolved[id(value)][1]

    def resolve_items(self, value: YamlMap | YamlList, trail: Trail) -> YamlMap | YamlList:
        """Resolve the items of a map or list. Returns the value itself if none of them changes."""
        if isinstance(value, YamlList):
            return value.with_items([self.resolve(item, trail) for item in value])
        new = {key: self.resolve(item, trail) for key, item in value.items()}
        if all(new[key] is item for key, item in value.items()):
            return value
        copy = value.only(value)
        copy.update(new)
        return copy

    def follow(self, reference: Reference, trail: Trail) -> Any:
        at = Location(reference.mark, trail.entry, "!reference")
        if reference in trail.references or any(reference.path == other.path for other in trail.references):
            raise at.error(f"the references run in a circle through [{comma_list(reference.path)}].")
        if len(trail.references) >= MAX_REFERENCE_DEPTH:
            raise at.error(f"references lead to references over more than {MAX_REFERENCE_DEPTH} levels.")
        if reference.path not in self.targets:
            self.targets[reference.path] = self.resolve(self.look_up(reference, at), trail.deeper(reference))
        answer = self.targets[reference.path]
        self.budget.charge(answer, reference.mark)
        return answer

    def look_up(self, reference: Reference, at: Location) -> Any:
        value: Any = self.tree
        for step, key in enumerate(reference.path):
            if not isinstance(value, YamlMap) or key not in value:
                known = list(value) if isinstance(value, YamlMap) else []
                way = f" in [{comma_list(reference.path[:step])}]" if step else ""
                raise at.error(f"there is no {quote(key)}{way}{suggestion(key, known) or '.'}")
            value = value[key]
        return value
