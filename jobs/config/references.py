"""`!reference [job, keyword, …]`: the value that stands there, after `extends`. Shared values stay shared."""

from __future__ import annotations

from typing import Any

from jobs.config.errors import Place, Problems, listed, quoted, suggestion
from jobs.config.limits import DEPTH, REFERENCE_DEPTH, Budget
from jobs.config.tree import Map, Reference, Seq


def resolved(tree: Map, budget: Budget, problems: Problems) -> Map:
    """The tree without references; an entry with a wrong one is left out, and told."""
    resolver = Resolver(tree, budget)
    result = Map(tree.mark)
    for name, value in tree.items():
        with problems.noted():
            result.put(name, resolver.value(value, Trail(name)), tree.marks[name])
    return result


class Trail:
    """How we came here: the entry of the file, the references followed, and how deep the value lies."""

    __slots__ = ("depth", "entry", "followed")

    def __init__(self, entry: str, followed: tuple[Reference, ...] = (), depth: int = 0) -> None:
        self.entry = entry
        self.followed = followed
        self.depth = depth

    def deeper(self, *followed: Reference) -> Trail:
        return Trail(self.entry, (*self.followed, *followed), self.depth + 1)


class Resolver:
    def __init__(self, tree: Map, budget: Budget) -> None:
        self.tree = tree
        self.budget = budget
        self.answers: dict[tuple[str, ...], Any] = {}
        self.walked: dict[int, tuple[Any, Any]] = {}  # by identity; the first of the pair keeps the identity taken

    def value(self, value: Any, trail: Trail) -> Any:
        if isinstance(value, Reference):
            return self.follow(value, trail)
        if not isinstance(value, (Map, Seq)):
            return value
        if trail.depth > 2 * DEPTH:
            raise Place(value.mark, trail.entry).wrong("the references make values nest too deep.")
        if id(value) not in self.walked:
            self.walked[id(value)] = (value, self.rebuilt(value, trail.deeper()))
        return self.walked[id(value)][1]

    def rebuilt(self, value: Map | Seq, trail: Trail) -> Map | Seq:
        """The value itself when nothing in it changes."""
        items = list(value.values()) if isinstance(value, Map) else list(value)
        new = [self.value(item, trail) for item in items]
        if all(after is before for after, before in zip(new, items, strict=True)):
            return value
        if isinstance(value, Map):
            copy = value.only(value)
            copy.update(zip(value, new, strict=True))
            return copy
        result = Seq(value.mark)
        result.extend(new)
        result.marks = value.marks
        return result

    def follow(self, reference: Reference, trail: Trail) -> Any:
        at = Place(reference.mark, trail.entry, "!reference")
        if reference in trail.followed or any(reference.path == other.path for other in trail.followed):
            raise at.wrong(f"the references run in a circle through [{listed(reference.path)}].")
        if len(trail.followed) >= REFERENCE_DEPTH:
            raise at.wrong(f"references lead to references over more than {REFERENCE_DEPTH} levels.")
        if reference.path not in self.answers:
            self.answers[reference.path] = self.value(self.found(reference, at), trail.deeper(reference))
        answer = self.answers[reference.path]
        self.budget.charge(answer, reference.mark)
        return answer

    def found(self, reference: Reference, at: Place) -> Any:
        value: Any = self.tree
        for step, key in enumerate(reference.path):
            if not isinstance(value, Map) or key not in value:
                known = list(value) if isinstance(value, Map) else []
                way = f" in [{listed(reference.path[:step])}]" if step else ""
                raise at.wrong(f"there is no {quoted(key)}{way}{suggestion(key, known) or '.'}")
            value = value[key]
        return value
