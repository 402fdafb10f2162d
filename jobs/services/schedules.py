"""Schedules: making, changing, handing over, deleting, running. A schedule's pipelines act as its owner, so only the
owner says what they run; anyone else takes it over first."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from audit import services as audit
from identity.models import User
from jobs import hooks
from jobs.cron import BadCron, is_zone, next_time
from jobs.models import Pipeline, Schedule
from jobs.models.pipeline import Source
from jobs.services import refs
from jobs.services.drafts import Refused, Request
from jobs.services.pipelines import create_pipeline
from projects.models import Project
from tokenaccess.policy.actions import Action

MOST_VARIABLES = 100
CHANGEABLE = frozenset({"description", "ref", "cron", "cron_timezone", "active", "variables"})


class NotYours(Exception):
    """It acts as somebody else."""


@transaction.atomic
def create_schedule(*, project: Project, owner: User, **fields: Any) -> Schedule:
    """`fields`: any of CHANGEABLE; description, ref and cron are required. Raises ValidationError by field."""
    schedule = Schedule(project=project, owner=owner)
    _set(schedule, fields)
    schedule.save()
    _record("schedule_created", "was made", schedule, owner)
    return schedule


@transaction.atomic
def update_schedule(schedule: Schedule, *, by: User, **fields: Any) -> Schedule:
    """Raises NotYours, ValidationError by field."""
    schedule = _locked(schedule)
    if schedule.owner != by:
        raise NotYours
    _set(schedule, fields)
    schedule.save()
    _record("schedule_updated", "was changed", schedule, by)
    return schedule


@transaction.atomic
def take_schedule(schedule: Schedule, *, by: User) -> Schedule:
    """From now on it acts as `by`."""
    schedule = _locked(schedule)
    schedule.owner, schedule.problem = by, ""
    schedule.save(update_fields=["owner", "problem", "updated_at"])
    _record("schedule_taken", f"acts as {by} now", schedule, by)
    return schedule


@transaction.atomic
def delete_schedule(schedule: Schedule, *, by: User) -> None:
    _record("schedule_deleted", "was deleted", schedule, by)
    schedule.delete()


def _locked(schedule: Schedule) -> Schedule:
    rows = Schedule.objects.select_for_update(of=("self",)).select_related("project", "owner")
    return rows.get(pk=schedule.pk)


def _set(schedule: Schedule, fields: Mapping[str, Any]) -> None:
    if unknown := fields.keys() - CHANGEABLE:
        raise TypeError(f"no such field of a schedule: {', '.join(sorted(unknown))}")
    for name, value in fields.items():
        setattr(schedule, name, value)
    schedule.ref = schedule.ref.removeprefix("refs/heads/").removeprefix("refs/tags/")
    errors = {name: ["can't be blank"] for name in ("description", "ref") if not getattr(schedule, name).strip()}
    long = {name: ["is too long (maximum is 255 characters)"] for name in ("description", "ref", "cron")
            if len(getattr(schedule, name)) > 255}  # fmt: skip
    errors |= long | _errors_of_time(schedule)
    if len(schedule.variables) > MOST_VARIABLES:
        errors["variables"] = [f"are too many (maximum is {MOST_VARIABLES})"]
    if "ref" in fields and not errors and not refs.may_run_on(schedule.owner, schedule.project, schedule.ref):
        errors["ref"] = [refs.sentence(schedule.ref)]
    if errors:
        raise ValidationError(errors)
    schedule.problem = ""


def _errors_of_time(schedule: Schedule) -> dict[str, list[str]]:
    """Sets the next turn, too."""
    if len(schedule.cron_timezone) > 64 or not is_zone(schedule.cron_timezone):
        return {"cron_timezone": ["syntax is invalid"]}
    try:
        schedule.next_run_at = next_time(schedule.cron, schedule.cron_timezone, timezone.now())
    except BadCron:
        return {"cron": ["syntax is invalid"]}
    return {}


def play_schedule(schedule: Schedule, *, by: User) -> Pipeline:
    """Now, out of turn, as the person who asks. Raises Refused."""
    return _start(schedule, by)


def run_due(now: datetime) -> int:
    """Starts what is due, each turn once on however many machines; turns missed while nobody looked count as one."""
    Schedule.objects.filter(active=True, owner__is_active=False).update(
        active=False, problem="Its owner’s account is blocked."
    )
    Schedule.objects.filter(active=True, owner=None).update(active=False, problem="Its owner’s account is gone.")
    due = Schedule.objects.select_related("project", "owner").filter(active=True, next_run_at__lte=now)
    started = 0
    for schedule in list(due.order_by("next_run_at")[:500]):
        following = next_time(schedule.cron, schedule.cron_timezone, now)
        mine = Schedule.objects.filter(pk=schedule.pk, active=True, next_run_at=schedule.next_run_at)
        if mine.update(next_run_at=following):
            started += _take_turn(schedule)
    return started


def _take_turn(schedule: Schedule) -> bool:
    problem = ""
    try:
        _start(schedule, schedule.owner)
    except Refused as error:
        problem = "; ".join(error.messages)[:500]
    Schedule.objects.filter(pk=schedule.pk).update(problem=problem)
    return not problem


def _start(schedule: Schedule, person: User | None) -> Pipeline:
    if not hooks.person_may(person, Action.RUN_PIPELINE, schedule.project):
        raise Refused("Insufficient permissions to create a new pipeline")
    return create_pipeline(
        Request(
            project=schedule.project,
            ref=schedule.ref,
            user=person,
            source=Source.SCHEDULE,
            variables=schedule.variables,
            more={"schedule": schedule},
        )
    )


def with_variable(variables: Sequence[Mapping[str, Any]], new: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """`new` in place of one with its key, else at the end."""
    rest = [new if one["key"] == new["key"] else one for one in variables]
    return rest if new in rest else [*rest, new]


def _record(event: str, what: str, schedule: Schedule, by: User) -> None:
    path = schedule.project.full_path
    message = f"The schedule “{schedule.description}” of {path} {what}"
    audit.record(event, message, by=by, on=schedule.project, path=path, schedule=schedule.pk)
