"""The lists as people read them: each entry with what it opens, who added it and when it was last used.

What a person may not see is shown without its name, never left out: they can still close that door.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, Max, Q, QuerySet

from identity.models import User
from projects.models import Group, Project
from tokenaccess.effects import came_in
from tokenaccess.models import AllowlistEntry, AuthorizationRecord, Direction
from tokenaccess.permissions import words

KINDS = ("project", "group")


@dataclass(frozen=True, slots=True)
class Row:
    """`path` is "" for a target one may not see. `opens`: so many projects a group lets in; `came`: so many came."""

    entry: AllowlistEntry
    kind: str
    path: str
    may_do: list[str]
    last_used: datetime | None
    opens: int = 0
    came: int = 0

    @property
    def url(self) -> str:
        return f"/{self.path}" if self.path else ""


def inbound(project: Project, user: User, *, q: str = "", kind: str = "") -> QuerySet[AllowlistEntry]:
    """The entries whose visible path, or whose adder, holds `q`; of one kind, or of both."""
    entries = AllowlistEntry.objects.inbound().filter(project=project)
    if kind in KINDS:
        entries = entries.projects() if kind == "project" else entries.groups()
    return _found(entries, user, q).select_related("project", "target_project", "target_group", "added_by")


def outbound(project: Project) -> QuerySet[AllowlistEntry]:
    entries = AllowlistEntry.objects.outbound().filter(project=project)
    return entries.select_related("project", "target_project", "target_group", "added_by")


def _found(entries: QuerySet[AllowlistEntry], user: User, q: str) -> QuerySet[AllowlistEntry]:
    if not q:
        return entries
    projects = Project.objects.visible_to(user, Q(full_path__icontains=q))
    groups = Group.objects.visible_to(user, Q(full_path__icontains=q))
    return entries.filter(
        Q(target_project__in=projects) | Q(target_group__in=groups) | Q(added_by__username__icontains=q)
    )


def rows(entries: Sequence[AllowlistEntry], user: User) -> list[Row]:
    """One row per entry of one project's list; at most six statements."""
    projects = [entry.target_project_id for entry in entries if entry.target_project_id]
    groups = [entry.target_group_id for entry in entries if entry.target_group_id]
    seen = set(Project.objects.visible_to(user).filter(pk__in=projects).values_list("pk", flat=True))
    seen_groups = set(Group.objects.visible_to(user).filter(pk__in=groups).values_list("pk", flat=True))
    used = _last_used(entries, projects)
    used_groups = _group_uses(entries, groups)
    opens = _opens(groups)
    made = []
    for entry in entries:
        project_id, group_id = entry.target_project_id, entry.target_group_id
        visible = project_id in seen if project_id else group_id in seen_groups
        last, came = used_groups.get(group_id, (None, 0)) if group_id else (used.get(project_id), 0)
        made.append(
            Row(
                entry=entry,
                kind="project" if project_id else "group",
                path=entry.target.full_path if visible else "",
                may_do=[] if entry.default_permissions else words(entry.permissions),
                last_used=last,
                opens=opens.get(group_id, 0) if group_id else 0,
                came=came,
            )
        )
    return made


def admitted_count(project: Project) -> int:
    """How many other projects the list lets in, through groups too."""
    entries = AllowlistEntry.objects.inbound().filter(project=project)
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
    came = records.filter(accessed_project=entries[0].project, origin_project__in=projects)
    return dict(came.values_list("origin_project_id", "last_authorized_at"))


_ABOVE = "origin_project__group__ancestor_links__ancestor"


def _group_uses(entries: Sequence[AllowlistEntry], groups: list[int]) -> dict[Any, tuple[datetime | None, int]]:
    """Group id → when a project of it last came in, and how many did within the window."""
    if not groups:
        return {}
    mine = {f"{_ABOVE}__in": groups}
    project = entries[0].project
    ever = AuthorizationRecord.objects.filter(accessed_project=project, **mine).order_by().values(_ABOVE)
    last = dict(ever.annotate(last=Max("last_authorized_at")).values_list(_ABOVE, "last"))
    recent = came_in(project).filter(**mine).order_by().values(_ABOVE)
    came = dict(recent.annotate(came=Count("pk")).values_list(_ABOVE, "came"))
    return {group: (last.get(group), came.get(group, 0)) for group in groups}


def _opens(groups: list[int]) -> dict[Any, int]:
    if not groups:
        return {}
    inside = Project.objects.alive().filter(group__ancestor_links__ancestor__in=groups).order_by()
    above = "group__ancestor_links__ancestor"
    return dict(inside.values(above).annotate(count=Count("pk")).values_list(above, "count"))
