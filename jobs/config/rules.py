"""`rules`: an ordered list; the first rule whose conditions all hold decides. Read once, asked for each job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from jobs.config.errors import Place, described
from jobs.config.expansion import expand
from jobs.config.expressions import Expression, parse
from jobs.config.keywords import needs, variables
from jobs.config.limits import PATTERNS
from jobs.config.shapes import Reader, boolean, choice, duration, fields, flat, list_of, name, text
from jobs.config.tokens import BadExpression
from jobs.config.tree import Map, Seq
from jobs.config.world import World

WEEK = 7 * 86_400
start_in: Reader[int] = duration(WEEK, "a week")
WHEN = ("on_success", "on_failure", "always", "manual", "delayed", "never")


@dataclass(frozen=True, slots=True)
class Files:
    """The patterns of `changes` or `exists`."""

    patterns: list[str]
    compare_to: str | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One entry; `says` holds what it sets once it matches: when, start_in, allow_failure, variables, needs …"""

    at: Place
    condition: Expression | None = None
    changes: Files | None = None
    exists: Files | None = None
    says: Mapping[str, Any] = field(default_factory=dict)

    def matches(self, world: World, values: Mapping[str, str]) -> bool:
        return (
            (self.condition is None or holds(self.condition, values, self.at.under("if")))
            and (self.changes is None or self.has_changes(self.changes, world, values))
            and (self.exists is None or world.exists(self.exists.patterns, values, self.at.under("exists")))
        )

    def has_changes(self, files: Files, world: World, values: Mapping[str, str]) -> bool:
        compare_to = expand(files.compare_to, values) if files.compare_to else None
        return world.changed(files.patterns, compare_to, values, self.at.under("changes"))


def first_match(rules: Sequence[Rule], world: World, values: Mapping[str, str]) -> Rule | None:
    return next((rule for rule in rules if rule.matches(world, values)), None)


def holds(condition: Expression, values: Mapping[str, str], at: Place) -> bool:
    try:
        return condition.holds(values)
    except BadExpression as error:
        raise at.wrong(f"{error}.") from error


# ---------------------------------------------------------------------- reading


def condition(value: Any, at: Place) -> Expression:
    try:
        return parse(text(value, at))
    except BadExpression as error:
        raise at.wrong(f"{error}.") from error


patterns: Reader[list[str]] = list_of(text, most=PATTERNS)


def changes(value: Any, at: Place) -> Files:
    if not isinstance(value, Map):
        return Files(patterns(value, at))
    found = fields(value, at, {"paths": patterns, "compare_to": name}, required=["paths"])
    return Files(found["paths"], found.get("compare_to"))


def exists(value: Any, at: Place) -> Files:
    if not isinstance(value, Map):
        return Files(patterns(value, at))
    return Files(fields(value, at, {"paths": patterns}, required=["paths"], later=["project", "ref"])["paths"])


CONDITIONS: dict[str, Reader[Any]] = {"if": condition, "changes": changes, "exists": exists}
ATTRIBUTES = {"if": "condition", "changes": "changes", "exists": "exists"}
OF_A_JOB: dict[str, Reader[Any]] = {
    **CONDITIONS,
    "when": choice(*WHEN),
    "start_in": start_in,
    "allow_failure": boolean,
    "variables": variables.of_a_job,
    "needs": needs.read,
    "interruptible": boolean,
}
OF_THE_WORKFLOW: dict[str, Reader[Any]] = {
    **CONDITIONS,
    "when": choice("always", "never"),
    "variables": variables.of_a_job,
    "auto_cancel": lambda value, at: auto_cancel(value, at),
}
OF_AN_INCLUDE: dict[str, Reader[Any]] = {**CONDITIONS, "when": choice("always", "never")}
AUTO_CANCEL: dict[str, Reader[Any]] = {
    "on_new_commit": choice("conservative", "interruptible", "none"),
    "on_job_failure": choice("none", "all"),
}


def auto_cancel(value: Any, at: Place) -> dict[str, str]:
    return fields(value, at, AUTO_CANCEL)


def reader(table: Mapping[str, Reader[Any]]) -> Reader[list[Rule]]:
    def read(value: Any, at: Place) -> list[Rule]:
        if not isinstance(value, Seq):
            raise at.wrong(f"{described(value)} should be a list of rules.")
        return [rule(item, place, table) for item, place in flat(value, at)]

    return read


def rule(value: Any, at: Place, table: Mapping[str, Reader[Any]]) -> Rule:
    found = fields(value, at, table)
    if not found:
        raise at.wrong("an empty rule; it needs a condition (`if`, `changes`, `exists`) or something to set.")
    asked = {ATTRIBUTES[key]: found.pop(key) for key in CONDITIONS if key in found}
    return Rule(at, **asked, says=found)
