"""What a job asks of the runner that takes it: on one that cannot do it, the job would pass without what it is for
(runner.md §2.3)."""

from __future__ import annotations

from typing import Any

from jobs.models import Job


def needed(job: Job) -> set[str]:
    """By the names under which runners tell what they can do (runner.md §1.3)."""
    artifacts = job.options.get("artifacts") or {}
    caches: list[dict[str, Any]] = job.options.get("cache") or []
    retry = job.options.get("retry") or {}
    wanted = {
        "upload_multiple_artifacts": artifacts.get("reports"),
        "artifacts_exclude": artifacts.get("exclude"),
        "fallback_cache_keys": any(one.get("fallback_keys") for one in caches),
        "return_exit_code": job.options.get("allow_failure_exit_codes") or retry.get("exit_codes"),
    }
    return {name for name, value in wanted.items() if value}


def is_able(info: dict[str, Any], job: Job) -> bool:
    """A runner that tells nothing of what it can do is taken to be able to."""
    told = info.get("features")
    return not told or all(told.get(name) is True for name in needed(job))
