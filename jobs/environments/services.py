"""Creates environments for jobs and by hand; changes and deletes them; creates deployments."""

from __future__ import annotations

import logging
from collections.abc import Iterable, Sequence
from contextlib import suppress
from datetime import datetime, timedelta
from typing import Any

from django.core.exceptions import ValidationError
from django.db import IntegrityError, transaction
from django.db.models import Max
from django.utils import timezone

from audit import services as audit
from ci_config import expand, seconds
from ci_config.environment_url import url_error
from identity.models import User
from identity.names import require_visible
from jobs.environments.names import environment_slug, name_error
from jobs.models import Deployment, Environment, Job, Pipeline
from jobs.models.environment import EnvironmentState, Tier
from jobs.pipelines.interpolation import VariableInterpolator
from jobs.states import FailureReason, State
from jobs.variables.job import variables_without_runner
from jobs.variables.tiers import tier_from_name
from jobs.variables.value import values_by_key
from projects.models import Project

log = logging.getLogger(__name__)

NEVER = "never"
# Dates that far away cannot be represented.
MAX_AUTO_STOP = timedelta(days=100 * 366)
MAX_DESCRIPTION_LENGTH = 10_000
CHANGEABLE = frozenset({"external_url", "tier", "description"})


class DeploymentInUse(Exception):
    """The deployment runs, or is the current one. The reason is a sentence."""


class NotStopped(Exception):
    """The environment is not stopped, so it cannot be deleted."""


# --- For jobs ---------------------------------------------------------------------------------------------------------


def assign_environments(interpolator: VariableInterpolator, jobs: Iterable[Job]) -> None:
    """Set `environment` of new, unsaved jobs, and create the environments that do not exist yet.

    A job whose environment name is invalid once its variables are expanded becomes `failed`. Call it within the
    transaction that saves the jobs, which has locked the project: no environment is deleted in between.
    """
    named = [(job, _environment_name(job, interpolator)) for job in jobs if job.options.get("environment")]
    if not named:
        return
    project, now = interpolator.pipeline.project_id, timezone.now()
    rows = Environment.objects.filter(project=project, name__in={name for _, name in named})
    known = {row.name: row for row in rows}
    for job, name in named:
        if name not in known and (created := _get_or_create(job, name, now)) is not None:
            known[name] = created
        if name in known:
            job.environment = known[name]
        else:
            log.info("The job %s of pipeline %s has no environment: %r", job.name, interpolator.pipeline.pk, name[:300])
            job.status, job.failure_reason, job.finished_at = State.FAILED, FailureReason.ENVIRONMENT, now


def reassign_environment(job: Job) -> None:
    """Set `environment` of a job again if it was deleted meanwhile. The caller saves the job in this transaction."""
    if job.environment_id is None and job.options.get("environment"):
        _lock_project(job.project_id)
        assign_environments(VariableInterpolator(job.pipeline), [job])


def recreate_environment(job: Job) -> None:
    """Create the environment of a job again that is about to start, if it was deleted. The caller saves the job."""
    if job.environment_id is None:
        reassign_environment(job)
        create_deployments([job])


def _environment_name(job: Job, interpolator: VariableInterpolator) -> str:
    written = str(job.options["environment"]["name"])
    return (
        expand(written, values_by_key(variables_without_runner(job, interpolator.unmasked_variables)))
        if "$" in written
        else written
    )


def _get_or_create(job: Job, name: str, now: datetime) -> Environment | None:
    """The environment `name`, created if necessary; None if the name is invalid or another environment has its slug."""
    if name_error(name):
        return None
    options = job.options["environment"]
    fields = {
        "slug": environment_slug(name),
        "tier": options.get("deployment_tier") or tier_from_name(name),
        "auto_stop_at": auto_stop_time(options.get("auto_stop_in"), now) if starts_deployment(job) else None,
    }
    try:
        with transaction.atomic():
            return Environment.objects.get_or_create(project_id=job.project_id, name=name, defaults=fields)[0]
    except IntegrityError:
        return None


def starts_deployment(job: Job) -> bool:
    return environment_action(job) == "start"


def environment_action(job: Job) -> str:
    return str((job.options.get("environment") or {}).get("action", ""))


def auto_stop_time(auto_stop_in: str | None, now: datetime) -> datetime | None:
    """When to stop an environment. None: never, also if the text is no duration once its variables are expanded."""
    text = (auto_stop_in or "").strip()
    length = None if text.lower() == NEVER else seconds(text)
    return now + timedelta(seconds=length) if length and length < MAX_AUTO_STOP.total_seconds() else None


