"""Creates, changes and deletes runners, and records contacts of runner managers."""

from __future__ import annotations

from collections.abc import Collection, Iterable
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.utils import timezone

from audit import services as audit
from identity.models import User
from identity.names import require_visible
from identity.secrets import digest, mint
from jobs.models import Job, JobToken, Runner, RunnerManager
from jobs.runners.info import sanitize_info
from jobs.runners.queue import version
from jobs.runners.types import RunnerType
from jobs.states import EXECUTING
from projects.models import Group, Project
from tokenaccess.policy.addresses import MAX_NETWORKS, normalize_address, parse_network

CHANGEABLE = frozenset(
    "description maintenance_note paused locked run_untagged access_level maximum_timeout tag_list networks".split()
)
SERVES_OTHERS = "The runner also serves projects that you do not maintain"
MIN_TIMEOUT, MAX_TIMEOUT = 600, 2**31 - 1  # seconds
MAX_TAGS = 50
# A contact is stored at most this often, so that polling does not cause writes.
CONTACT_INTERVAL = timedelta(minutes=5)


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
    """Create a runner. Returns it with its token, which cannot be read again.

    `fields`: any of CHANGEABLE. `registered`: created with a registration token. Raises ValidationError by field.
    """
    fields |= {"networks": _networks(fields["networks"])} if "networks" in fields else {}
    _validate({"run_untagged": True, "tag_list": [], **fields})
    _require_visible(fields)
    runner = Runner(runner_type=runner_type, group=group, creator=by, registered=registered, **fields)
    secret = _new_token(runner)
    runner.save()
    if project is not None:
        runner.projects.add(project)
    _record("runner_created", "created", runner, by=by)
    return runner, secret


def answers_for(runner: Runner, user: User) -> bool:
    """Whether `user` may do what concerns the tokens of all projects that the runner serves. One statement."""
    return Runner.objects.token_resettable_by(user).filter(pk=runner.pk).exists()


def runners_answered_for(pks: Collection[int], user: User) -> frozenset[int]:
    """Of those runners the ones that `answers_for` says yes of. One statement."""
    return frozenset(Runner.objects.token_resettable_by(user).filter(pk__in=pks).values_list("pk", flat=True))


@transaction.atomic
def update_runner(runner: Runner, *, by: User | None, **changes: Any) -> Runner:
    """Change a runner. `changes`: any of CHANGEABLE. Raises ValidationError by field, and PermissionDenied for networks
    of a runner that also serves projects that `by` does not maintain: their jobs' tokens would work there too."""
    current = {name: getattr(runner, name) for name in CHANGEABLE}
    changes |= {"networks": _networks(changes["networks"])} if "networks" in changes else {}
    _validate({**current, **changes})
    real = {name: value for name, value in changes.items() if current[name] != value}
    _require_visible(real)
    if "networks" in real and by is not None and not answers_for(runner, by):
        raise PermissionDenied(SERVES_OTHERS)
    for name, value in real.items():
        setattr(runner, name, value)
    if real:
        runner.save(update_fields=list(real))
        if "networks" in real:
            running = JobToken.objects.filter(job__runner=runner, job__status__in=EXECUTING)
            running.update(networks=runner.networks)
        _record("runner_updated", f"changed ({', '.join(sorted(real))})", runner, by=by, **real)
        version.bump_after_commit()
    return runner


@transaction.atomic
def delete_runner(runner: Runner, *, by: User | None) -> None:
    """Delete a runner. Its token becomes invalid; jobs that it runs continue until they end or time out."""
    _record("runner_deleted", "deleted", runner, by=by)
    runner.delete()
    version.bump_after_commit()


@transaction.atomic
def reset_token(runner: Runner, *, by: User | None) -> str:
    """Replace the runner's token by a new one of the same kind. The old one becomes invalid."""
    secret = _new_token(runner)
    runner.save(update_fields=["digest", "token_expires_at"])
    _record("runner_token_reset", "given a new token", runner, by=by)
    version.bump_after_commit()
    return secret


@transaction.atomic
def let_token_end(runner: Runner, lifetime: timedelta, *, by: User | None) -> None:
    """Its token expires after that time from now on. The machines that use it learn of it by the next one only."""
    runner.token_expires_at = end = timezone.now() + lifetime
    runner.save(update_fields=["token_expires_at"])
    _record("runner_token_end_set", "given an end for its token", runner, by=by, expires_on=str(end.date()))


def _new_token(runner: Runner) -> str:
    secret, days = mint(runner.prefix), settings.RUNNER_TOKEN_DAYS
    runner.digest = digest(secret)
    runner.token_expires_at = timezone.now() + timedelta(days=days) if days else None
    return secret


