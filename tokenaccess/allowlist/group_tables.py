"""Table rows of the lists that groups set for all projects below them."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from identity.models import User, today
from projects.models import Group, Project
from tokenaccess.allowlist.permissions import permission_labels
from tokenaccess.models import GroupAllowlistEntry
from tokenaccess.policy.facts import EntryState


@dataclass(frozen=True, slots=True)
class GroupEntryRow:
    """`path` and `group` (whose list it is on) are "" for what the reader may not see."""

    entry: GroupAllowlistEntry
    kind: str
    path: str
    group: str
    may_do: list[str]
    state: str

    @property
    def url(self) -> str:
        return f"/{self.path}" if self.path else ""


def group_entry_rows(entries: Sequence[GroupAllowlistEntry], reader: User) -> list[GroupEntryRow]:
    """Two statements."""
    projects = {entry.target_project_id for entry in entries if entry.target_project_id}
    groups = {entry.target_group_id for entry in entries if entry.target_group_id}
    groups |= {entry.group_id for entry in entries}
    seen = set(Project.objects.visible_to(reader).filter(pk__in=projects).values_list("pk", flat=True))
    seen_groups = set(Group.objects.visible_to(reader).filter(pk__in=groups).values_list("pk", flat=True))
    day = today()
    return [
        GroupEntryRow(
            entry=entry,
            kind=entry.kind,
            path=_path(entry.target, seen if isinstance(entry.target, Project) else seen_groups),
            group=_path(entry.group, seen_groups),
            may_do=[] if entry.default_permissions else permission_labels(entry.permissions),
            state=EntryState(entry.state_on(day)).name.lower(),
        )
        for entry in entries
    ]


def _path(target: Project | Group, seen: set[int]) -> str:
    return target.full_path if target.pk in seen else ""
