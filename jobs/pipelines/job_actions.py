"""Finishes, cancels, retries, plays and erases single jobs. A job's token is valid only in the executing states."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db import transaction
from django.utils import timezone

from audit import services as audit
from identity.models import User
from jobs import signals
from jobs.artifacts import services as artifact_services
from jobs.environments import deployments
from jobs.environments import services as environment_services
from jobs.logs import storage
from jobs.logs.code_coverage import coverage_from_log
from jobs.models import Job
from jobs.pipelines import protected_refs
from jobs.pipelines.advance import advance, enqueue, lock
from jobs.pipelines.variable_rights import check_job_variables
from jobs.states import CANCELABLE, COMPLETED, EXECUTING, FailureReason, State

RETRYABLE = frozenset({State.SUCCESS, State.FAILED, State.CANCELED})
PLAYABLE = frozenset({State.MANUAL, State.SCHEDULED})
_RETRY_FIELDS = (
    "pipeline", "project", "name", "stage", "stage_index", "when", "needs", "protected", "tag_list", "tag_key",
    "options", "allow_failure", "bridge", "resource_group", "environment",
)  # fmt: skip
_OPTIONS_OF_ONE_TRY = {"refused", "refused_by", "follows"}  # why it failed, and which pipeline a mirror followed


class InvalidJobState(Exception):
    """The job's state does not allow the action; the text says so as GitLab words it."""


def _lock_job(job: Job) -> Job:
    """Lock the pipeline, and the job against a concurrent claim; return the job as it is now."""
    lock(job.pipeline_id)
    rows = Job.objects.select_related("pipeline", "project", "manager")
    return rows.select_for_update(of=("self",), no_key=True).get(pk=job.pk)


def finish_job(job: Job, *, status: str, failure_reason: str = "", exit_code: int | None = None) -> Job:
    """End a job with the `status` that its runner reports: `success` or `failed` (runner.md §3.1).

    A job in state `canceling` ends as `canceled` either way. Its token is invalid from then on. A job that is not
    executing stays as it is.
    """
    coverage = coverage_from_log(job)  # before taking any lock, because it may be slow
    with transaction.atomic():
        job = _lock_job(job)
        if job.status in EXECUTING:
            _finish(job, status, failure_reason, exit_code, coverage)
    return job


def _finish(job: Job, status: str, failure_reason: str, exit_code: int | None, coverage: float | None) -> None:
    if job.status == State.CANCELING:
        status, failure_reason = State.CANCELED, ""
    if status == State.FAILED and exit_code in job.options.get("allow_failure_exit_codes", ()):
        job.allow_failure = True
    known = failure_reason in FailureReason.values
    job.failure_reason = (failure_reason if known else FailureReason.UNKNOWN) if status == State.FAILED else ""
    job.exit_code = exit_code
    job.coverage = None if status == State.CANCELED else coverage
    _end(job, status)
    advance(job.pipeline)


def drop_job(job: Job, *, reason: str, only_in: Collection[str] = CANCELABLE) -> Job:
    """Fail a job for `reason` on behalf of the server, if it is still in one of the states `only_in`."""
    coverage = coverage_from_log(job)
    with transaction.atomic():
        job = _lock_job(job)
        if job.status in only_in:
            canceled = job.status == State.CANCELING
            job.failure_reason = "" if canceled else reason
            job.coverage = None if canceled else coverage
            _end(job, State.CANCELED if canceled else State.FAILED)
            advance(job.pipeline)
    return job


def _end(job: Job, status: str) -> None:
    job.status, job.finished_at = status, timezone.now()
    job.save(update_fields=["status", "finished_at", "failure_reason", "exit_code", "coverage", "allow_failure"])
    if job.resource_group:
        signals.send_on_commit(signals.resource_released, project_id=job.project_id, name=job.resource_group)
    if job.bridge and status == State.CANCELED:
        signals.send_on_commit(signals.bridge_canceled, job_id=job.pk)
    if status == State.FAILED:
        _after_failure(job)
    deployments.apply_job_result(job)


