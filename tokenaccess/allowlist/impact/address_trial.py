"""Which jobs a project would refuse that looks at where tokens are used, from what its trial recorded."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Max, Q, Sum
from django.urls import reverse
from django.utils import timezone

from identity.models import User
from jobs.models import Job
from projects.models import Project
from tokenaccess.access.facts import settings_of
from tokenaccess.access_log.address_reports import AddressShare, share_of_project
from tokenaccess.models import JobAddress, RefusalRecord
from tokenaccess.policy.levels import AddressMode
from tokenaccess.policy.location import located

MAX_JOBS = 50


@dataclass(frozen=True, slots=True)
class AddressTrialJob:
    """`count`: its requests; `addresses`: where they came from, as far as that is kept; `url`: "" where the job is
    deleted."""

    job_id: int
    project_path: str
    count: int
    at: datetime
    addresses: list[str]
    url: str


@dataclass(frozen=True, slots=True)
class AddressTrialReport:
    """`share`: of all jobs that used their tokens. `count`: those that would have been refused; `hidden`: those of them
    whose projects the reader may not see; `listed`: the others, the latest first, MAX_JOBS at most."""

    mode: str
    share: AddressShare
    count: int
    hidden: int
    listed: list[AddressTrialJob]

    @property
    def more(self) -> int:
        """How many are not listed that the reader may see."""
        return self.count - self.hidden - len(self.listed)


def report_address_trial(project: Project, reader: User, days: int) -> AddressTrialReport:
    """Of what the project asks by its setting: its own jobs anywhere, and other projects' jobs here. Six statements."""
    since = timezone.now() - timedelta(days=days)
    rows = RefusalRecord.trials.filter(Q(project=project) | Q(origin_project=project), last_at__gte=since)
    rows = rows.filter(rule=located.__name__, origin_project__pending_deletion=False).order_by()
    visible = rows.filter(origin_project__in=Project.objects.visible_to(reader).values("pk"))
    count = _count_jobs(rows)
    found = list(
        visible.values("job_id", "origin_project__full_path")
        .annotate(total=Sum("count"), at=Max("last_at"))
        .order_by("-at", "-job_id")[:MAX_JOBS]
    )
    return AddressTrialReport(
        mode=AddressMode(settings_of(project).address_mode).name.lower(),
        share=share_of_project(project, days),
        count=count,
        hidden=count - _count_jobs(visible),
        listed=_jobs(project, found),
    )


def _count_jobs(rows: Any) -> int:
    counted: int = rows.aggregate(jobs=Count("job_id", distinct=True))["jobs"]
    return counted


def _jobs(project: Project, found: list[dict[str, Any]]) -> list[AddressTrialJob]:
    ids = [row["job_id"] for row in found]
    there = set(Job.objects.filter(pk__in=ids).values_list("pk", flat=True))
    used = JobAddress.objects.filter(Q(project=project) | Q(job__project=project), job__in=ids, elsewhere=True)
    addresses: dict[int, set[str]] = {}
    for job, address in used.order_by().values_list("job_id", "address"):
        addresses.setdefault(job, set()).add(address)
    return [
        AddressTrialJob(
            job_id=row["job_id"],
            project_path=row["origin_project__full_path"],
            count=row["total"],
            at=row["at"],
            addresses=sorted(addresses.get(row["job_id"], ())),
            url=_url(row) if row["job_id"] in there else "",
        )
        for row in found
    ]


def _url(row: dict[str, Any]) -> str:
    return reverse("project_job", args=[row["origin_project__full_path"], row["job_id"]])
