"""Stops environments, by playing the job that the CI file names with `on_stop`.

The pipeline is locked before the environment, as at the end of a job (jobs.environments.deployments).
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from django.db import transaction
from django.db.models import Q

from audit import services as audit
from identity.models import User
from jobs.environments.services import lock_environment
from jobs.models import Deployment, Environment, Job
from jobs.models.environment import EnvironmentState
from jobs.pipelines.advance import lock
from jobs.pipelines.job_actions import PLAYABLE, RETRYABLE, InvalidJobState, play_job, retry_job
from jobs.states import State

# The environment exists, so its stop job may start whatever became of the stages before it.
STARTABLE_STATES = PLAYABLE | {State.CREATED, State.SKIPPED}
_MAX_ATTEMPTS = 5


class Conflict(Exception):
    """The environment was deployed to again and again while it was to be stopped, or its stop job cannot start."""


class _DeploymentChanged(Exception):
    """The current deployment has changed since it was read."""


Predicate = Callable[[Environment], bool]


def stop_environment(
    environment: Environment,
    *,
    by: User | None,
    runs_as: User | None = None,
    force: bool = False,
    condition: Predicate = lambda environment: True,
) -> bool:
    """Stop an environment. Returns False if it is not available or was deleted; then nothing changes.

    It is `stopping` until its stop job has ended, or `stopped` at once if there is none, or with `force`. Of concurrent
    calls only one has an effect.

    `by`: the person who asks for it, None for the server. `runs_as`: the person whom the stop job acts as, by default
    `by`; if neither is given, an environment with a stop job is not stopped. `condition`: checked once more under the
    locks. Raises RefIsProtected, Conflict.
    """
    for _ in range(_MAX_ATTEMPTS):
        try:
            return _stop(environment, by, runs_as or by, force, condition)
        except _DeploymentChanged:
            continue
        except Environment.DoesNotExist:
            return False
        except InvalidJobState:
            break
    raise Conflict


@transaction.atomic
def _stop(environment: Environment, by: User | None, person: User | None, force: bool, condition: Predicate) -> bool:
    before = last_deployment(environment)
    if before is not None and before.job is not None:
        lock(before.job.pipeline_id)
    environment = lock_environment(environment.pk)
    if last_deployment(environment) != before:
        raise _DeploymentChanged
    if not _is_stoppable(environment, force) or not condition(environment):
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


def _is_stoppable(environment: Environment, force: bool) -> bool:
    stopping = environment.state == EnvironmentState.STOPPING
    return environment.state == EnvironmentState.AVAILABLE or (force and stopping)


def last_deployment(environment: Environment) -> Deployment | None:
    """The current deployment, with its job; None if there is none."""
    rows = Deployment.objects.filter(environment=environment).succeeded()
    return rows.select_related("job__pipeline", "job__user", "reporter").first()


def stop_jobs(last: Deployment) -> list[Job]:
    """The jobs named with `on_stop` by the pipeline of the current deployment, if that pipeline has them."""
    if last.job is None:
        return []
    pipeline = last.job.pipeline_id
    deployments = Deployment.objects.filter(environment=last.environment_id, job__pipeline=pipeline).succeeded()
    named = deployments.values_list("job__options__environment__on_stop", flat=True)
    names = {name for name in named if name}
    if not names:
        return []
    jobs = Job.objects.current().filter(Q(name__in=names) | Q(options__group__in=names), pipeline=pipeline)
    return list(jobs.select_related("pipeline", "project").order_by("id"))


def _play(job: Job, by: User) -> None:
    """Start a stop job as `by`, unless it is on its way already.

    One that ran before is retried without the variables it was played with: they may contain a program that `by` has
    not seen.
    """
    if job.status in STARTABLE_STATES:
        play_job(job, by=by, startable=STARTABLE_STATES)
    elif job.status in RETRYABLE:
        retry_job(job, by=by, from_scratch=True)


def _record(environment: Environment, by: User | None, jobs: Sequence[Job]) -> None:
    path = environment.project.full_path
    with_jobs = f" by job {', '.join(f'#{job.pk} {job.name}' for job in jobs)}" if jobs else ""
    verb = "is being stopped" if jobs else "was stopped"
    message = f"The environment “{environment.name}” of {path} {verb}{with_jobs}"
    audit.record(
        "environment_stopped", message, by=by, on=environment.project, path=path, environment=environment.pk,
        jobs=[job.pk for job in jobs],
    )  # fmt: skip