def _after_failure(job: Job) -> None:
    if _should_retry(job):
        create_retry(job, by=job.user, by_hand=False)
    elif not job.allow_failure and (job.options.get("auto_cancel") or {}).get("on_job_failure") == "all":
        signals.send_on_commit(signals.job_failed_fatally, pipeline_id=job.pipeline_id)


# Failure reason → the name that older CI files use for it in `retry:when` (runner.md §3.3).
_REASON_ALIASES: dict[str, str] = {FailureReason.NO_UPDATES: FailureReason.STUCK}


def _should_retry(job: Job) -> bool:
    """Whether the `retry` of the CI file covers this failure, and retries are left."""
    rule = job.options.get("retry")
    if not rule or job.user is None or not job.user.is_active:
        return False
    reasons = {"always", job.failure_reason, _REASON_ALIASES.get(job.failure_reason, "")}
    matches = reasons & set(rule["when"]) or job.exit_code in rule["exit_codes"]
    attempts = Job.objects.filter(pipeline=job.pipeline_id, name=job.name, retried=True).count()
    return bool(matches) and attempts < rule["max"]


@transaction.atomic
def cancel_job(job: Job, *, force: bool = False) -> Job:
    """Cancel a job: `canceled` at once, or `canceling` while a runner that can cancel gracefully stops it."""
    job = _lock_job(job)
    if job.status in CANCELABLE:
        cancel(job, force=force)
        advance(job.pipeline)
    return job


def cancel(job: Job, *, force: bool = False) -> None:
    """Cancel a job within a transaction that holds the pipeline's lock; `force`: do not wait for the runner."""
    if job.status == State.CANCELING and not force:
        return
    if job.status == State.RUNNING and not force and _supports_graceful_cancel(job):
        job.status = State.CANCELING
        job.save(update_fields=["status"])
    else:
        _end(job, State.CANCELED)


def _supports_graceful_cancel(job: Job) -> bool:
    features = job.manager.info.get("features") if job.manager else None
    return isinstance(features, dict) and features.get("cancel_gracefully") is True


@transaction.atomic
def retry_job(job: Job, *, by: User, from_scratch: bool = False) -> Job:
    """A new job in its place, which runs as `by`. Raises InvalidJobState, RefIsProtected.

    `from_scratch`: as the file has it, without the variables that somebody played it with; also one that was erased.
    """
    protected_refs.check_rerun(job.pipeline, by=by)
    job = _lock_job(job)
    if job.status not in RETRYABLE or job.retried or (job.erased_at is not None and not from_scratch):
        raise InvalidJobState("Job is not retryable")
    new = create_retry(job, by=by, from_scratch=from_scratch)
    advance(job.pipeline)
    new.refresh_from_db()
    return new


def create_retry(job: Job, *, by: User | None, from_scratch: bool = False, by_hand: bool = True) -> Job:
    """Create the retry of a job and enqueue it, within a transaction that holds the pipeline's lock.

    `by_hand`: somebody asked for it, rather than the CI file.
    """
    job.retried = True
    job.save(update_fields=["retried"])
    fields: dict[str, Any] = {name: getattr(job, name) for name in _RETRY_FIELDS}
    left_out = _OPTIONS_OF_ONE_TRY | ({"play_variables"} if from_scratch else set())
    fields["options"] = {key: value for key, value in job.options.items() if key not in left_out}
    new = Job(**fields, user=by, manual_retry=by_hand or job.manual_retry)
    environment_services.reassign_environment(new)
    new.save()
    environment_services.create_deployments([new])
    if new.status != State.FAILED:
        enqueue(new, timezone.now())
        new.save(update_fields=["status", "queued_at", "started_at"])
    requeue_skipped(new, by=by)
    return new


