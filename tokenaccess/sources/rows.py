"""What may access a project and what tried: one row for each entry of its list and for each source in its log."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import datetime

from identity.models import today
from tokenaccess.models import AllowlistEntry
from tokenaccess.policy.actions import TargetKind
from tokenaccess.policy.facts import EntryState

OWN, GROUP, NONE = MATCHES = ("own", "group", "none")


@dataclass(slots=True)
class SourceRow:
    """`path` and `through_path` are "" for what the reader may not see. `entry` is the row's own; `through` that of a
    group above it.

    `last_used` as far back as the log reaches; `uses` and `refusals` are requests of the last WINDOW_DAYS days. Of a
    group: those of the projects that its entry admits, `recent_sources` of which used it within RECENT_DAYS.
    `project_count` (in a group), `used_for` and `can_add` are known after `complete`.
    """

    kind: TargetKind
    id: int
    path: str
    entry: AllowlistEntry | None = None
    through: AllowlistEntry | None = None
    through_path: str = ""
    last_used: datetime | None = None
    uses: int = 0
    refusals: int = 0
    recent_sources: int = 0
    project_count: int = 0
    used_for: dict[str, str] = field(default_factory=dict)
    can_add: bool = False

    @property
    def url(self) -> str:
        return f"/{self.path}" if self.path else ""

    @property
    def state(self) -> EntryState | None:
        """Of its own entry."""
        return None if self.entry is None else self.entry.state_on(today())

    @property
    def match(self) -> str:
        """Whether an entry of its own admits it, one of a group above it, or none."""
        if self.entry is not None:
            return OWN
        return NONE if self.through is None else GROUP
