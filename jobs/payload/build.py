"""From a job to the runner's instructions."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from identity.sealed import Unreadable
from jobs.artifacts.dependencies import dependencies_of
from jobs.models import Job, Runner
from jobs.payload.artifacts import artifacts_of, dependencies_json
from jobs.payload.caches import caches_of
from jobs.payload.check import BadPayload, check
from jobs.payload.sources import git_info
from jobs.states import FailureReason
from jobs.variables import for_job, values

MOST_COUNTED = 5
# What a runner may report; anything else it maps to one of these itself (runner.md §3.1).
REASONS = [
    FailureReason.SCRIPT,
    FailureReason.RUNNER_SYSTEM,
    FailureReason.TIMEOUT,
    FailureReason.UNKNOWN,
    FailureReason.JOB_CANCELED,
    FailureReason.RUNNER_INTERRUPTED,
    FailureReason.RUNNER_CONFIGURATION,
    FailureReason.RUNNER_DEPENDENCY,
    FailureReason.IMAGE_PULL,
]


def build(job: Job, runner: Runner, token: str, now: datetime, *, running: int | None = None) -> dict[str, Any]:
    """The body of the 201. Raises BadPayload for what the runner could not read: it would lose the job; and
    jobs.artifacts.dependencies.MissingDependency when earlier artifacts are gone.

    `running`: how many jobs of the project run on instance runners; None on any other runner. Keys left out on purpose:
    `run` (must be absent), `policy_options`, `suspend_options`, `secrets`, `inputs`.
    """
    timeout = timeout_of(job, runner)
    options, dependencies = job.options, dependencies_of(job)
    try:
        variables = for_job(job, runner, token, now, dependencies)
    except Unreadable as error:
        raise BadPayload("a CI variable was sealed with a key that is gone") from error
    payload = {
        "id": job.pk,
        "token": token,
        "allow_git_fetch": True,
        "job_info": _job_info(job, running, now),
        "git_info": git_info(job, token, values(variables).get("GIT_DEPTH", "")),
        "runner_info": {"timeout": timeout},
        "variables": [variable.as_payload() for variable in variables],
        "steps": _steps(options, timeout),
        "image": options.get("image"),
        "services": options.get("services") or None,
        "artifacts": artifacts_of(job),
        "cache": caches_of(job),
        "credentials": None,
        "dependencies": dependencies_json(dependencies, token),
        "hooks": [],
        "features": {"trace_sections": True, "token_mask_prefixes": [], "failure_reasons": [str(r) for r in REASONS]},
    }
    check(payload)
    return payload


def timeout_of(job: Job, runner: Runner) -> int:
    """Seconds: the job's own limit or else the project's, never more than the runner's."""
    wanted = job.options.get("timeout") or job.project.build_timeout
    return min(wanted, runner.maximum_timeout) if runner.maximum_timeout else wanted


def _job_info(job: Job, running: int | None, now: datetime) -> dict[str, Any]:
    project = job.project
    return {
        "id": job.pk,
        "name": job.name,
        "stage": job.stage,
        "pipeline_id": job.pipeline_id,
        "project_id": project.pk,
        "project_name": project.path,
        "project_full_path": project.full_path,
        "namespace_id": project.group_id,
        "user_id": job.user_id,
        "time_in_queue_seconds": round((now - job.queued_at).total_seconds(), 3) if job.queued_at else 0,
        "project_jobs_running_on_instance_runners_count": _crowd(running),
    }


def _crowd(running: int | None) -> str:
    """A text, as the original words it: so many, more than that, or not counted."""
    if running is None:
        return "+Inf"
    return str(running) if running < MOST_COUNTED else f"{MOST_COUNTED}+"


def _steps(options: dict[str, Any], timeout: int) -> list[dict[str, Any]]:
    steps = [_step("script", options.get("script") or [], timeout, "on_success", False)]
    if options.get("after_script"):
        steps.append(_step("after_script", options["after_script"], timeout, "always", True))
    return steps


def _step(name: str, script: list[str], timeout: int, when: str, allow_failure: bool) -> dict[str, Any]:
    return {"name": name, "script": list(script), "timeout": timeout, "when": when, "allow_failure": allow_failure}
