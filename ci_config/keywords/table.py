"""All keywords of a job with their validators. A keyword that is in no table is an error."""

from __future__ import annotations

from typing import Any

from ci_config.conditions import only_except, rules
from ci_config.conditions.patterns import BadPattern, source_of
from ci_config.errors import Location
from ci_config.keywords import (
    artifacts,
    cache,
    containers,
    environment,
    id_tokens,
    needs,
    pages,
    parallel,
    release,
    retry,
    scripts,
    trigger,
    variables,
)
from ci_config.validators import Validator, boolean, choice, duration, fields, list_of, name, text

MONTH = 30 * 86_400
WHEN = ("on_success", "on_failure", "always", "manual")


def regular_expression(value: Any, at: Location) -> str:
    try:
        return source_of(text(value, at))
    except BadPattern as error:
        raise at.error(f"{error}.") from error


def tag(value: Any, at: Location) -> str:
    """A tag; an empty one is none."""
    return value if value == "" else name(value, at)


def inherit(value: Any, at: Location) -> dict[str, bool | list[str]]:
    return fields(value, at, {"default": flag_or_list(choice(*DEFAULT_KEYWORDS)), "variables": flag_or_list(text)})


def flag_or_list(one: Validator[str]) -> Validator[bool | list[str]]:
    """True for all, false for none, or a list of items that `one` accepts."""
    return lambda value, at: value if isinstance(value, bool) else list_of(one)(value, at)


# For all jobs.
COMMON_KEYWORDS: dict[str, Validator[Any]] = {
    "stage": name,
    "variables": variables.job_variables,
    "rules": rules.rule_list(rules.JOB_RULE),
    "only": only_except.job_filter,
    "except": only_except.job_filter,
    "when": choice(*WHEN),
    "allow_failure": retry.allow_failure,
    "needs": needs.needs,
    "parallel": parallel.parallel,
    "interruptible": boolean,
    "environment": environment.environment,
    "resource_group": name,
    "inherit": inherit,
}
# For jobs that run on a runner.
SCRIPT_KEYWORDS: dict[str, Validator[Any]] = {
    **COMMON_KEYWORDS,
    "when": choice(*WHEN, "delayed"),
    "start_in": rules.start_in,
    "script": scripts.nonempty_lines,
    "before_script": scripts.lines,
    "after_script": scripts.lines,
    "tags": list_of(tag, max_items=50),
    "dependencies": needs.dependencies,
    "artifacts": artifacts.artifacts,
    "cache": cache.caches,
    "image": containers.image,
    "services": containers.services,
    "timeout": duration(MONTH, "a month"),
    "retry": retry.retry,
    "coverage": regular_expression,
    "id_tokens": id_tokens.id_tokens,
    "hooks": scripts.hooks,
    "manual_confirmation": text,
    "pages": pages.pages,
    "publish": name,
    "release": release.release,
}
# For jobs that start a pipeline. The server runs them, so they have no exit code.
TRIGGER_KEYWORDS: dict[str, Validator[Any]] = {
    **COMMON_KEYWORDS,
    "allow_failure": boolean,
    "needs": needs.needs_of_this_pipeline("a job with `trigger` downloads nothing"),
    "trigger": trigger.trigger,
}
# For jobs that take over the status of another project's pipeline.
MIRROR_KEYWORDS: dict[str, Validator[Any]] = {**COMMON_KEYWORDS, "allow_failure": boolean, "needs": needs.upstream}
# Allowed in `default`.
DEFAULT_KEYWORDS: dict[str, Validator[Any]] = {
    keyword: SCRIPT_KEYWORDS[keyword]
    for keyword in (
        "after_script artifacts before_script cache hooks id_tokens image interruptible retry services tags timeout"
    ).split()
}