def fail_bridge(job: Job, messages: list[str]) -> None:
    """`messages`: for the job's page."""
    job.options = {**job.options, "refused": messages}
    Job.objects.filter(pk=job.pk).update(options=job.options)
    finish_job(job, status=State.FAILED, failure_reason=FailureReason.DOWNSTREAM)


def wait_for_person(bridge: Job) -> None:
    """Let a running bridge show that its downstream pipeline waits for one. The caller holds the pipeline's lock."""
    bridge.status = State.MANUAL
    bridge.save(update_fields=["status"])
    advance(bridge.pipeline)


def resume_bridge(job: Job) -> None:
    """Let a bridge that has finished, or shows a manual pipeline, run again, because its downstream pipeline does. The
    caller holds the pipeline's lock."""
    job.status, job.finished_at, job.failure_reason = State.RUNNING, None, ""
    job.save(update_fields=["status", "finished_at", "failure_reason"])
    requeue_skipped(job, by=job.user)
    advance(job.pipeline)


def requeue_skipped(job: Job, *, by: User | None) -> None:
    """Reset jobs that were skipped because of the job that `job` replaces, so that they wait again."""
    skipped = Job.objects.current().filter(pipeline=job.pipeline_id, status=State.SKIPPED)
    later = [other.pk for other in skipped.filter(needs__isnull=True, stage_index__gt=job.stage_index)]
    names = {job.name}
    dependents = list(skipped.filter(needs__isnull=False))
    while reached := [other for other in dependents if other.name not in names and names & _needed_names(other)]:
        names |= {other.name for other in reached}
        later += [other.pk for other in reached]
    Job.objects.filter(pk__in=later).update(status=State.CREATED, finished_at=None, user=by)


def _needed_names(job: Job) -> set[str]:
    return {need["job"] for need in job.needs or ()}


@transaction.atomic
def play_job(
    job: Job, *, by: User, variables: list[dict[str, str]] | None = None, startable: Collection[str] = PLAYABLE
) -> Job:
    """Starts a job that waits for a person; it runs as that person. Raises InvalidJobState, RefIsProtected, and
    PermissionDenied for `variables` that `by` may not set.

    `waiting`: the states in which it does.
    """
    protected_refs.check_rerun(job.pipeline, by=by)
    if variables:
        check_job_variables(job.project, by=by)
    job = _lock_job(job)
    if job.status not in startable or is_started_bridge(job):
        raise InvalidJobState("Unplayable Job")
    environment_services.recreate_environment(job)
    if job.status == State.FAILED:
        raise InvalidJobState("Unplayable Job")  # its environment was deleted and cannot be created again
    job.user, job.finished_at = by, None
    if variables:
        job.options = {**job.options, "play_variables": variables}
    enqueue(job, timezone.now())
    job.save(update_fields=["status", "user", "queued_at", "started_at", "finished_at", "options", "environment"])
    requeue_skipped(job, by=by)
    advance(job.pipeline)
    job.refresh_from_db()
    return job


def is_started_bridge(job: Job) -> bool:
    """Whether it is a bridge that has started its pipeline: what is manual then is a job of that."""
    return job.bridge and job.touched_at is not None


@transaction.atomic
def erase_job(job: Job, *, by: User) -> Job:
    """Delete the job's log and artifacts; its record stays. Raises InvalidJobState."""
    job = _lock_job(job)
    has_output = storage.exists(job) or job.artifacts.stored().exists()
    if job.status not in COMPLETED or job.erased_at is not None or not has_output:
        raise InvalidJobState("Job is not erasable!")
    artifact_services.remove_artifacts(job)
    job.erased_at, job.erased_by = timezone.now(), by
    job.save(update_fields=["erased_at", "erased_by"])
    path = job.project.full_path
    audit.record("job_erased", f"Job #{job.pk} {job.name} of {path} was erased", by=by, on=job.project, path=path)
    transaction.on_commit(lambda: storage.remove(job))
    return job
