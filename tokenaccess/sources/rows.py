"""What may access a project, or the projects below a group, and what tried: one row for each entry of its list and for
each source in its log."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import date, datetime
from typing import Any

from django.utils import timezone

from identity.models import today
from tokenaccess.allowlist.group_rules.inherited import AnyEntry, InboundMatcher, Match
from tokenaccess.policy.actions import TargetKind
from tokenaccess.policy.facts import EntryState

OWN, INHERITED, GROUP, NONE = MATCHES = ("own", "inherited", "group", "none")

FADING = "fading"
STATES = ("active", FADING, "expired", "suspended")


@dataclass(frozen=True, slots=True)
class Lists:
    """`matcher` has all that may admit jobs to the project; `named`: project id → its group, of what the lists name."""

    matcher: InboundMatcher
    named: dict[int, int]


@dataclass(slots=True)
class SourceRow:
    """`path` and `through_path` are "" for what the reader may not see. `group_id`: of the group that it is in, or is.
    `entry` is the row's own: on the list itself, or if it `is_inherited` on that of the group `inherited_from`;
    `added_by` and `owner` its people; `through` the one of a group that admits it.

    `last_used` as far back as the log reaches; `uses` and `refusals` are requests of the last WINDOW_DAYS days. Of a
    group: those of the projects that its entry admits, `recent_sources` of which used it within RECENT_DAYS.
    `unused_since`: of an own entry, the last use by any project that it names, or when it was added or last confirmed
    if that is later; `is_fading`: that is longer ago than the instance allows.
    Known after `complete`: `project_count` (of a group: those that its entry admits today), `used_for`, `can_add` and
    `capped`: "all" where a ceiling of a group above leaves nothing of the row's own entry, "some" where it leaves less
    than the entry grants.
    """

    kind: TargetKind
    id: int
    path: str
    group_id: int
    entry: AnyEntry | None = None
    added_by: str | None = None
    owner: str | None = None
    is_inherited: bool = False
    inherited_from: str = ""
    through: AnyEntry | None = None
    through_path: str = ""
    last_used: datetime | None = None
    uses: int = 0
    refusals: int = 0
    recent_sources: int = 0
    unused_since: datetime | None = None
    is_fading: bool = False
    project_count: int = 0
    used_for: dict[str, str] = field(default_factory=dict)
    can_add: bool = False
    capped: str = ""
    found: Match | None = field(default=None, repr=False)  # of a source that nothing admits: what the lists have for it
    remedy: Any = None  # on the page, what the reader may change to admit it (tokenaccess.explanation.remedy.Remedy)
    lists: Lists | None = field(default=None, repr=False)  # of a group: all that may admit its projects

    @property
    def url(self) -> str:
        return f"/{self.path}" if self.path else ""

    @property
    def state(self) -> EntryState | None:
        """Of its own entry."""
        return None if self.entry is None else self.entry.state_on(today())

    @property
    def match(self) -> str:
        """What admits it: an entry of its own, an inherited one, one of a group, or none."""
        if self.entry is not None:
            return INHERITED if self.is_inherited else OWN
        return NONE if self.through is None else GROUP

    @property
    def public_id(self) -> int | None:
        """Of a hidden source only where it takes the id to remove its entry."""
        return self.id if self.path or self.entry is not None else None

    @property
    def matching(self) -> AnyEntry | None:
        return self.entry or self.through

    @property
    def default_permissions(self) -> bool | None:
        return None if self.matching is None else self.matching.default_permissions

    @property
    def permissions(self) -> list[str] | None:
        """None where the user's role decides alone, and where no entry admits the source."""
        if self.matching is None or self.matching.default_permissions:
            return None
        return list(self.matching.permissions)

    @property
    def conditions(self) -> dict[str, Any] | None:
        """What the entry that admits it asks of jobs."""
        return None if self.matching is None else self.matching.conditions

    @property
    def state_name(self) -> str | None:
        """Of its own entry: active, fading (active, and long unused), expired or suspended."""
        if self.state is None:
            return None
        return FADING if self.is_fading and self.state is EntryState.ACTIVE else self.state.name.lower()

    @property
    def unused_days(self) -> int:
        return 0 if self.unused_since is None else (timezone.now() - self.unused_since).days

    @property
    def used_names(self) -> list[str]:
        return sorted(self.used_for)

    @property
    def entry_id(self) -> int | None:
        return None if self.entry is None else self.entry.pk

    @property
    def reason(self) -> str | None:
        return None if self.entry is None else self.entry.reason

    @property
    def added_at(self) -> datetime | None:
        return None if self.entry is None else self.entry.created_at

    @property
    def expires_at(self) -> date | None:
        return None if self.entry is None else self.entry.expires_at
