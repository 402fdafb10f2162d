"""Which projects' jobs used and tried a project, or the projects below a group, by the access log."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from typing import Any

from django.db.models import Max, QuerySet, Sum
from django.utils import timezone

from projects.models import Group, Project
from tokenaccess.allowlist.impact.impact import WINDOW_DAYS
from tokenaccess.models import AuthorizationRecord, DailyCount

MAX_SOURCES = 5000  # of a project
MAX_GROUP_SOURCES = 1000  # each is matched before a page is chosen, and a group's log is that of many projects


@dataclass(slots=True)
class Logged:
    """A project in the log. `last_used`: None if it was only refused."""

    path: str
    group_id: int
    last_used: datetime | None = None
    uses: int = 0
    refusals: int = 0

    def is_recent(self, since: datetime) -> bool:
        return self.refusals > 0 or self.uses > 0 or self.used_since(since)

    def used_since(self, since: datetime) -> bool:
        return self.last_used is not None and self.last_used >= since


def first_day(days: int) -> date:
    """The first of the last `days` days, today (UTC) included."""
    return timezone.now().astimezone(UTC).date() - timedelta(days=days - 1)


def max_sources(holder: Project | Group) -> int:
    return MAX_SOURCES if isinstance(holder, Project) else MAX_GROUP_SOURCES


def read_log(holder: Project | Group, listed: Iterable[int] = ()) -> tuple[dict[int, Logged], bool]:
    """By the source's id, of at most `max_sources` that were used latest and as many of most requests; and whether
    there are more. Whatever of them is `listed` is read in any case, and each with all of its figures. Three
    statements, five if there are more, however much the log has."""
    used, counts = _last_uses(holder), _counts(holder)
    is_cut = max(len(used), len(counts)) >= max_sources(holder)
    if is_cut:
        known = {*used, *counts, *listed}
        used |= _last_uses(holder, origin_project__in=known - used.keys())
        counts |= _counts(holder, origin_project__in=known - counts.keys())
    sources = Project.objects.alive().filter(pk__in={*used, *counts})
    logged = {}
    for pk, path, group in sources.values_list("pk", "full_path", "group_id"):
        uses, refusals = counts.get(pk, (0, 0))
        logged[pk] = Logged(path, group, used.get(pk), uses, refusals)
    return logged, is_cut


def target_filter(holder: Project | Group) -> dict[str, Any]:
    """Of rows of the log about that project, or about one below that group."""
    if isinstance(holder, Project):
        return {"accessed_project": holder}
    return {"accessed_project__in": Project.objects.below(holder.pk).alive().order_by().values("pk")}


def _last_uses(holder: Project | Group, **among: Any) -> dict[int, datetime]:
    records = AuthorizationRecord.objects.filter(**target_filter(holder), **among)
    if isinstance(holder, Project):  # of which a source has one record
        latest = records.order_by("-last_authorized_at", "-id").values_list("origin_project", "last_authorized_at")
    else:
        last: QuerySet[Any] = records.order_by().values("origin_project").annotate(last=Max("last_authorized_at"))
        latest = last.order_by("-last", "-origin_project").values_list("origin_project", "last")
    return dict(latest if among else latest[: max_sources(holder)])


def _counts(holder: Project | Group, **among: Any) -> dict[int, tuple[int, int]]:
    days = DailyCount.objects.filter(**target_filter(holder), day__gte=first_day(WINDOW_DAYS), **among).order_by()
    summed = days.values("origin_project").annotate(used=Sum("uses"), refused=Sum("refusals"))
    most = summed.order_by("-refused", "-used", "-origin_project")
    rows = most if among else most[: max_sources(holder)]
    return {row["origin_project"]: (row["used"], row["refused"]) for row in rows}
