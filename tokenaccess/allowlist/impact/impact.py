"""What a change of a limit or an entry would block or unblock, counted from the log of the last WINDOW_DAYS days."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Q, QuerySet, Sum
from django.utils import timezone

from identity.models import User, today
from jobs.models import Job
from jobs.states import EXECUTING
from projects.models import Project
from tokenaccess.access.facts import settings_of
from tokenaccess.allowlist.group_rules.inherited import AnyEntry, InboundMatcher
from tokenaccess.allowlist.matcher import ancestor_ids
from tokenaccess.models import AllowlistEntry, AuthorizationRecord, Direction, RefusalRecord
from tokenaccess.policy.conditions import UNMET
from tokenaccess.policy.facts import EntryState
from tokenaccess.policy.levels import Visibility
from tokenaccess.policy.reasons import INBOUND_SENTENCES, OUTBOUND_SENTENCES

WINDOW_DAYS = 30


def window_start(days: int = WINDOW_DAYS) -> datetime:
    return timezone.now() - timedelta(days=days)


@dataclass(frozen=True, slots=True)
class RefusalCount:
    """How many requests were refused for one reason, and of how many projects."""

    requests: int
    projects: int


@dataclass(frozen=True, slots=True)
class RemovalImpact:
    """The impact of removing an entry. `blocked`: recent sources (outbound: targets) that would be refused.

    `still_admitted`: those that another entry covers. `running_jobs`: in projects that would be refused.
    """

    blocked: list[Project]
    still_admitted: list[tuple[Project, AnyEntry]]
    running_jobs: int


def inbound_authorizations(project: Project, days: int = WINDOW_DAYS) -> QuerySet[AuthorizationRecord]:
    """Authorizations of other projects' jobs in `project` within the window, latest first."""
    recent = AuthorizationRecord.objects.filter(accessed_project=project, last_authorized_at__gte=window_start(days))
    return recent.filter(origin_project__pending_deletion=False)


def outbound_authorizations(project: Project) -> QuerySet[AuthorizationRecord]:
    """Authorizations of the project's own jobs elsewhere within the window."""
    recent = AuthorizationRecord.objects.filter(origin_project=project, last_authorized_at__gte=window_start())
    return recent.filter(accessed_project__pending_deletion=False)


def inbound_refusals(project: Project) -> QuerySet[RefusalRecord]:
    return RefusalRecord.objects.filter(project=project, last_at__gte=window_start())


def outbound_refusals(project: Project, user: User) -> QuerySet[Any, Any]:
    """Refusals of the project's own jobs elsewhere within the window, redacted (RefusalQuerySet.summarize_for)."""
    own = RefusalRecord.objects.filter(origin_project=project)
    return own.of_jobs_refused_since(window_start()).summarize_for(user).filter(at__gte=window_start())


def requests_unblocked_inbound(project: Project) -> RefusalCount:
    """Requests that would be admitted if the inbound limit were off: refused because no entry admits them."""
    return count_inbound_refusals(project)[1]


def count_inbound_refusals(project: Project) -> tuple[RefusalCount, RefusalCount]:
    """Of all, and of those `requests_unblocked_inbound` counts. One statement."""
    unlisted = Q(sentence__in=INBOUND_SENTENCES) | Q(sentence__startswith=UNMET)
    unlisted &= Q(rule="admitted")
    figures = inbound_refusals(project).aggregate(
        requests=Sum("count"),
        projects=Count("origin_project", distinct=True),
        unlisted_requests=Sum("count", filter=unlisted),
        unlisted_projects=Count("origin_project", distinct=True, filter=unlisted),
    )
    return (
        RefusalCount(figures["requests"] or 0, figures["projects"]),
        RefusalCount(figures["unlisted_requests"] or 0, figures["unlisted_projects"]),
    )


def requests_unblocked_outbound(project: Project, user: User) -> RefusalCount:
    """Requests elsewhere that would be admitted if the outbound limit were off. Counts only targets that `user` may
    see; otherwise the figures would distinguish hidden from absent projects."""
    turned = RefusalRecord.objects.filter(origin_project=project, last_at__gte=window_start())
    own = turned.filter(rule="admitted", sentence__in=OUTBOUND_SENTENCES)
    own = own.filter(project__in=Project.objects.visible_to(user))
    figures = own.aggregate(requests=Sum("count"), projects=Count("project", distinct=True))
    return RefusalCount(figures["requests"] or 0, figures["projects"])


def count_blocked_inbound(project: Project, days: int = WINDOW_DAYS) -> int:
    """How many sources of the last `days` no entry would admit if the inbound limit were on."""
    origins = list(_recent_sources(project, days).values_list("pk", "group_id"))
    matcher, above = InboundMatcher(project), ancestor_ids(group for _, group in origins)
    return sum(not matcher.match(pk, above[group]).admits for pk, group in origins)


def targets_blocked_outbound(project: Project) -> list[Project]:
    """Recent private targets that are not on the list and would be blocked if the outbound limit were on."""
    listed = AllowlistEntry.objects.outbound().active(today()).filter(project=project).values("target_project")
    reached = Project.objects.filter(pk__in=outbound_authorizations(project).values("accessed_project"))
    return list(reached.filter(visibility=Visibility.PRIVATE).exclude(pk__in=listed))


def removal_impact(entry: AllowlistEntry) -> RemovalImpact:
    """Empty while the limit of the entry's direction is off, and for an entry that has lapsed."""
    if not _is_limited(entry) or entry.state_on(today()) is not EntryState.ACTIVE:
        return RemovalImpact([], [], 0)
    if entry.direction == Direction.OUTBOUND:
        reached = outbound_authorizations(entry.project).filter(accessed_project=entry.target_project_id)
        private = reached.filter(accessed_project__visibility=Visibility.PRIVATE)
        return RemovalImpact([one.accessed_project for one in private.select_related("accessed_project")], [], 0)
    inside = _projects_of_entry(entry)
    origins = list(_recent_sources(entry.project).filter(pk__in=inside.values("pk")))
    busy = list(inside.filter(jobs__status__in=EXECUTING).distinct())
    others = InboundMatcher(entry.project, without=[entry]).matches([*origins, *busy])
    kept = [(origin, other) for origin in origins if others[origin.pk].admits and (other := others[origin.pk].entry)]
    lost = [origin for origin in origins if not others[origin.pk].admits]
    shut = [project.pk for project in busy if not others[project.pk].admits]
    return RemovalImpact(lost, kept, Job.objects.filter(project__in=shut, status__in=EXECUTING).count())


def _projects_of_entry(entry: AllowlistEntry) -> QuerySet[Project]:
    if entry.target_group_id is not None:
        return Project.objects.below(entry.target_group_id)
    return Project.objects.filter(pk__in=[entry.target.pk])


def _recent_sources(project: Project, days: int = WINDOW_DAYS) -> QuerySet[Project]:
    origins = inbound_authorizations(project, days).values("origin_project")
    return Project.objects.filter(pk__in=origins).select_related("group")


def _is_limited(entry: AllowlistEntry) -> bool:
    settings = settings_of(entry.project)
    if entry.direction == Direction.OUTBOUND:
        return settings.limits_outbound
    return settings.inbound_limit_applies
