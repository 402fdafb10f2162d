"""Stop now: ends the tokens of running jobs at once, while the jobs go on, and tells what they had reached.

Each check reads whether a token was stopped with the row it looks up anyhow (tokenaccess.access.sql.job_check). A
runner still reports the log and the end of the job with it; nothing else works.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import QuerySet
from django.utils import timezone

from audit import services as audit
from identity.models import User
from jobs.models import Job, JobToken, Runner
from projects.models import Group, Project
from tokenaccess.models import AuthorizationRecord
from tokenaccess.policy.levels import Role

MAX_REACHED = 1000
Owner = Job | Project | Group | Runner | User


@dataclass(frozen=True)
class Reached:
    """A project that jobs of `origin_path` used their tokens in, and for what: names of permissions and of actions."""

    path: str  # "" where the reader may not see it
    origin_path: str
    used: dict[str, str]  # name → its last moment
    at: datetime


@dataclass(frozen=True)
class Stop:
    """`jobs`: whose token was stopped, by id. `reached`: what jobs of their projects had reached since `since`."""

    at: datetime
    since: datetime
    jobs: list[Job]
    reached: list[Reached]


def running_jobs(owner: Owner) -> QuerySet[Job]:
    """Those of the owner whose token works, with their projects."""
    rows = Job.objects.executing().filter(token__stopped_at=None, token__isnull=False).select_related("project")
    match owner:
        case Job():
            return rows.filter(pk=owner.pk)
        case Project():
            return rows.filter(project=owner)
        case Group():
            return rows.filter(project__group__ancestor_links__ancestor=owner)
        case Runner():
            return rows.filter(runner=owner)
    return rows.filter(user=owner)


@transaction.atomic
def stop_job_tokens(owner: Owner, *, by: User | None, since: datetime) -> Stop:
    """Ends the tokens of all its running jobs in one statement. Jobs that start afterwards get new ones."""
    now, jobs = timezone.now(), list(running_jobs(owner).order_by("id"))
    tokens = JobToken.objects.filter(job__in=[job.pk for job in jobs], stopped_at=None)
    tokens.update(stopped_at=now)
    by_project: defaultdict[Project, list[int]] = defaultdict(list)
    for job in jobs:
        by_project[job.project].append(job.pk)
    for project, stopped in by_project.items():
        path, count = project.full_path, len(stopped)
        tokens_of = "The token of 1 running job" if count == 1 else f"The tokens of {count} running jobs"
        message = f"{tokens_of} of {path} {'was' if count == 1 else 'were'} stopped"
        audit.record("job_tokens_stopped", message, by=by, on=project, path=path, jobs=stopped)
    origins = origins_of(owner, [project.pk for project in by_project])
    return Stop(now, since, jobs, reached_by(origins, since, reader=by))


def origins_of(owner: Owner, ran_jobs: Iterable[int] | QuerySet[Any, Any]) -> QuerySet[Project]:
    """The projects whose part of the log is about the owner: itself, those below it, or those that `ran_jobs` of it, by
    their ids or as a subquery."""
    match owner:
        case Project():
            return Project.objects.filter(pk=owner.pk)
        case Group():
            return Project.objects.below(owner.pk)
        case Job():
            return Project.objects.filter(pk=owner.project_id)
    return Project.objects.filter(pk__in=ran_jobs)


def reached_by(origins: QuerySet[Project], since: datetime, *, reader: User | None) -> list[Reached]:
    """The log is kept by project: it tells what jobs of these projects reached, whichever of them it was.

    So it is for those who may read it of the project: its maintainers, not everyone whose job runs there. The latest
    first, MAX_REACHED at most; `reader` None is the operator at the machine, who sees all.
    """
    if reader is not None:
        origins = origins.filter(pk__in=Project.objects.with_min_role(reader, Role.MAINTAINER).values("pk"))
    rows = AuthorizationRecord.objects.filter(origin_project__in=origins, last_authorized_at__gte=since)
    records = list(rows.select_related("origin_project", "accessed_project")[:MAX_REACHED])
    seen = _visible(records, reader)
    return [
        Reached(
            record.accessed_project.full_path if record.accessed_project_id in seen else "",
            record.origin_project.full_path,
            {name: at for name, at in record.used.items() if datetime.fromisoformat(at) >= since},
            record.last_authorized_at,
        )
        for record in records
    ]


def _visible(records: Iterable[AuthorizationRecord], reader: User | None) -> set[int]:
    ids = {record.accessed_project_id for record in records}
    if reader is None:
        return ids
    visible: Any = Project.objects.visible_to(reader).filter(pk__in=ids)
    return set(visible.values_list("pk", flat=True))
