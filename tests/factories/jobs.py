"""Jobs and their tokens, in any state."""

from __future__ import annotations

from typing import Any

from django.db.models import Max
from django.utils import timezone

from identity.credentials.table import Prefix
from identity.models import User
from identity.secrets import digest, mint
from jobs.models import Job, JobToken, Pipeline
from jobs.states import State
from projects.models import Project


def pipeline(project: Project, user: User | None, **fields: Any) -> Pipeline:
    last = Pipeline.objects.filter(project=project).aggregate(last=Max("iid"))["last"] or 0
    defaults = {"ref": "main", "sha": "1" * 40, "source": "push", "status": State.RUNNING}
    return Pipeline.objects.create(project=project, user=user, iid=last + 1, **{**defaults, **fields})


def job(project: Project, user: User | None, status: str = State.RUNNING, **fields: Any) -> Job:
    defaults: dict[str, Any] = {"name": "test", "stage": "test", "stage_index": 0, "started_at": timezone.now()}
    made = fields.pop("pipeline", None) or pipeline(project, user)
    return Job.objects.create(project=project, user=user, pipeline=made, status=status, **{**defaults, **fields})


def job_token(project: Project, user: User | None, status: str = State.RUNNING, **fields: Any) -> str:
    """The plain token of a new job in `status`."""
    return token_of(job(project, user, status, **fields))


def token_of(job: Job) -> str:
    secret = mint(Prefix.JOB)
    JobToken.objects.create(job=job, digest=digest(secret))
    return secret