@transaction.atomic
def assign_runner(runner: Runner, project: Project, *, by: User) -> None:
    """Let a project runner serve one more project. Raises ValidationError."""
    if runner.runner_type != RunnerType.PROJECT or runner.locked:
        raise ValidationError({"base": ["Runner is locked or is no project runner"]})
    if runner.projects.filter(pk=project.pk).exists():
        raise ValidationError({"runner_projects": ["Runner is already assigned to this project"]})
    runner.projects.add(project)
    path = project.full_path
    audit.record("runner_assigned", f"Runner #{runner.pk} was assigned to {path}", by=by, on=project, path=path)
    version.bump_after_commit()


@transaction.atomic
def unassign_runner(runner: Runner, project: Project, *, by: User) -> None:
    """Take a project from a project runner. Raises ValidationError if it is the last one: delete the runner instead."""
    if runner.projects.count() < 2:
        raise ValidationError({"base": ["Only one project associated with the runner. Delete the runner instead"]})
    runner.projects.remove(project)
    path = project.full_path
    audit.record("runner_unassigned", f"Runner #{runner.pk} was removed from {path}", by=by, on=project, path=path)


def _networks(given: Iterable[str]) -> list[str]:
    """Each written in one way, and once. Raises ValidationError."""
    found: dict[str, None] = {}
    for text in given:
        try:
            found[str(parse_network(text))] = None
        except ValueError:
            raise ValidationError({"networks": [f"{text[:50]!r} is no network, such as 10.0.0.0/8"]}) from None
    if len(found) > MAX_NETWORKS:
        raise ValidationError({"networks": [f"may be {MAX_NETWORKS} at most"]})
    return list(found)


def _validate(values: dict[str, Any]) -> None:
    unknown = values.keys() - CHANGEABLE
    if unknown:
        raise TypeError(f"not changeable: {', '.join(sorted(unknown))}")
    timeout = values.get("maximum_timeout")
    if timeout is not None and not MIN_TIMEOUT <= timeout <= MAX_TIMEOUT:
        raise ValidationError({"maximum_timeout": ["needs to be at least 10 minutes"]})
    tags = values["tag_list"]
    if not values["run_untagged"] and not tags:
        raise ValidationError({"tags_list": ["can not be empty when runner is not allowed to pick untagged jobs"]})
    if len(tags) > MAX_TAGS:
        raise ValidationError(
            {"tags_list": [f"Too many tags specified. Please limit the number of tags to {MAX_TAGS}"]}
        )
    if any(len(tag) > 255 for tag in tags):
        raise ValidationError({"tags_list": ["A tag is too long (maximum is 255 characters)"]})
    for name, max_length in (("description", 255), ("maintenance_note", 1024)):
        if len(values.get(name, "")) > max_length:
            raise ValidationError({name: [f"is too long (maximum is {max_length} characters)"]})


def _require_visible(values: dict[str, Any]) -> None:
    require_visible(description=values.get("description", ""))
    require_visible(maintenance_note=values.get("maintenance_note", ""), lines=True)


def _record(event: str, what: str, runner: Runner, *, by: User | None, **details: Any) -> None:
    """Write an audit entry for the project or group that the runner serves; for an instance runner, for the runner."""
    project = runner.projects.order_by("pk").first() if runner.runner_type == RunnerType.PROJECT else None
    owner = project or runner.group
    message = f"Runner #{runner.pk} was {what}"
    if owner is None:
        audit.record(event, message, by=by, on=runner, path=str(runner), **details)
    else:
        audit.record(event, message, by=by, on=owner, path=owner.full_path, runner=runner.pk, **details)


# --- Runner managers --------------------------------------------------------------------------------------------------


def register_manager_contact(runner: Runner, *, system_id: str, info: Any, address: str | None) -> RunnerManager:
    """Record that a runner manager has called, and create it on its first contact (runner.md §1.2).

    `info`: what it reports about itself; it is sanitized.
    """
    now, reported, address = timezone.now(), sanitize_info(info), normalize_address(address) or None
    manager, created = RunnerManager.objects.get_or_create(
        runner=runner,
        system_id=system_id or "<legacy>",
        defaults={"info": reported, "address": address, "contacted_at": now},
    )
    stale = manager.contacted_at is None or manager.contacted_at < now - CONTACT_INTERVAL
    if not created and (stale or (reported and reported != manager.info)):
        manager.info, manager.address, manager.contacted_at = reported or manager.info, address, now
        manager.save(update_fields=["info", "address", "contacted_at"])
    if created or stale:
        Runner.objects.filter(pk=runner.pk).update(contacted_at=now)
    return manager


def touch_manager(job: Job) -> None:
    """Record a contact of the manager that runs `job`. A busy manager may send only job updates (runner.md §3.3)."""
    now = timezone.now()
    manager = RunnerManager.objects.filter(jobs=job, contacted_at__lt=now - CONTACT_INTERVAL)
    if manager.update(contacted_at=now):
        Runner.objects.filter(jobs=job).update(contacted_at=now)
