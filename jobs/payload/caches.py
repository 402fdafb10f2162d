"""The caches of a job. Those of protected refs are kept apart: what a job of any other branch leaves in a cache must
not find its way into a deployment."""

from __future__ import annotations

from typing import Any

from jobs.models import Job


def caches_of(job: Job) -> list[dict[str, Any]] | None:
    """With keys that say for which refs they are; `unprotect: true` shares one with every branch."""
    return [_apart(one, protected=job.pipeline.protected) for one in job.options.get("cache") or []] or None


def _apart(cache: dict[str, Any], *, protected: bool) -> dict[str, Any]:
    refs = "protected" if protected and not cache.get("unprotect") else "non_protected"
    told = {name: value for name, value in cache.items() if name != "unprotect"}
    fallbacks = [f"{key}-{refs}" for key in cache.get("fallback_keys") or []]
    return {**told, "key": f"{cache['key']}-{refs}", "fallback_keys": fallbacks}
