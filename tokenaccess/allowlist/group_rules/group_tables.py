"""Table rows of the lists that groups set for all projects below them."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass

from identity.models import User, today
from projects.models import Group, Project
from tokenaccess.allowlist.permissions import permission_labels
from tokenaccess.allowlist.reviews.fading import unused_days
from tokenaccess.allowlist.targets import TargetKey, key_of, visible_targets
from tokenaccess.models import GroupAllowlistEntry
from tokenaccess.policy.facts import EntryState


@dataclass(frozen=True, slots=True)
class GroupEntryRow:
    """`path` and `group` (whose list it is on) are "" for what the reader may not see. `state`: also fading, active and
    unused for `unused` days."""

    entry: GroupAllowlistEntry
    kind: str
    path: str
    group: str
    may_do: list[str]
    state: str
    unused: int

    @property
    def url(self) -> str:
        return f"/{self.path}" if self.path else ""


def group_entry_rows(entries: Sequence[GroupAllowlistEntry], reader: User) -> list[GroupEntryRow]:
    """Four statements at most."""
    seen = visible_targets((key_of(one) for entry in entries for one in (entry.target, entry.group)), reader)
    day, unused = today(), unused_days(entries)
    return [
        GroupEntryRow(
            entry=entry,
            kind=entry.kind,
            path=_path(entry.target, seen),
            group=_path(entry.group, seen),
            may_do=[] if entry.default_permissions else permission_labels(entry.permissions),
            state=_state(entry.state_on(day), unused.get(entry.pk, 0)),
            unused=unused.get(entry.pk, 0),
        )
        for entry in entries
    ]


def _state(state: EntryState, unused: int) -> str:
    return "fading" if unused and state is EntryState.ACTIVE else state.name.lower()


def _path(target: Project | Group, seen: Collection[TargetKey]) -> str:
    return target.full_path if key_of(target) in seen else ""
