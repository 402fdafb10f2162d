"""Builds the payload of a job: the instructions for the runner (runner.md §2.4)."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings

from identity.encryption import DecryptionError
from jobs.artifacts.dependencies import Dependency, dependencies_of
from jobs.artifacts.elsewhere import dependencies_elsewhere
from jobs.models import Job, Runner
from jobs.runners.payload.artifacts import artifact_entries, dependencies_json
from jobs.runners.payload.caches import cache_entries
from jobs.runners.payload.check import BadPayload, check_payload
from jobs.runners.payload.release import release_script
from jobs.runners.payload.sources import git_info
from jobs.states import FailureReason
from jobs.variables.job import LOGIN, variables_for_job
from jobs.variables.value import Variable, values_by_key

MAX_RUNNING_COUNT = 5
# The reasons that a runner may report; it maps all others to one of these (runner.md §3.1).
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


def build_payload(
    job: Job,
    runner: Runner,
    token: str,
    now: datetime,
    *,
    running: int | None = None,
    info: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    """The payload of `job` for `runner`. `token`: the new job token.

    `running`: the number of jobs of the project on instance runners; None for other runners. `info`: what the runner
    reports about itself. Left out on purpose: `run` (must be absent), `policy_options`, `suspend_options`, `secrets`,
    `inputs`.

    Raises BadPayload if the runner could not decode it, and would lose the job; MissingDependency if artifacts of
    earlier jobs are gone; UnmetNeed if one of another project or pipeline cannot be had; PathOfAnotherProject if its ID
    tokens would pass for those of another project.
    """
    timeout = job_timeout(job, runner)
    options, dependencies = job.options, [*dependencies_of(job), *dependencies_elsewhere(job)]
    variables = _variables(job, runner, token, now, dependencies, timeout)
    payload = {
        "id": job.pk,
        "token": token,
        "allow_git_fetch": job.project.fetches_code,
        "job_info": _job_info(job, running, now),
        "git_info": git_info(job, token, values_by_key(variables).get("GIT_DEPTH", "")),
        "runner_info": {"timeout": timeout},
        "variables": [variable.as_payload() for variable in variables],
        "steps": _steps(options, timeout, info or {}),
        "image": options.get("image"),
        "services": options.get("services") or None,
        "credentials": _credentials(token),
        **_files(job, dependencies, token),
        "hooks": _hooks(options.get("hooks") or {}),
        "features": {"trace_sections": True, "token_mask_prefixes": [], "failure_reasons": [str(r) for r in REASONS]},
    }
    check_payload(payload)
    return payload


def _variables(
    job: Job, runner: Runner, token: str, now: datetime, dependencies: list[Dependency], timeout: int
) -> list[Variable]:
    try:
        return variables_for_job(job, runner, token, now, dependencies, lifetime=timeout)
    except DecryptionError as error:
        raise BadPayload("a CI variable was sealed with a key that is gone") from error


def _files(job: Job, dependencies: list[Dependency], token: str) -> dict[str, Any]:
    """What the runner fetches before the scripts run, and stores after them."""
    return {
        "artifacts": artifact_entries(job),
        "cache": cache_entries(job),
        "dependencies": dependencies_json(dependencies, token),
    }


def _credentials(token: str) -> list[dict[str, str]] | None:
    """What the runner pulls the job's own images with."""
    if not settings.REGISTRY_ENABLED:
        return None
    return [{"type": "registry", "url": settings.REGISTRY_HOST, "username": LOGIN, "password": token}]


def job_timeout(job: Job, runner: Runner) -> int:
    """The timeout in seconds: of the job, or else of the project, but at most that of the runner."""
    timeout = int(job.options.get("timeout") or job.project.build_timeout)
    return min(timeout, runner.maximum_timeout) if runner.maximum_timeout else timeout


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
        "project_jobs_running_on_instance_runners_count": _running_label(running),
    }


def _running_label(running: int | None) -> str:
    """The number as GitLab formats it: exact below MAX_RUNNING_COUNT, then `5+`; `+Inf` if it is not counted."""
    if running is None:
        return "+Inf"
    return str(running) if running < MAX_RUNNING_COUNT else f"{MAX_RUNNING_COUNT}+"


def _steps(options: dict[str, Any], timeout: int, info: Mapping[str, Any]) -> list[dict[str, Any]]:
    steps = [_step("script", options.get("script") or [], timeout, "on_success", False)]
    if options.get("release"):
        steps.append(_step("release", release_script(options["release"], info), timeout, "on_success", False))
    if options.get("after_script"):
        steps.append(_step("after_script", options["after_script"], timeout, "always", True))
    return steps


def _hooks(hooks: Mapping[str, list[str]]) -> list[dict[str, Any]]:
    return [{"name": name, "script": script} for name, script in hooks.items() if script]


def _step(name: str, script: list[str], timeout: int, when: str, allow_failure: bool) -> dict[str, Any]:
    return {"name": name, "script": list(script), "timeout": timeout, "when": when, "allow_failure": allow_failure}
