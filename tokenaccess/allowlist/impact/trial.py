"""What a project's limit would refuse today, from what its trial recorded: one row per source, the rarest first."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import Any, Generic, TypeVar

from django.db.models import Max, Sum
from django.utils import timezone

from identity.models import User
from projects.models import Project
from tokenaccess.allowlist.display.project_row import ProjectRow
from tokenaccess.allowlist.group_rules.inherited import InboundMatcher, Match
from tokenaccess.allowlist.group_rules.lack import Lack, lack_of
from tokenaccess.allowlist.impact.address_trial import AddressTrialReport, report_address_trial
from tokenaccess.allowlist.impact.impact import WINDOW_DAYS
from tokenaccess.allowlist.impact.trial_start import trial_began
from tokenaccess.models import AuthorizationRecord, IgnoredSource, RefusalRecord, TokenAccessSettings
from tokenaccess.policy.levels import InboundMode
from tokenaccess.policy.location import located
from tokenaccess.querysets import RefusalQuerySet

HORIZONS = (30, 90, 400)
DEFAULT_HORIZON = 90
EARLY = timedelta(days=7)


@dataclass(slots=True)
class TrialSource(ProjectRow):
    """A project whose jobs the limit would refuse. `actions`: what they wanted. `match`, `lack`: what the list, as it
    is today, has for it, and has not. `remedy`: what the reader may change, once that was looked for
    (tokenaccess.explanation.remedy.Remedy)."""

    project: Project
    count: int
    at: datetime
    actions: list[str]
    match: Match = field(default_factory=Match)
    lack: Lack | None = None
    remedy: Any = None

    @property
    def days_ago(self) -> int:
        return (timezone.now() - self.at).days


SourceT = TypeVar("SourceT", bound=TrialSource)


@dataclass(frozen=True, slots=True, kw_only=True)
class TrialReport(Generic[SourceT]):
    """`sources`: all that had access within `days`. `refused`: those of them that would lose it, as far as the reader
    may see them; `hidden` counts the others. `ignored`: those that are to lose it. `began`: since when the limit is on
    trial, where that is known. `addresses`: of tokens used from elsewhere, in `report_trials`."""

    days: int
    sources: int
    refused: list[SourceT]
    hidden: int
    ignored: list[SourceT]
    began: datetime | None
    addresses: AddressTrialReport | None = None

    @property
    def early_until(self) -> datetime | None:
        return self.began and self.began + EARLY

    @property
    def is_early(self) -> bool:
        """Too early for what comes by once a week to have been recorded."""
        return self.early_until is not None and timezone.now() < self.early_until

    @property
    def count(self) -> int:
        return len(self.refused) + self.hidden

    @property
    def rarest(self) -> SourceT | None:
        return self.refused[0] if self.refused else None


def days_that_count(settings: TokenAccessSettings) -> int:
    """How far back the pages look for whom an enforced limit would refuse: on trial, as far as the trial's report."""
    return DEFAULT_HORIZON if settings.effective_inbound_mode is InboundMode.TRIAL else WINDOW_DAYS


def report_trial(project: Project, reader: User, days: int = DEFAULT_HORIZON) -> TrialReport[TrialSource]:
    """Ten statements at most, however many sources there are."""
    since = timezone.now() - timedelta(days=days)
    seen = _recorded_sources(project, since)
    matches = InboundMatcher(project).matches(source.project for source in seen.values())
    for pk, source in seen.items():
        source.match, source.lack = matches[pk], lack_of(matches[pk], source.actions)
    refused = [source for source in seen.values() if source.lack is not None]
    ignored = set(IgnoredSource.objects.filter(project=project).values_list("source_id", flat=True))
    ids = {row.project.pk for row in refused}
    visible = set(Project.objects.visible_to(reader).filter(pk__in=ids).values_list("pk", flat=True))
    rows = sorted((row for row in refused if row.project.pk in visible), key=lambda row: (row.count, row.at, row.path))
    return TrialReport(
        days=days,
        sources=count_sources(project, since),
        refused=[row for row in rows if row.project.pk not in ignored],
        hidden=sum(row.project.pk not in visible and row.project.pk not in ignored for row in refused),
        ignored=[row for row in rows if row.project.pk in ignored],
        began=trial_began(project),
    )


def report_trials(project: Project, reader: User, days: int = DEFAULT_HORIZON) -> TrialReport[TrialSource]:
    """As `report_trial`, with what the trial of tokens used from elsewhere recorded. Six statements more."""
    addresses = report_address_trial(project, reader, days)
    return replace(report_trial(project, reader, days), addresses=addresses)


def trial_records(project: Any, since: datetime) -> RefusalQuerySet:
    """Of one project or of several, for the list: where a token is used from is another trial."""
    rows = _trials(project, since).exclude(rule=located.__name__).order_by()
    found: RefusalQuerySet = rows.filter(origin_project__pending_deletion=False)
    return found


def count_sources(project: Any, since: datetime) -> int:
    """How many other projects had access to one project, or to any of several. One statement."""
    used = AuthorizationRecord.objects.filter(**_about("accessed_project", project), last_authorized_at__gte=since)
    alive = {"origin_project__pending_deletion": False}
    mine = used.filter(**alive).order_by().values_list("origin_project")
    return mine.union(_trials(project, since).filter(**alive).order_by().values_list("origin_project")).count()


def _trials(project: Any, since: datetime) -> Any:
    return RefusalRecord.trials.filter(**_about("project", project), last_at__gte=since)


def _about(field: str, project: Any) -> dict[str, Any]:
    return {field: project} if isinstance(project, Project) else {f"{field}__in": project}


def _recorded_sources(project: Project, since: datetime) -> dict[int, TrialSource]:
    rows = trial_records(project, since)
    summed = rows.values("origin_project", "action").annotate(total=Sum("count"), at=Max("last_at"))
    by_origin: defaultdict[int, list[Mapping[str, Any]]] = defaultdict(list)
    for row in summed:
        by_origin[row["origin_project"]].append(row)
    projects = Project.objects.filter(pk__in=rows.values("origin_project")).select_related("group")
    return {
        found.pk: TrialSource(
            found,
            sum(row["total"] for row in by_origin[found.pk]),
            max(row["at"] for row in by_origin[found.pk]),
            sorted(str(row["action"]) for row in by_origin[found.pk]),
        )
        for found in projects
        if found.pk in by_origin
    }
