"""Deployments that no job makes: somebody reports them, and how they go on.

The project is locked before the environment, as where jobs are made.
"""

from __future__ import annotations

from django.db import transaction
from django.db.models import Max
from django.utils import timezone

from audit import services as audit
from identity.models import User
from jobs.environments.services import create_environment, lock_environment
from jobs.models import Deployment, Environment
from jobs.models.environment import EnvironmentState
from projects.models import Project
from projects.repository import NoSuchRef, Repository


class UnknownCommit(Exception):
    """The repository has no such commit."""


class MadeByJob(Exception):
    """The deployment is a job's, which says how it goes."""


class SameStatus(Exception):
    """The deployment has that status already."""


@transaction.atomic
def report_deployment(
    *, project: Project, by: User, environment: str, ref: str, sha: str, tag: bool, status: str
) -> Deployment:
    """To the environment of that name, which is created if there is none. Raises UnknownCommit, ValidationError by
    field."""
    try:
        commit = Repository(project.repository_path).commit(sha)
    except NoSuchRef:
        raise UnknownCommit(sha) from None
    Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    place = _find_or_create(project, environment, by)
    last = Deployment.objects.filter(project=project).aggregate(last=Max("iid"))["last"] or 0
    deployment = Deployment(
        project=project,
        environment=place,
        iid=last + 1,
        reported_ref=ref,
        reported_sha=commit.sha,
        reported_tag=tag,
        reporter=by,
    )
    _set_status(deployment, status)
    deployment.save(force_insert=True)
    _after_status(deployment, place)
    _record("deployment_reported", deployment, by)
    return deployment


@transaction.atomic
def update_deployment(deployment: Deployment, *, by: User, status: str) -> Deployment:
    """Raises MadeByJob, SameStatus, Environment.DoesNotExist, Deployment.DoesNotExist."""
    environment = lock_environment(deployment.environment_id)
    deployment = Deployment.objects.select_for_update(of=("self",), no_key=True).get(pk=deployment.pk)
    if deployment.job_id is not None:
        raise MadeByJob
    if deployment.reported_status == status:
        raise SameStatus
    _set_status(deployment, status)
    deployment.save(update_fields=["reported_status", "finished_at"])
    _after_status(deployment, environment)
    _record("deployment_updated", deployment, by)
    return deployment


def _find_or_create(project: Project, name: str, by: User) -> Environment:
    known = Environment.objects.filter(project=project, name=name).first()
    return lock_environment(known.pk) if known is not None else create_environment(project=project, by=by, name=name)


def _set_status(deployment: Deployment, status: str) -> None:
    deployment.reported_status = status
    deployment.finished_at = None if status == "running" else timezone.now()


def _after_status(deployment: Deployment, environment: Environment) -> None:
    """A success makes the environment available, as a job's does."""
    if deployment.reported_status == "success":
        environment.state = EnvironmentState.AVAILABLE
        environment.auto_stop_at, environment.auto_stop_by, environment.problem = None, None, ""
        environment.save()


def _record(event: str, deployment: Deployment, by: User) -> None:
    project, environment = deployment.project, deployment.environment
    message = f"Deployment #{deployment.iid} to “{environment.name}” of {project.full_path}: {deployment.status}"
    details = {"environment": environment.pk, "deployment": deployment.iid, "status": deployment.status}
    audit.record(event, message, by=by, on=project, path=project.full_path, **details)
