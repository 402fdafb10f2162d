"""Making environments: for the jobs of a new pipeline that name them, and by hand. Changing and deleting them."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone

from audit import services as audit
from identity.models import User
from jobs.config import expand, seconds
from jobs.environment_names import fault_of_name, fault_of_url, slug_of
from jobs.models import Deployment, Environment, Job, Pipeline
from jobs.models.environment import EnvironmentState, Tier
from jobs.services.names import Names
from jobs.states import FailureReason, State
from jobs.variables import values, without_runner
from jobs.variables.tiers import tier_of
from projects.models import Project

log = logging.getLogger(__name__)

NEVER = "never"
# A date further off would not fit a calendar.
LONGEST = timedelta(days=100 * 366)
LONGEST_DESCRIPTION = 10_000
CHANGEABLE = frozenset({"external_url", "tier", "description"})


class NotStopped(Exception):
    """Only what has been stopped is deleted."""


# --- For jobs ---------------------------------------------------------------------------------------------------------


def attach(names: Names, jobs: Iterable[Job]) -> None:
    """Gives new jobs, not saved yet, the environments they name, and makes those that are missing. A job whose name for
    one comes to nothing that can be a name has failed. Within the transaction that makes the jobs."""
    wanted = [(job, _name(job, names)) for job in jobs if job.options.get("environment")]
    if not wanted:
        return
    project, now = names.pipeline.project_id, timezone.now()
    rows = Environment.objects.filter(project=project, name__in={name for _, name in wanted})
    known = {row.name: row for row in rows}
    for job, name in wanted:
        if name not in known and (made := _made(job, name, now)) is not None:
            known[name] = made
        if name in known:
            job.environment = known[name]
        else:
            log.info("The job %s of pipeline %s has no environment: %r", job.name, names.pipeline.pk, name[:300])
            job.status, job.failure_reason, job.finished_at = State.FAILED, FailureReason.ENVIRONMENT, now


def renew(job: Job) -> None:
    """A job that is about to go, though its environment has been deleted, gets a new one; the caller saves it."""
    if job.environment_id is None and job.options.get("environment"):
        attach(Names(job.pipeline), [job])
        number([job])


def _name(job: Job, names: Names) -> str:
    written = str(job.options["environment"]["name"])
    return expand(written, values(without_runner(job, names.stored))) if "$" in written else written


def _made(job: Job, name: str, now: datetime) -> Environment | None:
    """Or what another pipeline made this moment; None when the name is unfit, or its slug is another's."""
    if fault_of_name(name):
        return None
    options = job.options["environment"]
    fields = {
        "slug": slug_of(name),
        "tier": options.get("deployment_tier") or tier_of(name),
        "auto_stop_at": stop_time(options.get("auto_stop_in"), now) if starts(job) else None,
    }
    try:
        with transaction.atomic():
            return Environment.objects.get_or_create(project_id=job.project_id, name=name, defaults=fields)[0]
    except IntegrityError:
        return None


def starts(job: Job) -> bool:
    return action_of(job) == "start"


def action_of(job: Job) -> str:
    return str((job.options.get("environment") or {}).get("action", ""))


def stop_time(auto_stop_in: str | None, now: datetime) -> datetime | None:
    """None: never, also for what is no span of time once its variables are filled in."""
    text = (auto_stop_in or "").strip()
    length = None if text.lower() == NEVER else seconds(text)
    return now + timedelta(seconds=length) if length and length < LONGEST.total_seconds() else None


def number(jobs: Sequence[Job]) -> None:
    """The deployments of new jobs, under the project's next numbers. Within the transaction that makes the jobs; two
    at once wait for each other."""
    deploying = [(job, job.environment) for job in jobs if job.environment is not None and starts(job)]
    if not deploying:
        return
    project = deploying[0][0].project_id
    Project.objects.select_for_update(no_key=True).get(pk=project)
    last = Deployment.objects.filter(project=project).aggregate(last=Max("iid"))["last"] or 0
    Deployment.objects.bulk_create(
        Deployment(project_id=project, environment=environment, job=job, iid=iid)
        for iid, (job, environment) in enumerate(deploying, last + 1)
    )


# --- By hand ----------------------------------------------------------------------------------------------------------


@transaction.atomic
def create_environment(*, project: Project, by: User, name: str, **fields: Any) -> Environment:
    """`fields`: any of CHANGEABLE. Raises ValidationError by field."""
    environment = Environment(project=project, name=name, slug=slug_of(name), tier=tier_of(name))
    if fault := fault_of_name(name):
        raise ValidationError({"name": [fault]})
    _set(environment, fields)
    try:
        with transaction.atomic():
            environment.save()
    except IntegrityError:
        taken = Environment.objects.filter(project=project, name=name).exists()
        raise ValidationError({"name" if taken else "slug": ["has already been taken"]}) from None
    _record("environment_created", "was made", environment, by)
    return environment


@transaction.atomic
def update_environment(environment: Environment, *, by: User, **fields: Any) -> Environment:
    """`fields`: any of CHANGEABLE. Raises ValidationError by field, Environment.DoesNotExist when it was deleted."""
    environment = locked(environment.pk)
    _set(environment, fields)
    environment.save(update_fields=[*fields, "updated_at"])
    _record("environment_updated", "was changed", environment, by)
    return environment


@transaction.atomic
def delete_environment(environment: Environment, *, by: User) -> None:
    """With the list of its deployments; their jobs stay. Raises NotStopped, Environment.DoesNotExist."""
    # First as whoever changes the state of one of its jobs, who has the pipeline before the environment.
    pipelines = Pipeline.objects.filter(pk__in=Job.objects.filter(environment=environment).values("pipeline"))
    list(pipelines.order_by("pk").select_for_update(no_key=True).values_list("pk"))
    # Then as whoever makes a pipeline, whose jobs may name it this moment.
    Project.objects.select_for_update(no_key=True).get(pk=environment.project_id)
    environment = locked(environment.pk)
    if environment.state != EnvironmentState.STOPPED:
        raise NotStopped
    _record("environment_deleted", "was deleted", environment, by)
    environment.delete()


def locked(pk: int) -> Environment:
    """As it is now. Whoever locks a pipeline as well does that first."""
    rows = Environment.objects.select_related("project", "auto_stop_by")
    return rows.select_for_update(of=("self",), no_key=True).get(pk=pk)


def _set(environment: Environment, fields: dict[str, Any]) -> None:
    if unknown := fields.keys() - CHANGEABLE:
        raise TypeError(f"no such field of an environment: {', '.join(sorted(unknown))}")
    for name, value in fields.items():
        setattr(environment, name, value)
    errors: dict[str, list[str]] = {}
    if environment.external_url and (fault := fault_of_url(environment.external_url)):
        errors["external_url"] = [fault]
    if len(environment.description) > LONGEST_DESCRIPTION:
        errors["description"] = [f"is too long (maximum is {LONGEST_DESCRIPTION} characters)"]
    if environment.tier not in Tier.values:
        errors["tier"] = ["is not included in the list"]
    if errors:
        raise ValidationError(errors)


def _record(event: str, what: str, environment: Environment, by: User) -> None:
    path = environment.project.full_path
    message = f"The environment “{environment.name}” of {path} {what}"
    audit.record(event, message, by=by, on=environment.project, path=path, environment=environment.pk)
