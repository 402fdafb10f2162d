"""What happens to one job: its end, cancellation, a new try, a start by hand, its erasure. The job's token lives and
dies with the states set here."""

from __future__ import annotations

from collections.abc import Collection
from typing import Any

from django.db import transaction
from django.utils import timezone

from audit import services as audit
from identity.models import User
from jobs import hooks, trace
from jobs.coverage import told_by_log
from jobs.models import Job
from jobs.services import artifacts, deployments, environments, refs
from jobs.services.names import Names
from jobs.services.progress import advance, go, lock
from jobs.states import CANCELABLE, COMPLETED, EXECUTING, FailureReason, State

RETRYABLE = frozenset({State.SUCCESS, State.FAILED, State.CANCELED})
PLAYABLE = frozenset({State.MANUAL, State.SCHEDULED})
_COPIED = (
    "pipeline", "project", "name", "stage", "stage_index", "when", "needs", "protected", "tag_list", "tag_key",
    "options", "allow_failure", "bridge", "resource_group", "environment",
)  # fmt: skip


class NotPossible(Exception):
    """The job's state does not allow it; the text says so in the contract's words."""


def _locked(job: Job) -> Job:
    """The job as it is now, with its pipeline locked, and itself against a runner that claims it this moment."""
    lock(job.pipeline_id)
    rows = Job.objects.select_related("pipeline", "project", "manager")
    return rows.select_for_update(of=("self",), no_key=True).get(pk=job.pk)


def finish_job(job: Job, *, status: str, failure_reason: str = "", exit_code: int | None = None) -> Job:
    """The runner's last word (runner.md §3.1): `success` or `failed`; a job being cancelled ends cancelled either way.

    From here on its token is dead. A job that is not executing any more stays as it is.
    """
    coverage = told_by_log(job)  # before anything is locked: it takes its time
    with transaction.atomic():
        job = _locked(job)
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
    """The server gives up on a job that is not over, if it is still in one of these states."""
    coverage = told_by_log(job)
    with transaction.atomic():
        job = _locked(job)
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
        hooks.tell_after_commit(hooks.ON_RESOURCE, job.project_id, job.resource_group)
    if job.bridge and status == State.CANCELED:
        hooks.tell_after_commit(hooks.ON_BRIDGE_CANCELED, job.pk)
    if status == State.FAILED:
        _after_failure(job)
    deployments.job_ended(job)


def _after_failure(job: Job) -> None:
    if _wants_another_try(job):
        again(job, by=job.user)
    elif not job.allow_failure and (job.options.get("auto_cancel") or {}).get("on_job_failure") == "all":
        hooks.tell_after_commit(hooks.ON_HOPELESS, job.pipeline_id)


# What files name that were written when the reasons were fewer (runner.md §3.3).
_OLDER_REASON: dict[str, str] = {FailureReason.NO_UPDATES: FailureReason.STUCK}


def _wants_another_try(job: Job) -> bool:
    """The file's `retry`: for which failures, and how often."""
    rule = job.options.get("retry")
    if not rule or job.user is None or not job.user.is_active:
        return False
    reasons = {"always", job.failure_reason, _OLDER_REASON.get(job.failure_reason, "")}
    fits = reasons & set(rule["when"]) or job.exit_code in rule["exit_codes"]
    tried = Job.objects.filter(pipeline=job.pipeline_id, name=job.name, retried=True).count()
    return bool(fits) and tried < rule["max"]


@transaction.atomic
def cancel_job(job: Job, *, force: bool = False) -> Job:
    """Running, on a runner that can stop gracefully: `canceling` until it is done. Any other: `canceled` at once."""
    job = _locked(job)
    if job.status in CANCELABLE:
        cancel(job, force=force)
        advance(job.pipeline)
    return job


def cancel(job: Job, *, force: bool = False) -> None:
    """Within a transaction that holds the pipeline's lock."""
    if job.status == State.CANCELING and not force:
        return
    if job.status == State.RUNNING and not force and _stops_gracefully(job):
        job.status = State.CANCELING
        job.save(update_fields=["status"])
    else:
        _end(job, State.CANCELED)


def _stops_gracefully(job: Job) -> bool:
    features = job.manager.info.get("features") if job.manager else None
    return isinstance(features, dict) and features.get("cancel_gracefully") is True


