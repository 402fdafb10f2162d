"""Runners: making, changing, deleting; and the machines that speak with their tokens."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from audit import services as audit
from identity.models import User
from identity.secrets import digest, mint
from jobs import queue_version
from jobs.models import Job, Runner, RunnerManager
from jobs.models.runner import RunnerType
from jobs.runner_info import clean
from projects.models import Group, Project

CHANGEABLE = frozenset(
    "description maintenance_note paused locked run_untagged access_level maximum_timeout tag_list".split()
)
LEAST_TIMEOUT = 600
MOST_TAGS = 50
# A contact is written down at most this often, so that polling does not mean writing.
CONTACT_EVERY = timedelta(minutes=5)


@transaction.atomic
def create_runner(
    *,
    runner_type: str,
    by: User | None,
    group: Group | None = None,
    project: Project | None = None,
    registered: bool = False,
    **fields: Any,
) -> tuple[Runner, str]:
    """The runner and its token, which is shown this once. `fields`: CHANGEABLE. Raises ValidationError by field."""
    _validate({"run_untagged": True, "tag_list": [], **fields})
    runner = Runner(runner_type=runner_type, group=group, creator=by, registered=registered, **fields)
    secret = _new_token(runner)
    runner.save()
    if project is not None:
        runner.projects.add(project)
    _tell("runner_created", "created", runner, by=by)
    return runner, secret


@transaction.atomic
def update_runner(runner: Runner, *, by: User | None, **changes: Any) -> Runner:
    """Raises ValidationError by field."""
    now = {name: getattr(runner, name) for name in CHANGEABLE}
    _validate({**now, **changes})
    real = {name: value for name, value in changes.items() if now[name] != value}
    for name, value in real.items():
        setattr(runner, name, value)
    if real:
        runner.save(update_fields=list(real))
        _tell("runner_updated", f"changed ({', '.join(sorted(real))})", runner, by=by, **real)
        queue_version.tick_after_commit()
    return runner


@transaction.atomic
def delete_runner(runner: Runner, *, by: User | None) -> None:
    """Its token is worth nothing from here on; jobs it runs go on to their end or time out."""
    _tell("runner_deleted", "deleted", runner, by=by)
    runner.delete()
    queue_version.tick_after_commit()


@transaction.atomic
def reset_token(runner: Runner, *, by: User | None) -> str:
    """A new token of the same kind; the old one is worth nothing at once."""
    secret = _new_token(runner)
    runner.save(update_fields=["digest", "token_expires_at"])
    _tell("runner_token_reset", "given a new token", runner, by=by)
    queue_version.tick_after_commit()
    return secret


def _new_token(runner: Runner) -> str:
    secret, days = mint(runner.prefix), settings.RUNNER_TOKEN_DAYS
    runner.digest = digest(secret)
    runner.token_expires_at = timezone.now() + timedelta(days=days) if days else None
    return secret


@transaction.atomic
def assign_runner(runner: Runner, project: Project, *, by: User) -> None:
    """Lets a project runner serve one more project. Raises ValidationError."""
    if runner.runner_type != RunnerType.PROJECT or runner.locked:
        raise ValidationError({"base": ["Runner is locked or is no project runner"]})
    if runner.projects.filter(pk=project.pk).exists():
        raise ValidationError({"runner_projects": ["Runner is already assigned to this project"]})
    runner.projects.add(project)
    path = project.full_path
    audit.record("runner_assigned", f"Runner #{runner.pk} serves {path} now", by=by, on=project, path=path)
    queue_version.tick_after_commit()


@transaction.atomic
def unassign_runner(runner: Runner, project: Project, *, by: User) -> None:
    """Raises ValidationError when it is the only project left: such a runner is deleted instead."""
    if runner.projects.count() < 2:
        raise ValidationError({"base": ["Only one project associated with the runner. Delete the runner instead"]})
    runner.projects.remove(project)
    path = project.full_path
    audit.record("runner_unassigned", f"Runner #{runner.pk} serves {path} no more", by=by, on=project, path=path)


def _validate(values: dict[str, Any]) -> None:
    unknown = values.keys() - CHANGEABLE
    if unknown:
        raise TypeError(f"not changeable: {', '.join(sorted(unknown))}")
    timeout = values.get("maximum_timeout")
    if timeout is not None and not LEAST_TIMEOUT <= timeout <= 2**31 - 1:
        raise ValidationError({"maximum_timeout": ["needs to be at least 10 minutes"]})
    tags = values["tag_list"]
    if not values["run_untagged"] and not tags:
        raise ValidationError({"tags_list": ["can not be empty when runner is not allowed to pick untagged jobs"]})
    if len(tags) > MOST_TAGS:
        raise ValidationError(
            {"tags_list": [f"Too many tags specified. Please limit the number of tags to {MOST_TAGS}"]}
        )
    if any(len(tag) > 255 for tag in tags):
        raise ValidationError({"tags_list": ["A tag is too long (maximum is 255 characters)"]})
    for name, most in (("description", 255), ("maintenance_note", 1024)):
        if len(values.get(name, "")) > most:
            raise ValidationError({name: [f"is too long (maximum is {most} characters)"]})


def _tell(event: str, what: str, runner: Runner, *, by: User | None, **details: Any) -> None:
    """In the history of the place it serves; an instance runner has only itself."""
    project = runner.projects.order_by("pk").first() if runner.runner_type == RunnerType.PROJECT else None
    place = project or runner.group
    message = f"Runner #{runner.pk} was {what}"
    if place is None:
        audit.record(event, message, by=by, on=runner, path=str(runner), **details)
    else:
        audit.record(event, message, by=by, on=place, path=place.full_path, runner=runner.pk, **details)


# --- Machines ---------------------------------------------------------------------------------------------------------


def meet(runner: Runner, *, system_id: str, info: Any, address: str | None) -> RunnerManager:
    """The machine that calls, known from now on; what it says of itself is kept (runner.md §1.2)."""
    now, told = timezone.now(), clean(info)
    manager, made = RunnerManager.objects.get_or_create(
        runner=runner,
        system_id=system_id or "<legacy>",
        defaults={"info": told, "address": address, "contacted_at": now},
    )
    stale = manager.contacted_at is None or manager.contacted_at < now - CONTACT_EVERY
    if not made and (stale or (told and told != manager.info)):
        manager.info, manager.address, manager.contacted_at = told or manager.info, address, now
        manager.save(update_fields=["info", "address", "contacted_at"])
    if made or stale:
        Runner.objects.filter(pk=runner.pk).update(contacted_at=now)
    return manager


def heard_from(job: Job) -> None:
    """The machine that runs `job` has spoken of it. While it is busy it may ask for nothing else, and is there all the
    same (runner.md §3.3)."""
    now = timezone.now()
    machine = RunnerManager.objects.filter(jobs=job, contacted_at__lt=now - CONTACT_EVERY)
    if machine.update(contacted_at=now):
        Runner.objects.filter(jobs=job).update(contacted_at=now)
