"""Stops environments without a person's request: expired ones, stale ones, those of deleted branches."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from audit import services as audit
from identity.models import User
from jobs.environments.services import lock_environment
from jobs.environments.stopping import Conflict, Predicate, last_deployment, stop_environment, stop_jobs
from jobs.models import Deployment, Environment, Job
from jobs.models.environment import EnvironmentState
from jobs.pipelines.protected_refs import RefIsProtected, may_run
from jobs.states import State
from projects.extensions.events import NULL_SHA
from projects.models import Project
from tokenaccess.access.gate import user_is_allowed
from tokenaccess.policy.actions import Action

log = logging.getLogger(__name__)

BATCH = 500
STUCK_AFTER = timedelta(minutes=10)
_ACTIVE_STATES = (State.PENDING, State.RUNNING, State.CANCELING, State.WAITING, State.SCHEDULED)


# --- Expired ----------------------------------------------------------------------------------------------------------


def stop_due_environments(now: datetime) -> int:
    """Stop all environments whose auto-stop time is over. Returns how many were stopped.

    Several processes may call this at once. If an environment cannot be stopped, the reason is stored with it and it is
    not tried again.
    """
    due = Environment.objects.filter(state=EnvironmentState.AVAILABLE, auto_stop_at__lte=now)
    rows = due.select_related("project", "auto_stop_by").order_by("auto_stop_at")
    return sum(
        _run_isolated(environment, lambda due_one: _stop_due(due_one, now)) for environment in list(rows[:BATCH])
    )


def _run_isolated(environment: Environment, stop: Callable[[Environment], bool]) -> bool:
    """Call `stop`; an error is logged, so that the other environments are still stopped."""
    try:
        return stop(environment)
    except Environment.DoesNotExist:
        return False
    except Exception:
        log.exception("The environment %s of project %s was not stopped", environment.pk, environment.project_id)
        return False


def _stop_due(environment: Environment, now: datetime) -> bool:
    asked_by = environment.auto_stop_by

    def still_due(current: Environment) -> bool:
        due = current.auto_stop_at is not None and current.auto_stop_at <= now
        return due and current.auto_stop_by == asked_by

    return _stop_unattended(environment, asked_by, still_due)


def _stop_unattended(environment: Environment, by: User | None, wanted: Predicate) -> bool:
    """Stop an environment. Its stop job acts as the person of the current deployment, who has run that pipeline's jobs.

    It does not act as `by`, who has not seen the script: otherwise anybody who may push could run jobs with the rights
    of the person who stops environments.
    """
    last = last_deployment(environment)
    jobs = stop_jobs(last) if last else []
    if problem := _blocking_reason(environment, last, jobs, by):
        return _record_failure(environment, problem, wanted)
    try:
        return stop_environment(environment, by=by, runs_as=last.user if last else None, condition=wanted)
    except (Conflict, RefIsProtected):
        return False  # it has just changed; the next housekeeping tries again


def _blocking_reason(environment: Environment, last: Deployment | None, jobs: list[Job], by: User | None) -> str:
    """Why the environment must not be stopped; empty if it may be.

    The stop job never runs as a blocked or deleted user, or for someone who lacks permission to stop it.
    """
    if by is not None and (why := _missing_right(by, environment, jobs)):
        return f"{by}, who wanted it stopped, {why}."
    if last is None or not jobs:
        return ""
    if last.user is None:
        return "The account it would be stopped as is gone."
    why = _missing_right(last.user, environment, jobs)
    return why and f"{last.user}, as whom it would be stopped, {why}."


def _missing_right(person: User, environment: Environment, jobs: list[Job]) -> str:
    if not person.is_active:
        return "is blocked"
    if not user_is_allowed(person, Action.MANAGE_ENVIRONMENTS, environment.project):
        return "may not stop environments here any longer"
    if jobs and not may_run(jobs[0].pipeline, person):
        return "may not run jobs on the protected ref it came from"
    return ""


@transaction.atomic
def _record_failure(environment: Environment, problem: str, wanted: Predicate) -> bool:
    environment = lock_environment(environment.pk)
    if environment.state == EnvironmentState.AVAILABLE and wanted(environment):
        environment.problem = problem[:500]
        if environment.auto_stop_at is not None and environment.auto_stop_at <= timezone.now():
            environment.auto_stop_at, environment.auto_stop_by = None, None
        environment.save()
        path = environment.project.full_path
        message = f"The environment “{environment.name}” of {path} was not stopped: {problem}"
        log.warning("%s", message)
        audit.record(
            "environment_not_stopped", message, by=None, on=environment.project, path=path, environment=environment.pk
        )
    return False


# --- Stale ------------------------------------------------------------------------------------------------------------


@transaction.atomic
def stop_stale(*, project: Project, before: datetime, by: User) -> int:
    """Schedule all environments that were not changed or deployed to since `before` for the next housekeeping.

    It stops them if `by` could. Returns how many there are.
    """
    rows = Environment.objects.filter(project=project, state=EnvironmentState.AVAILABLE).untouched_since(before)
    count = rows.update(auto_stop_at=timezone.now(), auto_stop_by=by)
    path = project.full_path
    message = f"Environments of {path} that nobody has touched since {before:%Y-%m-%d %H:%M} are to be stopped"
    audit.record("environments_stale", message, by=by, on=project, path=path, count=count)
    return count


# --- Deleted branches -------------------------------------------------------------------------------------------------


def stop_for_branch(*, project: Project, ref: str, old: str, new: str, user: User) -> None:
    """Stop the environments of a deleted branch, as far as `user` may (a listener of projects.extensions.events)."""
    branch = ref.removeprefix("refs/heads/")
    if new != NULL_SHA or branch == ref:
        return
    rows = Environment.objects.filter(project=project, state=EnvironmentState.AVAILABLE).deployed_from(branch)
    for environment in list(rows.select_related("project")[:BATCH]):
        _run_isolated(environment, lambda deployed: _stop_with_branch(deployed, user))


def _stop_with_branch(environment: Environment, user: User) -> bool:
    last = last_deployment(environment)
    return _stop_unattended(environment, user, lambda current: last_deployment(current) == last)


# --- Lost stop jobs ---------------------------------------------------------------------------------------------------


def reset_stuck_stops(now: datetime) -> int:
    """Reset environments that are `stopping` although their stop job was deleted. Returns how many."""
    active = Job.objects.filter(
        environment=OuterRef("pk"), options__environment__action="stop", status__in=_ACTIVE_STATES
    )
    stuck = Environment.objects.filter(state=EnvironmentState.STOPPING, updated_at__lt=now - STUCK_AFTER)
    problem = "The job that was to stop it is gone."
    return stuck.filter(~Exists(active)).update(state=EnvironmentState.AVAILABLE, problem=problem, updated_at=now)
