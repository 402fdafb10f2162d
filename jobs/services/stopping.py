"""Stopping environments: the job that the file names with `on_stop` is played.

A pipeline is locked before its environment, as at the end of a job (jobs.services.deployments).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from django.db import transaction
from django.db.models import Q

from audit import services as audit
from identity.models import User
from jobs.models import Deployment, Environment, Job
from jobs.models.environment import EnvironmentState
from jobs.services.environments import locked
from jobs.services.jobs import PLAYABLE, RETRYABLE, NotPossible, play_job, retry_job
from jobs.services.progress import lock
from jobs.states import State

# The thing to be stopped is there, so its stop job goes, whatever became of the stages between the two.
WAITING = PLAYABLE | {State.CREATED, State.SKIPPED}
_TRIES = 5


class Busy(Exception):
    """It was deployed to again and again while it was to be stopped, or its stop job cannot go."""


class _Moved(Exception):
    """What stands there has changed since it was looked at."""


Wanted = Callable[[Environment], bool]


def stop_environment(
    environment: Environment,
    *,
    by: User | None,
    runs_as: User | None = None,
    force: bool = False,
    wanted: Wanted = lambda one: True,
) -> bool:
    """`stopping` until its stop job is done, or `stopped` at once where there is none or with `force`. False: what is
    not available, or has been deleted, stays as it is. However many ask at once, one does it, and the job is played
    once.

    `by`: who wants it, None for the clock. `runs_as`: the person the stop job acts as, by default who wants it; without
    both nothing is stopped that has one. `wanted` is asked once more when nothing can change any longer. Raises
    RefIsProtected, Busy.
    """
    for _ in range(_TRIES):
        try:
            return _stop(environment, by, runs_as or by, force, wanted)
        except _Moved:
            continue
        except Environment.DoesNotExist:
            return False
        except NotPossible:
            break
    raise Busy


@transaction.atomic
def _stop(environment: Environment, by: User | None, person: User | None, force: bool, wanted: Wanted) -> bool:
    before = last_deployment(environment)
    if before is not None:
        lock(before.job.pipeline_id)
    environment = locked(environment.pk)
    if last_deployment(environment) != before:
        raise _Moved
    open_states = {EnvironmentState.AVAILABLE, EnvironmentState.STOPPING} if force else {EnvironmentState.AVAILABLE}
    if environment.state not in open_states or not wanted(environment):
        return False
    jobs = [] if force or before is None else stop_jobs(before)
    if jobs and person is None:
        return False
    environment.state = EnvironmentState.STOPPING if jobs else EnvironmentState.STOPPED
    environment.auto_stop_at, environment.auto_stop_by, environment.problem = None, None, ""
    environment.save()
    _record(environment, by, jobs)
    for job in jobs:
        assert person is not None
        _play(job, person)
    return True


def last_deployment(environment: Environment) -> Deployment | None:
    """What stands there."""
    rows = Deployment.objects.filter(environment=environment).succeeded()
    return rows.select_related("job__pipeline", "job__user").first()


def stop_jobs(last: Deployment) -> list[Job]:
    """Those that the last pipeline that deployed there names as `on_stop`, as far as its rules let them in."""
    pipeline = last.job.pipeline_id
    together = Deployment.objects.filter(environment=last.environment_id, job__pipeline=pipeline).succeeded()
    named = together.values_list("job__options__environment__on_stop", flat=True)
    names = {name for name in named if name}
    if not names:
        return []
    jobs = Job.objects.current().filter(Q(name__in=names) | Q(options__group__in=names), pipeline=pipeline)
    return list(jobs.select_related("pipeline", "project").order_by("id"))


def _play(job: Job, by: User) -> None:
    """One that is on its way already is left alone. One that ran before runs without what it was played with then:
    variables can be a program, and `by` has not seen them."""
    if job.status in WAITING:
        play_job(job, by=by, waiting=WAITING)
    elif job.status in RETRYABLE:
        retry_job(job, by=by, afresh=True)


def _record(environment: Environment, by: User | None, jobs: Sequence[Job]) -> None:
    path = environment.project.full_path
    with_jobs = f" by job {', '.join(f'#{job.pk} {job.name}' for job in jobs)}" if jobs else ""
    verb = "is being stopped" if jobs else "was stopped"
    message = f"The environment “{environment.name}” of {path} {verb}{with_jobs}"
    audit.record(
        "environment_stopped", message, by=by, on=environment.project, path=path, environment=environment.pk,
        jobs=[job.pk for job in jobs],
    )  # fmt: skip
