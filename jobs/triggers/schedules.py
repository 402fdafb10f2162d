"""Creates, changes, deletes and runs pipeline schedules.

The pipelines of a schedule act as its owner. Therefore only the owner may change it; others must take it over first.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from audit import services as audit
from identity.models import User
from identity.names import require_visible
from jobs.models import Pipeline, Schedule
from jobs.models.pipeline import Source
from jobs.models.schedule import MAX_INPUTS
from jobs.pipelines import protected_refs
from jobs.pipelines.plan import PipelineRefused, PipelineRequest
from jobs.pipelines.services import create_pipeline
from jobs.triggers.cron import BadCron, next_time
from jobs.triggers.time_zones import is_time_zone
from projects.models import Project
from tokenaccess.access.gate import user_is_allowed
from tokenaccess.policy.actions import Action

MAX_VARIABLES = 100
CHANGEABLE = frozenset({"description", "ref", "cron", "cron_timezone", "active", "variables", "inputs"})


class NotOwner(Exception):
    """The schedule acts as somebody else, who alone may change it."""


@transaction.atomic
def create_schedule(*, project: Project, owner: User, **fields: Any) -> Schedule:
    """Create a schedule. `fields`: any of CHANGEABLE; description, ref and cron are required.

    Raises ValidationError by field.
    """
    schedule = Schedule(project=project, owner=owner)
    _apply(schedule, fields)
    schedule.save()
    _record("schedule_created", "was created", schedule, owner)
    return schedule


@transaction.atomic
def update_schedule(schedule: Schedule, *, by: User, **fields: Any) -> Schedule:
    """`fields`: any of CHANGEABLE. Raises NotOwner, ValidationError by field."""
    schedule = _lock(schedule)
    if schedule.owner != by:
        raise NotOwner
    _apply(schedule, fields)
    schedule.save()
    _record("schedule_updated", "was changed", schedule, by)
    return schedule


@transaction.atomic
def take_schedule(schedule: Schedule, *, by: User) -> Schedule:
    """Make `by` the owner, as whom the schedule acts from now on."""
    schedule = _lock(schedule)
    schedule.owner, schedule.problem = by, ""
    schedule.save(update_fields=["owner", "problem", "updated_at"])
    _record("schedule_taken", f"now runs as {by}", schedule, by)
    return schedule


@transaction.atomic
def pause_schedule(schedule: Schedule, *, by: User) -> Schedule:
    """Also somebody else's: it stays its owner's."""
    schedule = _lock(schedule)
    if schedule.active:
        schedule.active = False
        schedule.save(update_fields=["active", "updated_at"])
        _record("schedule_paused", "was paused", schedule, by)
    return schedule


@transaction.atomic
def delete_schedule(schedule: Schedule, *, by: User) -> None:
    _record("schedule_deleted", "was deleted", schedule, by)
    schedule.delete()


def _lock(schedule: Schedule) -> Schedule:
    rows = Schedule.objects.select_for_update(of=("self",)).select_related("project", "owner")
    return rows.get(pk=schedule.pk)


def _apply(schedule: Schedule, fields: Mapping[str, Any]) -> None:
    if unknown := fields.keys() - CHANGEABLE:
        raise TypeError(f"no such field of a schedule: {', '.join(sorted(unknown))}")
    for name, value in fields.items():
        setattr(schedule, name, value)
    if "description" in fields:
        require_visible(description=schedule.description)
    errors = {name: ["can't be blank"] for name in ("description", "ref") if not getattr(schedule, name).strip()}
    long = {name: ["is too long (maximum is 255 characters)"] for name in ("description", "ref", "cron")
            if len(getattr(schedule, name)) > 255}  # fmt: skip
    errors |= long | _set_next_run(schedule)
    if len(schedule.inputs) > MAX_INPUTS:
        errors["inputs"] = [f"are too many (maximum is {MAX_INPUTS})"]
    if len(schedule.variables) > MAX_VARIABLES:
        errors["variables"] = [f"are too many (maximum is {MAX_VARIABLES})"]
    if "ref" in fields and not errors and not protected_refs.may_run_on(schedule.owner, schedule.project, schedule.ref):
        errors["ref"] = [protected_refs.denial_message(schedule.ref)]
    if errors:
        raise ValidationError(errors)
    schedule.problem = ""


def _set_next_run(schedule: Schedule) -> dict[str, list[str]]:
    """Compute `next_run_at`. Returns validation errors by field."""
    if len(schedule.cron_timezone) > 64 or not is_time_zone(schedule.cron_timezone):
        return {"cron_timezone": ["syntax is invalid"]}
    try:
        schedule.next_run_at = next_time(schedule.cron, schedule.cron_timezone, timezone.now())
    except BadCron:
        return {"cron": ["syntax is invalid"]}
    return {}


def play_schedule(schedule: Schedule, *, by: User) -> Pipeline:
    """Run the schedule now, as `by` instead of its owner. Raises PipelineRefused."""
    return _start(schedule, by)


def run_due_schedules(now: datetime) -> int:
    """Run all schedules that are due. Returns how many pipelines were created.

    Several processes may call this at once: each run is claimed by a conditional UPDATE. Runs that were missed while no
    server was up are run once.
    """
    stopped = Schedule.objects.filter(active=True, owner__is_active=False)
    stopped.filter(owner__is_bot=True).update(active=False, problem="The access token that it ran as has ended.")
    stopped.update(active=False, problem="Its owner's account is blocked.")
    Schedule.objects.filter(active=True, owner=None).update(active=False, problem="Its owner's account is gone.")
    due = Schedule.objects.select_related("project", "owner").filter(active=True, next_run_at__lte=now)
    started = 0
    for schedule in list(due.order_by("next_run_at")[:500]):
        next_run_at = next_time(schedule.cron, schedule.cron_timezone, now)
        claim = Schedule.objects.filter(pk=schedule.pk, active=True, next_run_at=schedule.next_run_at)
        if claim.update(next_run_at=next_run_at):
            started += _run(schedule)
    return started


def _run(schedule: Schedule) -> bool:
    problem = ""
    try:
        _start(schedule, schedule.owner)
    except PipelineRefused as error:
        problem = "; ".join(error.messages)[:500]
    Schedule.objects.filter(pk=schedule.pk).update(problem=problem)
    return not problem


def _start(schedule: Schedule, person: User | None) -> Pipeline:
    if not user_is_allowed(person, Action.RUN_PIPELINE, schedule.project):
        raise PipelineRefused("Insufficient permissions to create a new pipeline")
    return create_pipeline(
        PipelineRequest(
            project=schedule.project,
            ref=schedule.ref,
            user=person,
            source=Source.SCHEDULE,
            variables=schedule.variables,
            inputs=schedule.input_values,
            extra_fields={"schedule": schedule},
        )
    )


def put_inputs(inputs: Sequence[Mapping[str, Any]], changes: Sequence[Mapping[str, Any]]) -> list[dict[str, Any]]:
    """The inputs after `changes`: `{"name", "value"}` sets one, `{"name"}` removes it."""
    values = {one["name"]: one["value"] for one in inputs}
    for change in changes:
        if "value" in change:
            values[change["name"]] = change["value"]
        else:
            values.pop(change["name"], None)
    return [{"name": name, "value": value} for name, value in values.items()]


def put_variable(variables: Sequence[Mapping[str, Any]], new: Mapping[str, Any]) -> list[Mapping[str, Any]]:
    """The list with `new` in place of the variable of its key, or at the end."""
    result = [new if variable["key"] == new["key"] else variable for variable in variables]
    return result if new in result else [*result, new]


def _record(event: str, what: str, schedule: Schedule, by: User) -> None:
    path = schedule.project.full_path
    message = f"The schedule “{schedule.description}” of {path} {what}"
    audit.record(event, message, by=by, on=schedule.project, path=path, schedule=schedule.pk)
