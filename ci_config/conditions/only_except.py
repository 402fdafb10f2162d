"""`only` and `except`, the older filters: all criteria of `only` must match, and none of `except`."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from ci_config.conditions.expressions import Expression
from ci_config.conditions.patterns import MAX_PATTERN_LENGTH, BadPattern, contains_match, source_of
from ci_config.conditions.rules import condition, holds
from ci_config.context import CompileContext
from ci_config.document.tree import YamlMap
from ci_config.errors import Location
from ci_config.limits import MAX_PATTERNS
from ci_config.validators import Validator, choice, fields, list_of, text

# Keyword of the file → source of the pipelines it matches. Sources that do not exist here match nothing.
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
class JobFilter:
    """The criteria of one `only` or `except`; those that it does not give are None."""

    at: Location
    refs: list[str] | None = None
    variables: list[Expression] | None = None
    changes: list[str] | None = None
    kubernetes: str | None = None

    def match_results(self, context: CompileContext, values: Mapping[str, str]) -> list[bool]:
        """Whether each criterion that is given matches."""
        answers = []
        if self.refs is not None:
            answers.append(any(matches_pipeline(ref, context) for ref in self.refs))
        if self.variables is not None:
            at = self.at.under("variables")
            answers.append(any(holds(expression, context, values, at) for expression in self.variables))
        if self.changes is not None:
            answers.append(context.any_changed(self.changes, None, values, self.at.under("changes")))
        if self.kubernetes is not None:
            answers.append(False)  # no cluster is ever connected here
        return answers


def admits(
    only: JobFilter | None, unless: JobFilter | None, context: CompileContext, values: Mapping[str, str]
) -> bool:
    return (only is None or all(only.match_results(context, values))) and (
        unless is None or not any(unless.match_results(context, values))
    )


def matches_pipeline(word: str, context: CompileContext) -> bool:
    """Whether a keyword, ref or `/pattern/` matches the pipeline.

    `@group/project` after it restricts it to that project.
    """
    pattern, project = split_project(word)
    if project and project != context.predefined.get("CI_PROJECT_PATH"):
        return False
    if pattern.startswith("/"):
        return contains_match(context.ref, pattern)
    if pattern in ("branches", "tags"):
        return context.tag == (pattern == "tags")
    return pattern == context.ref or SOURCES.get(pattern) == context.source


def split_project(word: str) -> tuple[str, str]:
    """The word without its project, and the project that it is restricted to ("": any)."""
    if word.startswith("/"):
        match = SLASHED_FOR_PROJECT.fullmatch(word)
        return (match["pattern"], match["project"]) if match else (word, "")
    pattern, _, project = word.partition("@")
    return pattern, project


# ---------------------------------------------------------------------- reading


def ref(value: Any, at: Location) -> str:
    if len(text(value, at)) > MAX_PATTERN_LENGTH:
        raise at.error(f"the pattern is longer than {MAX_PATTERN_LENGTH} characters.")
    pattern, _ = split_project(value)
    if pattern.startswith("/"):
        try:
            source_of(pattern)
        except BadPattern as error:
            raise at.error(f"{error}.") from error
    return str(value)


refs: Validator[list[str]] = list_of(ref)
FILTER_KEYS: dict[str, Validator[Any]] = {
    "refs": refs,
    "variables": list_of(condition),
    "changes": list_of(text, max_items=MAX_PATTERNS),
    "kubernetes": choice("active"),
}


def job_filter(value: Any, at: Location) -> JobFilter:
    if isinstance(value, YamlMap):
        return JobFilter(at, **fields(value, at, FILTER_KEYS))
    return JobFilter(at, refs(value, at))
