"""What an allowlist entry asks of a job besides its project: every condition must hold, and of a list one suffices.

    {"protected_refs": true, "branches": ["main", "release/*"], "pipeline_sources": ["push", "schedule"]}

`branches` and `tags` are one condition: the job's ref must match a pattern of its kind. Patterns are those of protected
refs. What is not known of a job fulfils no condition, and neither does anything a condition that is not known.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from functools import lru_cache
from typing import Any, NamedTuple

from tokenaccess.policy.addresses import parse_address, parse_network
from tokenaccess.policy.protected_refs import matches

MAX_VALUES = 50  # of one condition
MAX_VALUE_LENGTH = 255
PIPELINE_SOURCES = ("push", "web", "api", "trigger", "pipeline", "schedule", "parent_pipeline")
# How the sentence about a condition that is not met begins.
UNMET = "The allowlist entry admits "


class JobContext(NamedTuple):
    """The job that asks, as far as conditions are about it. `address`: from where its runner took it; "" if that is not
    known."""

    protected: bool
    ref: str
    tag: bool
    environment: str
    pipeline_source: str
    fork: bool
    manual_retry: bool
    runner_tags: frozenset[str]
    address: str


class BadCondition(ValueError):
    """`key`: the condition that is wrong. The message continues a sentence about it."""

    def __init__(self, key: str, message: str) -> None:
        super().__init__(message)
        self.key = key

    @property
    def sentence(self) -> str:
        return f"conditions: {self.key} {self}"


class Conditions(NamedTuple):
    """Networks in CIDR notation. `unknown`: a key that was stored and that nothing here knows, "" if there is none."""

    protected_refs: bool = False
    branches: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    environments: tuple[str, ...] = ()
    pipeline_sources: tuple[str, ...] = ()
    no_forks: bool = False
    no_manual_retries: bool = False
    runner_tags: tuple[str, ...] = ()
    runner_networks: tuple[str, ...] = ()
    unknown: str = ""

    @classmethod
    def parse(cls, given: Mapping[str, Any]) -> Conditions:
        """Raises BadCondition for what is not known or badly formed."""
        for key, value in given.items():
            _check(key, value)
        return cls(**{key: value if key in FLAGS else _values(key, value) for key, value in given.items()})

    def as_json(self) -> dict[str, Any]:
        """As `parse` takes it, without what is not asked for."""
        rows = {key: value for key, value in self._asdict().items() if value and key != "unknown"}
        return {key: list(value) if isinstance(value, tuple) else value for key, value in rows.items()}

    def covers(self, other: Conditions) -> bool:
        """Whether every job that these admit is one that `other` admits too."""
        if other.unknown:
            return False
        flags = all(getattr(self, flag) or not getattr(other, flag) for flag in FLAGS)
        refs = not (other.branches or other.tags) or (
            bool(self.branches or self.tags) and {*self.branches} <= {*other.branches} and {*self.tags} <= {*other.tags}
        )
        return flags and refs and all(_narrower(getattr(self, key), getattr(other, key)) for key in _ALONE)

    def refusal(self, job: JobContext | None) -> str:
        """The sentence about the first condition that is not met, "" if all are. `job`: None if there is none yet."""
        if self.unknown:
            return f"{UNMET}nobody: its condition {self.unknown} is not known."
        for rule in _RULES:
            if rule.applies(self) and (job is None or not rule.holds(self, job)):
                why = "which cannot be known before there is a job" if job is None else "and this is none"
                return f"{UNMET}only {rule.jobs(self)}, {why}."
        return ""


def _values(key: str, given: list[str]) -> Any:
    """Each once; networks without the space around them that a parser of networks would not mind."""
    return tuple(dict.fromkeys(one.strip() if key == "runner_networks" else one for one in given))


NO_CONDITIONS = Conditions()
FLAGS = ("protected_refs", "no_forks", "no_manual_retries")
_ALONE = ("environments", "pipeline_sources", "runner_tags", "runner_networks")


def _narrower(values: tuple[str, ...], others: tuple[str, ...]) -> bool:
    """Whether the one list admits no more than the other; an empty one admits everything."""
    return not others or (bool(values) and {*values} <= {*others})


def _any_matches(patterns: tuple[str, ...], name: str) -> bool:
    return bool(name) and any(matches(pattern, name) for pattern in patterns)


def _is_in_network(networks: tuple[str, ...], address: str) -> bool:
    at = parse_address(address)
    return at is not None and any(at in parse_network(network) for network in networks)


def _refs(conditions: Conditions) -> str:
    parts = [("branches", conditions.branches), ("tags", conditions.tags)]
    return " or ".join(f"{kind} {', '.join(names)}" for kind, names in parts if names)


class _Rule(NamedTuple):
    """Asked for by any of `keys`. `jobs`: which ones are admitted, in words."""

    keys: tuple[str, ...]
    holds: Callable[[Conditions, JobContext], bool]
    jobs: Callable[[Conditions], str]

    def applies(self, conditions: Conditions) -> bool:
        return any(getattr(conditions, key) for key in self.keys)


_RULES = (
    _Rule(("protected_refs",), lambda asked, job: job.protected, lambda asked: "jobs on protected branches and tags"),
    _Rule(
        ("branches", "tags"),
        lambda asked, job: _any_matches(asked.tags if job.tag else asked.branches, job.ref),
        lambda asked: f"jobs on {_refs(asked)}",
    ),
    _Rule(
        ("environments",),
        lambda asked, job: _any_matches(asked.environments, job.environment),
        lambda asked: f"jobs of the environments {', '.join(asked.environments)}",
    ),
    _Rule(
        ("pipeline_sources",),
        lambda asked, job: job.pipeline_source in asked.pipeline_sources,
        lambda asked: f"jobs of pipelines started by {', '.join(asked.pipeline_sources)}",
    ),
    _Rule(("no_forks",), lambda asked, job: not job.fork, lambda asked: "jobs of projects that are no forks"),
    _Rule(
        ("no_manual_retries",),
        lambda asked, job: not job.manual_retry,
        lambda asked: "jobs that nobody retried by hand",
    ),
    _Rule(
        ("runner_tags",),
        lambda asked, job: bool(job.runner_tags.intersection(asked.runner_tags)),
        lambda asked: f"jobs on runners tagged {', '.join(asked.runner_tags)}",
    ),
    _Rule(
        ("runner_networks",),
        lambda asked, job: _is_in_network(asked.runner_networks, job.address),
        lambda asked: f"jobs on runners in {', '.join(asked.runner_networks)}",
    ),
)


def _is_text(value: Any) -> bool:
    return isinstance(value, str) and bool(value.strip()) and len(value) <= MAX_VALUE_LENGTH and value.isprintable()


def _is_source(value: Any) -> bool:
    return value in PIPELINE_SOURCES


def _is_network(value: Any) -> bool:
    try:
        parse_network(value if isinstance(value, str) else "")
    except ValueError:
        return False
    return True


_CHECKS: dict[str, tuple[Callable[[Any], bool], str]] = {
    "branches": (_is_text, "a name or pattern"),
    "tags": (_is_text, "a name or pattern"),
    "environments": (_is_text, "a name or pattern"),
    "pipeline_sources": (_is_source, f"one of {', '.join(PIPELINE_SOURCES)}"),
    "runner_tags": (_is_text, "a tag"),
    "runner_networks": (_is_network, "a network such as 10.0.0.0/8"),
}
KEYS = (*FLAGS, *_CHECKS)


def _check(key: str, value: Any) -> None:
    if key in FLAGS:
        if not isinstance(value, bool):
            raise BadCondition(key, "must be true or false")
        return
    if key not in _CHECKS:
        raise BadCondition(key, "is not known")
    if not isinstance(value, list):
        raise BadCondition(key, "must be a list")
    if not value:
        raise BadCondition(key, "is empty; leave it out to ask for nothing")
    if len(value) > MAX_VALUES:
        raise BadCondition(key, f"has more than {MAX_VALUES} values")
    is_valid, what = _CHECKS[key]
    if wrong := [one for one in value if not is_valid(one)]:
        raise BadCondition(key, f"has {wrong[0]!r}, which is not {what}")


def conditions_of(stored: Mapping[str, Any]) -> tuple[Conditions, ...]:
    """Of an entry, empty if it has none. What was stored and is not valid any more admits nobody."""
    if not stored:
        return ()
    try:
        conditions = Conditions.parse(stored)
    except BadCondition as error:
        return (Conditions(unknown=error.key),)
    return () if conditions == NO_CONDITIONS else (conditions,)


@lru_cache(maxsize=1024)
def conditions_from_text(text: str) -> tuple[Conditions, ...]:
    """As `conditions_of`, of its JSON."""
    return conditions_of(json.loads(text))
