"""Pipelines, jobs and deployments, each time their status changes."""

from __future__ import annotations

from typing import Any

from hooks.payloads.parts import address, person_part, project_part, repository_part, stamp
from jobs.environments.services import environment_action
from jobs.models import Deployment, Job, Pipeline, Runner
from jobs.runners.types import RunnerType
from jobs.states import State
from projects.models import Project
from projects.repository import NoSuchRef, Repository
from text.moments import utc_text

MAX_JOBS = 1000  # of one pipeline


def job_payload(job: Job, status: str) -> dict[str, Any]:
    """`status`: the one that it has come to, which may be past by now."""
    pipeline, project = job.pipeline, job.project
    times = {f"build_{name}_at": stamp(getattr(job, f"{name}_at")) for name in ("created", "started", "finished")}
    times |= {
        f"build_{name}_at_iso": utc_text(getattr(job, f"{name}_at")) for name in ("created", "started", "finished")
    }
    return {
        "object_kind": "build",
        "ref": pipeline.ref,
        "tag": pipeline.tag,
        "before_sha": pipeline.before_sha,
        "sha": pipeline.sha,
        "build_id": job.pk,
        "build_name": job.name,
        "build_stage": job.stage,
        "build_status": status,
        **times,
        "build_duration": job.duration,
        "build_queued_duration": job.queued_duration,
        "build_allow_failure": job.allow_failure,
        "build_failure_reason": job.failure_reason or "unknown_failure",
        "retries_count": Job.objects.filter(pipeline=pipeline, name=job.name, pk__lt=job.pk).count(),
        "pipeline_id": pipeline.pk,
        "project_id": project.pk,
        "project_name": f"{project.group.name} / {project.name}",
        "user": person_part(job.user),
        "commit": _commit_of(pipeline),
        "repository": repository_part(project),
        "project": project_part(project),
        "runner": _runner(job.runner),
        "environment": _environment(job),
    }


def pipeline_payload(pipeline: Pipeline, status: str) -> dict[str, Any]:
    project = pipeline.project
    jobs = list(
        pipeline.jobs.current().select_related("user", "runner", "environment").order_by("stage_index", "id")[:MAX_JOBS]
    )
    return {
        "object_kind": "pipeline",
        "object_attributes": {
            "id": pipeline.pk,
            "iid": pipeline.iid,
            "name": pipeline.name or None,
            "ref": pipeline.ref,
            "tag": pipeline.tag,
            "sha": pipeline.sha,
            "before_sha": pipeline.before_sha,
            "source": pipeline.source,
            "status": status,
            "detailed_status": status,
            "stages": list(dict.fromkeys(job.stage for job in jobs)),
            "created_at": stamp(pipeline.created_at),
            "finished_at": stamp(pipeline.finished_at),
            "duration": None if pipeline.duration is None else int(pipeline.duration),
            "queued_duration": None if pipeline.queued_duration is None else int(pipeline.queued_duration),
            "protected_ref": pipeline.protected,
            "variables": [],  # they may be secret, and whoever receives this need not be a developer
            "url": address(f"{project.full_path}/-/pipelines/{pipeline.pk}"),
        },
        "merge_request": None,
        "user": person_part(pipeline.user),
        "project": project_part(project),
        "commit": _pipeline_commit(pipeline),
        "builds": [_build(job) for job in jobs],
    }


def deployment_payload(deployment: Deployment, status: str) -> dict[str, Any]:
    project, environment, job = deployment.project, deployment.environment, deployment.job
    user = deployment.user
    return {
        "object_kind": "deployment",
        "status": status,
        "status_changed_at": stamp(deployment.updated_at),
        "deployment_id": deployment.pk,
        "deployable_id": deployment.job_id,
        "deployable_url": None if job is None else address(f"{project.full_path}/-/jobs/{job.pk}"),
        "environment": environment.name,
        "environment_tier": environment.tier,
        "environment_slug": environment.slug,
        "environment_external_url": environment.external_url or None,
        "project": project_part(project),
        "ref": deployment.ref,
        "short_sha": deployment.sha[:8],
        "user": person_part(user),
        "user_url": None if user is None else address(user.username),
        "commit_url": address(f"{project.full_path}/-/commit/{deployment.sha}"),
        "commit_title": _title(project, deployment.sha),
    }


def _commit_of(pipeline: Pipeline) -> dict[str, Any]:
    """GitLab's `commit` of a job is its pipeline."""
    return {
        "id": pipeline.pk,
        "name": pipeline.name or None,
        "sha": pipeline.sha,
        "message": pipeline.commit.get("message", ""),
        "author_name": pipeline.commit.get("author_name", ""),
        "author_email": pipeline.commit.get("author_email", ""),
        "author_url": None,
        "status": pipeline.status,
        "duration": None if pipeline.duration is None else int(pipeline.duration),
        "started_at": stamp(pipeline.started_at),
        "started_at_iso": utc_text(pipeline.started_at),
        "finished_at": stamp(pipeline.finished_at),
        "finished_at_iso": utc_text(pipeline.finished_at),
    }


def _pipeline_commit(pipeline: Pipeline) -> dict[str, Any]:
    commit = pipeline.commit
    return {
        "id": pipeline.sha,
        "message": commit.get("message", ""),
        "title": commit.get("title", ""),
        "timestamp": commit.get("committed_date"),
        "url": address(f"{pipeline.project.full_path}/-/commit/{pipeline.sha}"),
        "author": {"name": commit.get("author_name", ""), "email": commit.get("author_email", "")},
    }


def _build(job: Job) -> dict[str, Any]:
    return {
        "id": job.pk,
        "stage": job.stage,
        "name": job.name,
        "status": job.status,
        "created_at": stamp(job.created_at),
        "started_at": stamp(job.started_at),
        "finished_at": stamp(job.finished_at),
        "duration": job.duration,
        "queued_duration": job.queued_duration,
        "failure_reason": job.failure_reason or None,
        "when": job.when,
        "manual": job.when == State.MANUAL,
        "allow_failure": job.allow_failure,
        "user": person_part(job.user),
        "runner": _runner(job.runner),
        "artifacts_file": {"filename": None, "size": None},
        "environment": _environment(job),
    }


def _runner(runner: Runner | None) -> dict[str, Any] | None:
    if runner is None:
        return None
    return {
        "id": runner.pk,
        "description": runner.description,
        "runner_type": runner.runner_type,
        "active": not runner.paused,
        "is_shared": runner.runner_type == RunnerType.INSTANCE,
        "tags": list(runner.tag_list),
    }


def _environment(job: Job) -> dict[str, Any] | None:
    if job.environment is None:
        return None
    return {
        "name": job.environment.name,
        "action": environment_action(job) or "start",
        "deployment_tier": job.environment.tier,
    }


def _title(project: Project, sha: str) -> str | None:
    try:
        return Repository(project.repository_path).commit(sha).title
    except NoSuchRef:
        return None
