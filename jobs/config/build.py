"""From what was chosen to what is handed out."""

from __future__ import annotations

from typing import Any

from jobs.config.keywords.cache import settled
from jobs.config.ordering import Names
from jobs.config.result import CompiledJob
from jobs.config.selection import Chosen
from jobs.config.world import World

COPIED = ("artifacts", "image", "environment", "timeout", "resource_group", "trigger", "coverage")


def built(job: Chosen, names: Names, stages: list[str], world: World) -> CompiledJob:
    keywords = job.draft.keywords
    codes = job.allow_failure if isinstance(job.allow_failure, list) else []
    return CompiledJob(
        name=job.name,
        group=job.draft.name,
        stage=job.draft.stage,
        stage_index=stages.index(job.draft.stage),
        script=script(keywords),
        after_script=tuple(keywords.get("after_script", ())),
        variables=tuple(job.variables),
        tags=tuple(dict.fromkeys(keywords.get("tags", ()))),
        when=job.when,
        start_in=job.start_in,
        allow_failure=job.allow_failure is True,
        allow_failure_exit_codes=tuple(codes),
        needs=names.needs(job, world.budget),
        dependencies=names.dependencies(job),
        cache=tuple(settled(cache, world.content) for cache in keywords.get("cache", ())),
        services=tuple(keywords.get("services", ())),
        retry=keywords["retry"] if keywords.get("retry", {}).get("max") else None,
        node_index=job.instance.index,
        node_total=job.instance.total,
        interruptible=job.interruptible,
        **{keyword: keywords.get(keyword) for keyword in COPIED},
    )


def script(keywords: dict[str, Any]) -> tuple[str, ...]:
    """Both run in one shell; a trigger has neither."""
    return (*keywords.get("before_script", ()), *keywords["script"]) if "script" in keywords else ()
