"""`only` and `except`: the older filter. `only` asks that each of its kinds matches, `except` that none does."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from jobs.config.errors import Place
from jobs.config.expressions import Expression
from jobs.config.limits import PATTERNS
from jobs.config.patterns import LONGEST, BadPattern, found, source_of
from jobs.config.rules import condition, holds
from jobs.config.shapes import Reader, fields, list_of, text
from jobs.config.tree import Map
from jobs.config.world import World

# The word in the file, and the source of the pipelines it means. Words of the original for pipelines that do not
# exist here match none.
SOURCES = {
    "api": "api",
    "pipelines": "pipeline",
    "pushes": "push",
    "schedules": "schedule",
    "triggers": "trigger",
    "web": "web",
    "merge_requests": "merge_request_event",
    "external": "external",
    "external_pull_requests": "external_pull_request_event",
    "chat": "chat",
}
SLASHED_FOR_PROJECT = re.compile(r"(?P<pattern>/.+/[a-zA-Z]*)@(?P<project>[\w.-][\w./-]*[\w-])")


@dataclass(frozen=True, slots=True)
class Filter:
    """What one `only` or `except` names; a kind that is None was not named."""

    at: Place
    refs: list[str] | None = None
    variables: list[Expression] | None = None
    changes: list[str] | None = None

    def answers(self, world: World, values: Mapping[str, str]) -> list[bool]:
        """For each kind that is named, whether it matches."""
        answers = []
        if self.refs is not None:
            answers.append(any(names(ref, world) for ref in self.refs))
        if self.variables is not None:
            at = self.at.under("variables")
            answers.append(any(holds(expression, values, at) for expression in self.variables))
        if self.changes is not None:
            answers.append(world.changed(self.changes, None, values, self.at.under("changes")))
        return answers


def admits(only: Filter | None, unless: Filter | None, world: World, values: Mapping[str, str]) -> bool:
    return (only is None or all(only.answers(world, values))) and (
        unless is None or not any(unless.answers(world, values))
    )


def names(word: str, world: World) -> bool:
    """Whether a word, ref or `/pattern/` (with `@group/project`, for that project alone) means this pipeline."""
    pattern, project = parts(word)
    if project and project != world.predefined.get("CI_PROJECT_PATH"):
        return False
    if pattern.startswith("/"):
        return found(world.ref, pattern)
    if pattern in ("branches", "tags"):
        return world.tag == (pattern == "tags")
    return pattern == world.ref or SOURCES.get(pattern) == world.source


def parts(word: str) -> tuple[str, str]:
    """What to compare with, and the project it counts for (all when empty)."""
    if word.startswith("/"):
        match = SLASHED_FOR_PROJECT.fullmatch(word)
        return (match["pattern"], match["project"]) if match else (word, "")
    pattern, _, project = word.partition("@")
    return pattern, project


# ---------------------------------------------------------------------- reading


def ref(value: Any, at: Place) -> str:
    if len(text(value, at)) > LONGEST:
        raise at.wrong(f"the pattern is longer than {LONGEST} characters.")
    pattern, _ = parts(value)
    if pattern.startswith("/"):
        try:
            source_of(pattern)
        except BadPattern as error:
            raise at.wrong(f"{error}.") from error
    return str(value)


refs: Reader[list[str]] = list_of(ref, single=True)
FILTER: dict[str, Reader[Any]] = {
    "refs": refs,
    "variables": list_of(condition),
    "changes": list_of(text, most=PATTERNS),
}


def read(value: Any, at: Place) -> Filter:
    if isinstance(value, Map):
        return Filter(at, **fields(value, at, FILTER, later=["kubernetes"]))
    return Filter(at, refs(value, at))
