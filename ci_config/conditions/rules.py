"""`rules`: a list of which the first rule applies whose conditions all hold. Parsed once, evaluated for each job."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from ci_config.conditions.expressions import Expression, parse
from ci_config.conditions.tokens import BadExpression
from ci_config.context import CompileContext
from ci_config.document.tree import YamlList, YamlMap
from ci_config.errors import Location, describe, quote
from ci_config.jobs.expansion import expand_known, expand_nested
from ci_config.keywords import needs, variables
from ci_config.limits import MAX_PATTERNS
from ci_config.validators import Validator, boolean, choice, duration, fields, flatten, list_of, name, text

WEEK = 7 * 86_400
start_in: Validator[int] = duration(WEEK, "a week")
WHEN = ("on_success", "on_failure", "always", "manual", "delayed", "never")


@dataclass(frozen=True, slots=True)
class FilePatterns:
    """The patterns of `changes` or `exists`. `project`, `ref`: where `exists` looks, if not in the own commit."""

    patterns: list[str]
    compare_to: str | None = None
    project: str = ""
    ref: str = ""


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule.

    `settings`: the keywords that it sets if it matches: when, start_in, allow_failure, variables, needs …
    """

    at: Location
    condition: Expression | None = None
    changes: FilePatterns | None = None
    exists: FilePatterns | None = None
    settings: Mapping[str, Any] = field(default_factory=dict)

    def matches(self, context: CompileContext, values: Mapping[str, str]) -> bool:
        return (
            (self.condition is None or holds(self.condition, context, values, self.at.under("if")))
            and (self.changes is None or self.has_changes(self.changes, context, values))
            and (self.exists is None or self.has_files(self.exists, context, values))
        )

    def has_changes(self, files: FilePatterns, context: CompileContext, values: Mapping[str, str]) -> bool:
        compare_to = files.compare_to and expand_known(files.compare_to, expand_nested(files.compare_to, values))
        return context.any_changed(files.patterns, compare_to, values, self.at.under("changes"))

    def has_files(self, files: FilePatterns, context: CompileContext, values: Mapping[str, str]) -> bool:
        """Raises Invalid if the other project has no such ref, or may not be read."""
        at = self.at.under("exists")
        project, ref = (expand_known(text, expand_nested(text, values)) for text in (files.project, files.ref))
        names = context.files_of(project, ref, at)
        if names is None:
            where = f"{quote(project)}{f' at {quote(ref)}' if ref else ''}"
            raise at.under("project").error(f"there is no project {where}, or you may not read it.")
        return any(context.match_files(names, pattern, values, at) for pattern in files.patterns)


def first_match(rules: Sequence[Rule], context: CompileContext, values: Mapping[str, str]) -> Rule | None:
    return next((rule for rule in rules if rule.matches(context, values)), None)


def holds(condition: Expression, context: CompileContext, values: Mapping[str, str], at: Location) -> bool:
    for warning in condition.warnings(values):
        context.problems.warn(at, warning)
    try:
        return condition.holds(values)
    except BadExpression as error:
        raise at.error(f"{error}.") from error


# ---------------------------------------------------------------------- reading


def condition(value: Any, at: Location) -> Expression:
    try:
        return parse(text(value, at))
    except BadExpression as error:
        raise at.error(f"{error}.") from error


pattern_list: Validator[list[str]] = list_of(text, max_items=MAX_PATTERNS)


def changes(value: Any, at: Location) -> FilePatterns:
    if not isinstance(value, YamlMap):
        return FilePatterns(pattern_list(value, at))
    options = fields(value, at, {"paths": pattern_list, "compare_to": name}, required=["paths"])
    return FilePatterns(options["paths"], options.get("compare_to"))


def exists(value: Any, at: Location) -> FilePatterns:
    if not isinstance(value, YamlMap):
        return FilePatterns(pattern_list(value, at))
    options = fields(value, at, {"paths": pattern_list, "project": name, "ref": name}, required=["paths"])
    if "ref" in options and "project" not in options:
        raise at.under("ref").error("it goes with `project`.")
    return FilePatterns(options["paths"], project=options.get("project", ""), ref=options.get("ref", ""))


CONDITIONS: dict[str, Validator[Any]] = {"if": condition, "changes": changes, "exists": exists}
ATTRIBUTES = {"if": "condition", "changes": "changes", "exists": "exists"}
JOB_RULE: dict[str, Validator[Any]] = {
    **CONDITIONS,
    "when": choice(*WHEN),
    "start_in": start_in,
    "allow_failure": boolean,
    "variables": variables.job_variables,
    "needs": needs.needs_of_this_pipeline("`needs` of a rule only says what to wait for"),
    "interruptible": boolean,
}
WORKFLOW_RULE: dict[str, Validator[Any]] = {
    **CONDITIONS,
    "when": choice("always", "never"),
    "variables": variables.job_variables,
    "auto_cancel": lambda value, at: auto_cancel(value, at),
}
INCLUDE_RULE: dict[str, Validator[Any]] = {**CONDITIONS, "when": choice("always", "never")}
AUTO_CANCEL: dict[str, Validator[Any]] = {
    "on_new_commit": choice("conservative", "interruptible", "none"),
    "on_job_failure": choice("none", "all"),
}


def auto_cancel(value: Any, at: Location) -> dict[str, str]:
    return fields(value, at, AUTO_CANCEL)


def rule_list(table: Mapping[str, Validator[Any]]) -> Validator[list[Rule]]:
    def read(value: Any, at: Location) -> list[Rule]:
        if not isinstance(value, YamlList):
            raise at.error(f"{describe(value)} should be a list of rules.")
        return [rule(item, place, table) for item, place in flatten(value, at)]

    return read


def rule(value: Any, at: Location, table: Mapping[str, Validator[Any]]) -> Rule:
    options = fields(value, at, table)
    if not options:
        raise at.error("an empty rule; it needs a condition (`if`, `changes`, `exists`) or something to set.")
    conditions = {ATTRIBUTES[key]: options.pop(key) for key in CONDITIONS if key in options}
    return Rule(at, **conditions, settings=options)
