"""Every keyword of a job and what reads it; what is not in a table is an error that names it."""

from __future__ import annotations

from typing import Any

from jobs.config import only_except, rules
from jobs.config.errors import Place
from jobs.config.keywords import (
    artifacts,
    cache,
    containers,
    environment,
    needs,
    parallel,
    retry,
    scripts,
    trigger,
    variables,
)
from jobs.config.patterns import BadPattern, source_of
from jobs.config.shapes import Reader, boolean, choice, duration, fields, list_of, name, text

MONTH = 30 * 86_400


def pattern(value: Any, at: Place) -> str:
    try:
        return source_of(text(value, at))
    except BadPattern as error:
        raise at.wrong(f"{error}.") from error


def inherit(value: Any, at: Place) -> dict[str, bool | list[str]]:
    return fields(value, at, {"default": all_or(choice(*DEFAULT)), "variables": all_or(text)})


def all_or(one: Reader[str]) -> Reader[bool | list[str]]:
    """True for all, false for none, or a list of those that `one` reads."""
    return lambda value, at: value if isinstance(value, bool) else list_of(one)(value, at)


# A job of any kind.
COMMON: dict[str, Reader[Any]] = {
    "stage": name,
    "variables": variables.of_a_job,
    "rules": rules.reader(rules.OF_A_JOB),
    "only": only_except.read,
    "except": only_except.read,
    "when": choice("on_success", "on_failure", "always", "manual", "delayed"),
    "start_in": rules.start_in,
    "allow_failure": retry.allow_failure,
    "needs": needs.read,
    "parallel": parallel.read,
    "interruptible": boolean,
    "resource_group": name,
    "inherit": inherit,
}
# A job that a runner takes.
SCRIPT: dict[str, Reader[Any]] = {
    **COMMON,
    "script": scripts.some_lines,
    "before_script": scripts.lines,
    "after_script": scripts.lines,
    "tags": list_of(name, single=True, most=50),
    "dependencies": needs.dependencies,
    "artifacts": artifacts.read,
    "cache": cache.read,
    "image": containers.image,
    "services": containers.services,
    "environment": environment.read,
    "timeout": duration(MONTH, "a month"),
    "retry": retry.retry,
    "coverage": pattern,
}
# A job that starts a pipeline; the server runs it itself, so that it has no exit code.
TRIGGER: dict[str, Reader[Any]] = {**COMMON, "allow_failure": boolean, "trigger": trigger.read}
# What `default` may hold.
DEFAULT: dict[str, Reader[Any]] = {
    keyword: SCRIPT[keyword]
    for keyword in (
        "after_script artifacts before_script cache image interruptible retry services tags timeout"
    ).split()
}
# Keywords of the original that are not here.
LATER = (
    "dast_configuration", "hooks", "id_tokens", "identity", "inputs", "manual_confirmation", "pages", "publish",
    "release", "run", "secrets",
)  # fmt: skip
