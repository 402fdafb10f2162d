"""How often the tokens of jobs are used from elsewhere: of a runner, of a project, and of one job."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import timedelta

from django.db.models import Count, Exists, OuterRef, Q, QuerySet
from django.utils import timezone
from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from jobs.models import Job, Runner
from projects.models import Project
from tokenaccess.allowlist.impact.impact import WINDOW_DAYS
from tokenaccess.models import JobAddress


@dataclass(frozen=True, slots=True)
class AddressShare:
    """`jobs`: those that used their tokens within `days`; `elsewhere`: those of them that did so from elsewhere."""

    jobs: int
    elsewhere: int
    days: int = WINDOW_DAYS

    @property
    def percent(self) -> int:
        """Never 0 or 100 unless it is none or all."""
        if not self.elsewhere or self.elsewhere == self.jobs:
            return 100 if self.elsewhere else 0
        return min(max(round(100 * self.elsewhere / self.jobs), 1), 99)

    @property
    def sentence(self) -> str:
        figures = {"days": self.days, "jobs": self.jobs, "elsewhere": self.elsewhere, "percent": self.percent}
        if not self.jobs:
            return _("No job used its token in the last %(days)d days.") % figures
        if not self.elsewhere:
            return _("In the last %(days)d days no job used its token from elsewhere (%(jobs)d in all).") % figures
        said = ngettext(
            "In the last %(days)d days %(elsewhere)d of %(jobs)d job used its token elsewhere (%(percent)d %%).",
            "In the last %(days)d days %(elsewhere)d of %(jobs)d jobs used their tokens elsewhere (%(percent)d %%).",
            self.jobs,
        )
        return said % figures


def share_of_runner(runner: Runner) -> AddressShare:
    """One statement."""
    return _share(JobAddress.objects.filter(runner=runner))


def share_of_project(project: Project, days: int = WINDOW_DAYS) -> AddressShare:
    """Of what `project` asks by its setting: its own jobs anywhere, and other projects' jobs here. One statement."""
    uses = JobAddress.objects.order_by().values("pk")
    # Each by its index: with one condition for both PostgreSQL reads the addresses of all projects.
    both = uses.filter(job__project=project).union(uses.filter(project=project))
    return _share(JobAddress.objects.filter(pk__in=both), days)


def uses_of_runner_elsewhere(runner: Runner) -> QuerySet[JobAddress]:
    """The latest first; each address of a job once, though it is kept for each project that the job asked there."""
    rows = JobAddress.objects.filter(runner=runner, elsewhere=True)
    same = JobAddress.objects.filter(job=OuterRef("job"), address=OuterRef("address"), elsewhere=True)
    rows = rows.exclude(Exists(same.filter(pk__lt=OuterRef("pk")).order_by()))
    return rows.select_related("job").order_by("-first_at", "-id")


def addresses_elsewhere(job: Job) -> list[str]:
    """One statement."""
    found = JobAddress.objects.filter(job=job, elsewhere=True).order_by()
    return sorted(set(found.values_list("address", flat=True)))


def sources_elsewhere(project: Project, sources: Iterable[Project]) -> set[int]:
    """Those whose jobs used their tokens in `project` from elsewhere, lately. One statement."""
    rows = JobAddress.objects.filter(project=project, elsewhere=True, job__project__in=[one.pk for one in sources])
    recent = rows.filter(first_at__gte=timezone.now() - timedelta(days=WINDOW_DAYS)).order_by()
    return set(recent.values_list("job__project", flat=True).distinct())


def _share(rows: QuerySet[JobAddress], days: int = WINDOW_DAYS) -> AddressShare:
    recent = rows.filter(first_at__gte=timezone.now() - timedelta(days=days)).order_by()
    counted = recent.aggregate(
        jobs=Count("job", distinct=True), elsewhere=Count("job", distinct=True, filter=Q(elsewhere=True))
    )
    return AddressShare(**counted, days=days)