def create_deployments(jobs: Sequence[Job]) -> None:
    """Create the deployments of new jobs, under the project's next numbers.

    Call it within the transaction that saves the jobs. Locks the project, so that no number is used twice.
    """
    deploying = [(job, job.environment) for job in jobs if job.environment is not None and starts_deployment(job)]
    if not deploying:
        return
    project = deploying[0][0].project_id
    _lock_project(project)
    last = Deployment.objects.filter(project=project).aggregate(last=Max("iid"))["last"] or 0
    Deployment.objects.bulk_create(
        Deployment(project_id=project, environment=environment, job=job, iid=iid)
        for iid, (job, environment) in enumerate(deploying, last + 1)
    )


# --- By hand ----------------------------------------------------------------------------------------------------------


@transaction.atomic
def create_environment(*, project: Project, by: User, name: str, **fields: Any) -> Environment:
    """Create an environment. `fields`: any of CHANGEABLE. Raises ValidationError by field."""
    environment = Environment(project=project, name=name, slug=environment_slug(name), tier=tier_from_name(name))
    if fault := name_error(name):
        raise ValidationError({"name": [fault]})
    _apply(environment, fields)
    try:
        with transaction.atomic():
            environment.save()
    except IntegrityError:
        taken = Environment.objects.filter(project=project, name=name).exists()
        raise ValidationError({"name" if taken else "slug": ["has already been taken"]}) from None
    _record("environment_created", "was created", environment, by)
    return environment


@transaction.atomic
def update_environment(environment: Environment, *, by: User, **fields: Any) -> Environment:
    """Change an environment. `fields`: any of CHANGEABLE.

    Raises ValidationError by field, Environment.DoesNotExist if it was deleted meanwhile.
    """
    environment = lock_environment(environment.pk)
    _apply(environment, fields)
    environment.save(update_fields=[*fields, "updated_at"])
    _record("environment_updated", "was changed", environment, by)
    return environment


@transaction.atomic
def delete_environment(environment: Environment, *, by: User) -> None:
    """Delete a stopped environment with its deployments; their jobs stay.

    Raises NotStopped, Environment.DoesNotExist.
    """
    # The same order of locks as when a job changes its state: pipeline, then environment.
    pipelines = Pipeline.objects.filter(pk__in=Job.objects.filter(environment=environment).values("pipeline"))
    list(pipelines.order_by("pk").select_for_update(no_key=True).values_list("pk"))
    # And as when a pipeline is created whose jobs may name the environment.
    _lock_project(environment.project_id)
    environment = lock_environment(environment.pk)
    if environment.state != EnvironmentState.STOPPED:
        raise NotStopped
    _record("environment_deleted", "was deleted", environment, by)
    environment.delete()


def delete_stopped(environments: Iterable[Environment], *, by: User) -> list[Environment]:
    """Those that could be deleted: still there and stopped."""
    deleted = []
    for environment in environments:
        with suppress(NotStopped, Environment.DoesNotExist):
            delete_environment(environment, by=by)
            deleted.append(environment)
    return deleted


@transaction.atomic
def delete_deployment(deployment: Deployment, *, by: User) -> None:
    """Its job stays. Raises DeploymentInUse, Environment.DoesNotExist, Deployment.DoesNotExist."""
    environment = lock_environment(deployment.environment_id)
    deployment = Deployment.objects.select_related("job").get(pk=deployment.pk)
    if deployment.status == "running":
        raise DeploymentInUse("Cannot destroy running deployment")
    if Deployment.objects.filter(environment=environment).succeeded().first() == deployment:
        raise DeploymentInUse("Deployment currently deployed to environment")
    _record("deployment_deleted", f"lost its deployment #{deployment.iid}", environment, by)
    deployment.delete()


def lock_environment(pk: int) -> Environment:
    """Lock the environment and return it as it is now. A pipeline, if it is needed, must be locked before."""
    rows = Environment.objects.select_related("project", "auto_stop_by")
    return rows.select_for_update(of=("self",), no_key=True).get(pk=pk)


def _lock_project(pk: int) -> None:
    Project.objects.select_for_update(no_key=True).get(pk=pk)


def _apply(environment: Environment, fields: dict[str, Any]) -> None:
    if unknown := fields.keys() - CHANGEABLE:
        raise TypeError(f"no such field of an environment: {', '.join(sorted(unknown))}")
    if fields.get("description", environment.description) != environment.description:
        require_visible(description=fields["description"], lines=True)
    for name, value in fields.items():
        setattr(environment, name, value)
    errors: dict[str, list[str]] = {}
    if environment.external_url and (fault := url_error(environment.external_url)):
        errors["external_url"] = [fault]
    if len(environment.description) > MAX_DESCRIPTION_LENGTH:
        errors["description"] = [f"is too long (maximum is {MAX_DESCRIPTION_LENGTH} characters)"]
    if environment.tier not in Tier.values:
        errors["tier"] = ["is not included in the list"]
    if errors:
        raise ValidationError(errors)


def _record(event: str, what: str, environment: Environment, by: User) -> None:
    path = environment.project.full_path
    message = f"The environment “{environment.name}” of {path} {what}"
    audit.record(event, message, by=by, on=environment.project, path=path, environment=environment.pk)
