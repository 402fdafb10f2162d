"""Pipelines that start each other: by a bridge, by a job's token at the trigger, by a push with one."""

from __future__ import annotations

from collections.abc import Iterable

from jobs.models import Pipeline
from jobs.models.pipeline import Source
from jobs.pipelines.plan import PipelineRefused
from projects.models import Project

MAX_CHAIN_LENGTH = 10


def upstream_chain(pipeline: Pipeline | None) -> Iterable[Pipeline]:
    """The pipeline, the one that started it, and so on. `check_chain_length` has bounded its length."""
    while pipeline is not None:
        yield pipeline
        job_id = pipeline.started_by_job_id
        pipeline = _pipeline_of(job_id) if job_id else None


def same_family(one: Pipeline, other: Pipeline) -> bool:
    """Whether both are a parent and its child pipelines, however deep, of one project."""
    return one.project_id == other.project_id and _family_root(one).pk == _family_root(other).pk


def _family_root(pipeline: Pipeline) -> Pipeline:
    root = pipeline
    for upstream in upstream_chain(pipeline):
        root = upstream
        if upstream.source != Source.PARENT:
            break
    return root


def _pipeline_of(job_id: int) -> Pipeline | None:
    return Pipeline.objects.filter(jobs=job_id).first()


def check_chain_length(job_id: int) -> None:
    """Check that the job may start one more pipeline. Raises PipelineRefused if its chain is MAX_CHAIN_LENGTH long."""
    for length, pipeline in enumerate(upstream_chain(_pipeline_of(job_id)), start=2):
        if length >= MAX_CHAIN_LENGTH and pipeline.started_by_job_id is not None:
            raise PipelineRefused(f"The chain of pipelines that start each other is {MAX_CHAIN_LENGTH} long already")


def check_cycle(job_id: int, project: Project, ref: str) -> None:
    """Refuse a chain that comes back to the same project and ref: it would start itself again and again. `ref`: its
    short name. Raises PipelineRefused."""
    if any((run.project_id, run.ref) == (project.pk, ref) for run in upstream_chain(_pipeline_of(job_id))):
        raise PipelineRefused(f"{project.full_path} on {ref} has started this chain of pipelines already")
