"""The features that a job requires of a runner (runner.md §2.3).

On a runner without them the job would pass without doing what it is for.
"""

from __future__ import annotations

from typing import Any

from jobs.models import Job


def required_features(job: Job) -> set[str]:
    """The features that the job requires, by the names that runners report (runner.md §1.3)."""
    artifacts = job.options.get("artifacts") or {}
    caches: list[dict[str, Any]] = job.options.get("cache") or []
    retry = job.options.get("retry") or {}
    required = {
        "upload_multiple_artifacts": artifacts.get("reports"),
        "artifacts_exclude": artifacts.get("exclude"),
        "fallback_cache_keys": any(cache.get("fallback_keys") for cache in caches),
        "multi_build_steps": job.options.get("release"),
        "return_exit_code": job.options.get("allow_failure_exit_codes") or retry.get("exit_codes"),
    }
    return {name for name, value in required.items() if value}


def supports_job(info: dict[str, Any], job: Job) -> bool:
    """Whether a runner with this `info` has all required features. One that reports none is assumed to have them."""
    features = info.get("features")
    return not features or all(features.get(name) is True for name in required_features(job))
