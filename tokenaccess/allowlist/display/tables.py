"""Table rows of the outbound allowlist: each entry with who added it and when it was last used.

Entries whose target the user may not see are shown without its name, so that they can still be removed.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import QuerySet

from identity.models import User, today
from projects.models import Project
from tokenaccess.allowlist.sets import admitted_by
from tokenaccess.models import AllowlistEntry, AuthorizationRecord
from tokenaccess.policy.facts import EntryState


@dataclass(frozen=True, slots=True)
class EntryRow:
    """`path` is "" for a hidden target."""

    entry: AllowlistEntry
    path: str
    last_used: datetime | None
    kind: str = "project"

    @property
    def url(self) -> str:
        return f"/{self.path}" if self.path else ""

    @property
    def state(self) -> EntryState:
        return self.entry.state_on(today())


def outbound_entries(project: Project) -> QuerySet[AllowlistEntry]:
    entries = AllowlistEntry.objects.outbound().filter(project=project)
    return entries.select_related("project", "target_project", "added_by")


def outbound_rows(entries: Sequence[AllowlistEntry], user: User) -> list[EntryRow]:
    """One row per entry of one project's outbound list. Two statements at most."""
    targets = [entry.target.pk for entry in entries]
    if not targets:
        return []
    seen = set(Project.objects.visible_to(user).filter(pk__in=targets).values_list("pk", flat=True))
    used = AuthorizationRecord.objects.filter(origin_project=entries[0].project, accessed_project__in=targets)
    last: dict[Any, datetime] = dict(used.values_list("accessed_project_id", "last_authorized_at"))
    return [
        EntryRow(entry, entry.target.full_path if entry.target.pk in seen else "", last.get(entry.target.pk))
        for entry in entries
    ]


def count_admitted_projects(project: Project) -> int:
    """How many other projects the list admits today, including those in listed groups."""
    entries = AllowlistEntry.objects.inbound().filter(project=project)
    return Project.objects.alive().filter(admitted_by(entries, today())).exclude(pk=project.pk).count()
