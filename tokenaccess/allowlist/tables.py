"""Table rows of the allowlists: each entry with its permissions, who added it and when it was last used.

Entries whose target the user may not see are shown without its name, so that they can still be removed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, Q, QuerySet

from identity.models import User, today
from projects.models import Group, Project
from tokenaccess.allowlist.impact import inbound_authorizations
from tokenaccess.allowlist.permissions import permission_labels
from tokenaccess.models import AllowlistEntry, AuthorizationRecord, Direction
from tokenaccess.policy.actions import TargetKind

KINDS = (TargetKind.PROJECT, TargetKind.GROUP)


@dataclass(frozen=True, slots=True)
class EntryRow:
    """`path` is "" for a hidden target. Of a group: `project_count` in it, and how many were `recent_sources`."""

    entry: AllowlistEntry
    kind: str
    path: str
    may_do: list[str]
    last_used: datetime | None
    project_count: int = 0
    recent_sources: int = 0

    @property
    def url(self) -> str:
        return f"/{self.path}" if self.path else ""


def inbound_entries(project: Project, user: User, *, q: str = "", kind: str = "") -> QuerySet[AllowlistEntry]:
    """The entries whose visible path or adder contains `q`; `kind`: project, group or "" for both."""
    entries = AllowlistEntry.objects.inbound().filter(project=project)
    if kind in KINDS:
        entries = entries.of_kind(TargetKind(kind))
    return _search(entries, user, q).select_related("project", "target_project", "target_group", "added_by")


def outbound_entries(project: Project) -> QuerySet[AllowlistEntry]:
    entries = AllowlistEntry.objects.outbound().filter(project=project)
    return entries.select_related("project", "target_project", "target_group", "added_by")


def _search(entries: QuerySet[AllowlistEntry], user: User, q: str) -> QuerySet[AllowlistEntry]:
    if not q:
        return entries
    projects = Project.objects.visible_to(user, Q(full_path__icontains=q))
    groups = Group.objects.visible_to(user, Q(full_path__icontains=q))
    return entries.filter(
        Q(target_project__in=projects) | Q(target_group__in=groups) | Q(added_by__username__icontains=q)
    )


def entry_rows(entries: Sequence[AllowlistEntry], user: User) -> list[EntryRow]:
    """One row per entry of one project's list. At most six statements."""
    projects = [entry.target_project_id for entry in entries if entry.target_project_id]
    groups = [entry.target_group_id for entry in entries if entry.target_group_id]
    seen = set(Project.objects.visible_to(user).filter(pk__in=projects).values_list("pk", flat=True))
    seen_groups = set(Group.objects.visible_to(user).filter(pk__in=groups).values_list("pk", flat=True))
    used = _last_used(entries, projects)
    used_groups = _group_uses(entries, groups)
    opens = _project_counts(groups)
    result = []
    for entry in entries:
        project_id, group_id = entry.target_project_id, entry.target_group_id
        visible = project_id in seen if project_id else group_id in seen_groups
        last, sources = used_groups.get(group_id, (None, 0)) if group_id else (used.get(project_id), 0)
        result.append(
            EntryRow(
                entry=entry,
                kind=entry.kind,
                path=entry.target.full_path if visible else "",
                may_do=[] if entry.default_permissions else permission_labels(entry.permissions),
                last_used=last,
                project_count=opens.get(group_id, 0) if group_id else 0,
                recent_sources=sources,
            )
        )
    return result


def count_admitted_projects(project: Project) -> int:
    """How many other projects the list admits today, including those in listed groups."""
    entries = AllowlistEntry.objects.inbound().active(today()).filter(project=project)
    by_group = Q(group__ancestor_links__ancestor__in=entries.groups().values("target_group"))
    listed = Q(pk__in=entries.projects().values("target_project"))
    return Project.objects.alive().filter(by_group | listed).exclude(pk=project.pk).distinct().count()


def _last_used(entries: Sequence[AllowlistEntry], projects: list[int]) -> dict[Any, datetime]:
    if not projects:
        return {}
    records = AuthorizationRecord.objects.all()
    if entries[0].direction == Direction.OUTBOUND:
        reached = records.filter(origin_project=entries[0].project, accessed_project__in=projects)
        return dict(reached.values_list("accessed_project_id", "last_authorized_at"))
    recent = records.filter(accessed_project=entries[0].project, origin_project__in=projects)
    return dict(recent.values_list("origin_project_id", "last_authorized_at"))


_ABOVE = "origin_project__group__ancestor_links__ancestor"


def _group_uses(entries: Sequence[AllowlistEntry], groups: list[int]) -> dict[Any, tuple[datetime | None, int]]:
    """Group id → time of the last authorization of a project in it, and how many had one within the window."""
    if not groups:
        return {}
    mine = {f"{_ABOVE}__in": groups}
    project = entries[0].project
    ever = AuthorizationRecord.objects.filter(accessed_project=project, **mine).order_by().values(_ABOVE)
    last = dict(ever.annotate(last=Max("last_authorized_at")).values_list(_ABOVE, "last"))
    recent = inbound_authorizations(project).filter(**mine).order_by().values(_ABOVE)
    sources = dict(recent.annotate(sources=Count("pk")).values_list(_ABOVE, "sources"))
    return {group: (last.get(group), sources.get(group, 0)) for group in groups}


def _project_counts(groups: list[int]) -> dict[Any, int]:
    if not groups:
        return {}
    inside = Project.objects.alive().filter(group__ancestor_links__ancestor__in=groups).order_by()
    above = "group__ancestor_links__ancestor"
    return dict(inside.values(above).annotate(count=Count("pk")).values_list(above, "count"))
