"""Environments that are stopped while nobody looks: their time is over, their branch is gone, they are stale."""

from __future__ import annotations

import logging
from collections.abc import Callable
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import Exists, OuterRef
from django.utils import timezone

from audit import services as audit
from identity.models import User
from jobs import hooks
from jobs.models import Deployment, Environment, Job
from jobs.models.environment import EnvironmentState
from jobs.services.environments import locked
from jobs.services.refs import RefIsProtected, may_run
from jobs.services.stopping import Busy, Wanted, last_deployment, stop_environment, stop_jobs
from jobs.states import State
from projects.events import NOTHING
from projects.models import Project
from tokenaccess.policy.actions import Action

log = logging.getLogger(__name__)

BATCH = 500
LATE = timedelta(minutes=10)
_GOING = (State.PENDING, State.RUNNING, State.CANCELING, State.WAITING, State.SCHEDULED)


# --- Their time is over -----------------------------------------------------------------------------------------------


def stop_due(now: datetime) -> int:
    """Each once, on however many machines; one that cannot be stopped says why, and is not tried again."""
    due = Environment.objects.filter(state=EnvironmentState.AVAILABLE, auto_stop_at__lte=now)
    rows = due.select_related("project", "auto_stop_by").order_by("auto_stop_at")
    return sum(_apart(environment, lambda one: _stop_late(one, now)) for environment in list(rows[:BATCH]))


def _apart(environment: Environment, stop: Callable[[Environment], bool]) -> bool:
    """What goes wrong with one keeps no other from being stopped."""
    try:
        return stop(environment)
    except Environment.DoesNotExist:
        return False
    except Exception:
        log.exception("The environment %s of project %s was not stopped", environment.pk, environment.project_id)
        return False


def _stop_late(environment: Environment, now: datetime) -> bool:
    asked_by = environment.auto_stop_by

    def still_due(one: Environment) -> bool:
        return one.auto_stop_at is not None and one.auto_stop_at <= now and one.auto_stop_by == asked_by

    return _stop_as_planned(environment, asked_by, still_due)


def _stop_as_planned(environment: Environment, by: User | None, wanted: Wanted) -> bool:
    """The stop job acts as the person of the last deployment, who ran that file's jobs before. Not as `by`, who has not
    looked at it: whoever may push could have it run with the rights of who tidies up."""
    last = last_deployment(environment)
    jobs = stop_jobs(last) if last else []
    if problem := _hindrance(environment, last, jobs, by):
        return _give_up(environment, problem, wanted)
    try:
        return stop_environment(environment, by=by, runs_as=last.job.user if last else None, wanted=wanted)
    except (Busy, RefIsProtected):
        return False  # it has changed this moment; the next pass comes soon


def _hindrance(environment: Environment, last: Deployment | None, jobs: list[Job], by: User | None) -> str:
    """Why it is not stopped; empty when nothing is in the way. Nothing runs with rights that are no longer anybody's,
    and nobody has stopped what they could not stop themselves."""
    if by is not None and (why := _kept_out(by, environment, jobs)):
        return f"{by}, who wanted it stopped, {why}."
    if last is None or not jobs:
        return ""
    if last.job.user is None:
        return "The account it would be stopped as is gone."
    why = _kept_out(last.job.user, environment, jobs)
    return why and f"{last.job.user}, as whom it would be stopped, {why}."


def _kept_out(person: User, environment: Environment, jobs: list[Job]) -> str:
    if not person.is_active:
        return "is blocked"
    if not hooks.person_may(person, Action.MANAGE_ENVIRONMENTS, environment.project):
        return "may not stop environments here any longer"
    if jobs and not may_run(jobs[0].pipeline, person):
        return "may not run jobs on the protected ref it came from"
    return ""


@transaction.atomic
def _give_up(environment: Environment, problem: str, wanted: Wanted) -> bool:
    environment = locked(environment.pk)
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


# --- They are stale ---------------------------------------------------------------------------------------------------


@transaction.atomic
def stop_stale(*, project: Project, before: datetime, by: User) -> int:
    """All that nobody has deployed to or changed since: the next clean-up stops them, as far as `by` could. How many
    they are."""
    rows = Environment.objects.filter(project=project, state=EnvironmentState.AVAILABLE).untouched_since(before)
    count = rows.update(auto_stop_at=timezone.now(), auto_stop_by=by)
    path = project.full_path
    message = f"Environments of {path} that nobody has touched since {before:%Y-%m-%d %H:%M} are to be stopped"
    audit.record("environments_stale", message, by=by, on=project, path=path, count=count)
    return count


# --- Their branch is gone ---------------------------------------------------------------------------------------------


def stop_for_branch(*, project: Project, ref: str, old: str, new: str, user: User) -> None:
    """A ref has moved (projects.events): where a branch is gone, what it had deployed goes, as far as `user` could stop
    it."""
    branch = ref.removeprefix("refs/heads/")
    if new != NOTHING or branch == ref:
        return
    rows = Environment.objects.filter(project=project, state=EnvironmentState.AVAILABLE).deployed_from(branch)
    for environment in list(rows.select_related("project")[:BATCH]):
        _apart(environment, lambda one: _stop_with_branch(one, user))


def _stop_with_branch(environment: Environment, user: User) -> bool:
    last = last_deployment(environment)
    return _stop_as_planned(environment, user, lambda one: last_deployment(one) == last)


# --- Stop jobs that were lost -----------------------------------------------------------------------------------------


def reopen(now: datetime) -> int:
    """What is stopping while no job stops it any longer, because that was deleted: somebody is to try again."""
    at_work = Job.objects.filter(environment=OuterRef("pk"), options__environment__action="stop", status__in=_GOING)
    stuck = Environment.objects.filter(state=EnvironmentState.STOPPING, updated_at__lt=now - LATE)
    problem = "The job that was to stop it is gone."
    return stuck.filter(~Exists(at_work)).update(state=EnvironmentState.AVAILABLE, problem=problem, updated_at=now)
