"""Builds the compiled jobs from the selected ones."""

from __future__ import annotations

from typing import Any

from ci_config.context import CompileContext
from ci_config.jobs.job_graph import JobIndex
from ci_config.jobs.selection import SelectedJob
from ci_config.keywords.cache import runner_cache
from ci_config.keywords.needs import of_elsewhere
from ci_config.keywords.pages import site_folder, with_folder
from ci_config.result import CompiledJob

COPIED_KEYWORDS = (
    "image", "environment", "timeout", "resource_group", "trigger", "coverage", "id_tokens",
    "hooks", "manual_confirmation", "release",
)  # fmt: skip


def build_job(job: SelectedJob, index: JobIndex, stages: list[str], context: CompileContext) -> CompiledJob:
    keywords = job.definition.keywords
    codes = job.allow_failure if isinstance(job.allow_failure, list) else []
    folder = site_folder(job.definition.name, keywords)
    return CompiledJob(
        name=job.name,
        group=job.definition.name,
        stage=job.definition.stage,
        stage_index=stages.index(job.definition.stage),
        script=full_script(keywords),
        after_script=tuple(keywords.get("after_script", ())),
        variables=tuple(job.variables),
        tags=tuple(dict.fromkeys(tag for tag in keywords.get("tags", ()) if tag)),
        when=job.when,
        start_in=job.start_in,
        allow_failure=job.allow_failure is True,
        allow_failure_exit_codes=tuple(codes),
        needs=index.needs(job, context.budget),
        needs_elsewhere=tuple(need.as_dict() for need in of_elsewhere(keywords.get("needs", ()))),
        dependencies=index.dependencies(job),
        artifacts=with_folder(keywords.get("artifacts"), folder) if folder else keywords.get("artifacts"),
        pages={"publish": folder} if folder else None,
        cache=tuple(runner_cache(cache, context.content) for cache in keywords.get("cache", ())),
        services=tuple(keywords.get("services", ())),
        retry=keywords["retry"] if keywords.get("retry", {}).get("max") else None,
        node_index=job.instance.index,
        node_total=job.instance.total,
        interruptible=job.interruptible,
        **{keyword: keywords.get(keyword) for keyword in COPIED_KEYWORDS},
    )


def full_script(keywords: dict[str, Any]) -> tuple[str, ...]:
    """`before_script` and `script`, which run in one shell; empty for a trigger job."""
    return (*keywords.get("before_script", ()), *keywords["script"]) if "script" in keywords else ()
