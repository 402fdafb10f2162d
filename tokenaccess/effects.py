"""What a change would do to those who come in today, in numbers, for the page to say before the button.

Counted from the log: who was let in, and how often somebody was refused, within the last 30 days.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, QuerySet, Sum
from django.utils import timezone

from identity.models import User
from jobs.models import Job
from jobs.states import EXECUTING
from projects.models import Project
from tokenaccess.coverage import Cover
from tokenaccess.load import settings_of
from tokenaccess.models import AllowlistEntry, AuthorizationRecord, Direction, InstanceSettings, RefusalRecord
from tokenaccess.policy.levels import Visibility
from tokenaccess.policy.rules import NOT_LISTED, NOT_SENT_OUT

DAYS = 30


def since() -> datetime:
    return timezone.now() - timedelta(days=DAYS)


@dataclass(frozen=True, slots=True)
class Refused:
    """So many requests of so many projects were refused for this one reason."""

    requests: int
    projects: int


@dataclass(frozen=True, slots=True)
class Removal:
    """What taking an entry away does. `refused`: projects that came in (or were reached) and then no longer would.

    `still`: those that another entry keeps letting in. `jobs`: running now in projects that would be refused.
    """

    refused: list[Project]
    still: list[tuple[Project, AllowlistEntry]]
    jobs: int


def came_in(project: Project) -> QuerySet[AuthorizationRecord]:
    """Projects whose jobs were let in within the window, the latest first."""
    recent = AuthorizationRecord.objects.filter(accessed_project=project, last_authorized_at__gte=since())
    return recent.filter(origin_project__pending_deletion=False)


def went_out(project: Project) -> QuerySet[AuthorizationRecord]:
    """Projects that the project's own jobs reached within the window."""
    recent = AuthorizationRecord.objects.filter(origin_project=project, last_authorized_at__gte=since())
    return recent.filter(accessed_project__pending_deletion=False)


def refusals(project: Project) -> QuerySet[RefusalRecord]:
    return RefusalRecord.objects.filter(project=project, last_at__gte=since())


def refusals_elsewhere(project: Project, user: User) -> QuerySet[Any, Any]:
    """Of the project's own jobs within the window, as `user` may know them (RefusalQuerySet.told_to)."""
    own = RefusalRecord.objects.filter(origin_project=project)
    return own.of_jobs_refused_since(since()).told_to(user).filter(at__gte=since())


def let_in_by_opening(project: Project) -> Refused:
    """Refused because their project is not listed: they would come in while the limit is off."""
    return counted(refusals(project).filter(rule="admitted", sentence=NOT_LISTED))


def let_out_by_opening(project: Project, user: User) -> Refused:
    """Refused elsewhere because this project did not let its own jobs go there; only what `user` may see counts, or the
    figures would tell a hidden project from none."""
    turned = RefusalRecord.objects.filter(origin_project=project, last_at__gte=since())
    own = turned.filter(rule="admitted", sentence=NOT_SENT_OUT, project__in=Project.objects.visible_to(user))
    figures = own.aggregate(requests=Sum("count"), projects=Count("project", distinct=True))
    return Refused(figures["requests"] or 0, figures["projects"])


def shut_out_by_limiting(project: Project) -> list[Project]:
    """Came in within the window, and no entry would let them in."""
    origins = list(_origins(project))
    entries = Cover(project).entries_for(origins)
    return [origin for origin in origins if entries[origin.pk] is None]


def kept_in_by_limiting(project: Project) -> list[Project]:
    """Private projects that the project's jobs reached within the window, and that its list does not name."""
    listed = AllowlistEntry.objects.outbound().filter(project=project).values("target_project")
    reached = Project.objects.filter(pk__in=went_out(project).values("accessed_project"))
    return list(reached.filter(visibility=Visibility.PRIVATE).exclude(pk__in=listed))


def removal(entry: AllowlistEntry) -> Removal:
    """Without effect while the limit of its direction is off."""
    if not _is_limited(entry):
        return Removal([], [], 0)
    if entry.direction == Direction.OUTBOUND:
        reached = went_out(entry.project).filter(accessed_project=entry.target_project_id)
        private = reached.filter(accessed_project__visibility=Visibility.PRIVATE)
        return Removal([one.accessed_project for one in private.select_related("accessed_project")], [], 0)
    inside = _inside(entry)
    origins = list(_origins(entry.project).filter(pk__in=inside.values("pk")))
    busy = list(inside.filter(jobs__status__in=EXECUTING).distinct())
    others = Cover(entry.project, without=entry).entries_for([*origins, *busy])
    kept = [(origin, other) for origin in origins if (other := others[origin.pk]) is not None]
    lost = [origin for origin in origins if others[origin.pk] is None]
    shut = [project.pk for project in busy if others[project.pk] is None]
    return Removal(lost, kept, Job.objects.filter(project__in=shut, status__in=EXECUTING).count())


def _inside(entry: AllowlistEntry) -> QuerySet[Project]:
    if entry.target_group_id is not None:
        return Project.objects.below(entry.target_group_id)
    return Project.objects.filter(pk__in=[entry.target.pk])


def _origins(project: Project) -> QuerySet[Project]:
    return Project.objects.filter(pk__in=came_in(project).values("origin_project")).select_related("group")


def _is_limited(entry: AllowlistEntry) -> bool:
    settings = settings_of(entry.project)
    if entry.direction == Direction.OUTBOUND:
        return settings.limits_outbound
    return settings.limits_inbound or InstanceSettings.current().enforce_inbound


def counted(records: QuerySet[RefusalRecord]) -> Refused:
    """How many requests, and of how many projects."""
    figures = records.aggregate(requests=Sum("count"), projects=Count("origin_project", distinct=True))
    return Refused(figures["requests"] or 0, figures["projects"])