@transaction.atomic
def retry_job(job: Job, *, by: User, afresh: bool = False) -> Job:
    """A new job in its place, which runs as `by`. Raises NotPossible, RefIsProtected.

    `afresh`: as the file has it, without the variables that somebody played it with; also one that was erased.
    """
    refs.check(job.pipeline, by=by)
    job = _locked(job)
    if job.status not in RETRYABLE or job.retried or (job.erased_at is not None and not afresh):
        raise NotPossible("Job is not retryable")
    new = again(job, by=by, afresh=afresh)
    advance(job.pipeline)
    new.refresh_from_db()
    return new


def again(job: Job, *, by: User | None, afresh: bool = False) -> Job:
    """Within a transaction that holds the pipeline's lock: the new try, at once in the queue."""
    job.retried = True
    job.save(update_fields=["retried"])
    fields: dict[str, Any] = {name: getattr(job, name) for name in _COPIED}
    if afresh:
        fields["options"] = {key: value for key, value in job.options.items() if key != "play_variables"}
    new = Job(**fields, user=by)
    environments.attach(Names(job.pipeline), [new] if new.environment_id is None else [])
    new.save()
    environments.number([new])
    if new.status != State.FAILED:
        go(new, timezone.now())
        new.save(update_fields=["status", "queued_at", "started_at"])
    revive_skipped(new, by=by)
    return new


def reopen(job: Job) -> None:
    """Within a transaction that holds the pipeline's lock: a bridge runs again, for the pipeline it waits for does."""
    job.status, job.finished_at, job.failure_reason = State.RUNNING, None, ""
    job.save(update_fields=["status", "finished_at", "failure_reason"])
    revive_skipped(job, by=job.user)
    advance(job.pipeline)


def revive_skipped(job: Job, *, by: User | None) -> None:
    """Jobs that were skipped because of what `job` replaces get their chance again."""
    skipped = Job.objects.current().filter(pipeline=job.pipeline_id, status=State.SKIPPED)
    later = [other.pk for other in skipped.filter(needs__isnull=True, stage_index__gt=job.stage_index)]
    names = {job.name}
    dependents = list(skipped.filter(needs__isnull=False))
    while reached := [one for one in dependents if one.name not in names and names & _needed(one)]:
        names |= {one.name for one in reached}
        later += [one.pk for one in reached]
    Job.objects.filter(pk__in=later).update(status=State.CREATED, finished_at=None, user=by)


def _needed(job: Job) -> set[str]:
    return {need["job"] for need in job.needs or ()}


@transaction.atomic
def play_job(
    job: Job, *, by: User, variables: list[dict[str, str]] | None = None, waiting: Collection[str] = PLAYABLE
) -> Job:
    """Starts a job that waits for a person; it runs as that person. Raises NotPossible, RefIsProtected.

    `waiting`: the states in which it does.
    """
    refs.check(job.pipeline, by=by)
    job = _locked(job)
    if job.status not in waiting:
        raise NotPossible("Unplayable Job")
    environments.renew(job)
    if job.status == State.FAILED:
        raise NotPossible("Unplayable Job")  # its environment is gone, and cannot be made again
    job.user, job.finished_at = by, None
    if variables:
        job.options = {**job.options, "play_variables": variables}
    go(job, timezone.now())
    job.save(update_fields=["status", "user", "queued_at", "started_at", "finished_at", "options", "environment"])
    revive_skipped(job, by=by)
    advance(job.pipeline)
    job.refresh_from_db()
    return job


@transaction.atomic
def erase_job(job: Job, *, by: User) -> Job:
    """Its log and artifacts are gone for good; what it did and when stays. Raises NotPossible."""
    job = _locked(job)
    something = trace.exists(job) or job.artifacts.stored().exists()
    if job.status not in COMPLETED or job.erased_at is not None or not something:
        raise NotPossible("Job is not erasable!")
    artifacts.remove(job)
    job.erased_at, job.erased_by = timezone.now(), by
    job.save(update_fields=["erased_at", "erased_by"])
    path = job.project.full_path
    audit.record("job_erased", f"Job #{job.pk} {job.name} of {path} was erased", by=by, on=job.project, path=path)
    transaction.on_commit(lambda: trace.remove(job))
    return job
