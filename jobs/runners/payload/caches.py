"""The caches of a payload. Protected refs have caches of their own, so that jobs of other branches cannot put anything
into a deployment."""

from __future__ import annotations

from typing import Any

from jobs.models import Job


def cache_entries(job: Job) -> list[dict[str, Any]] | None:
    """The job's caches, with keys by whether its ref is protected; `unprotect: true` shares one with all refs, and a
    setting of the project all."""
    caches = job.options.get("cache") or []
    if not job.project.separate_caches:
        return [_without_unprotect(cache) for cache in caches] or None
    return [_with_ref_suffix(cache, protected=job.pipeline.protected) for cache in caches] or None


def _without_unprotect(cache: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in cache.items() if name != "unprotect"}


def _with_ref_suffix(cache: dict[str, Any], *, protected: bool) -> dict[str, Any]:
    refs = "protected" if protected and not cache.get("unprotect") else "non_protected"
    fallbacks = [f"{key}-{refs}" for key in cache.get("fallback_keys") or []]
    return {**_without_unprotect(cache), "key": f"{cache['key']}-{refs}", "fallback_keys": fallbacks}
