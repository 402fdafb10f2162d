"""Which sources, and in which order: the same for the page, the API and the exports."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from django.utils import timezone

from tokenaccess.allowlist.impact.impact import WINDOW_DAYS
from tokenaccess.sources.read import RECENT_DAYS
from tokenaccess.sources.rows import MATCHES, SourceRow

USED, UNUSED, NEVER, REFUSED = USES = ("used", "unused", "never", "refused")
_ALL = 10**6  # more permissions than there are


def _permission_count(row: SourceRow) -> int | None:
    if row.entry is None:
        return None
    return _ALL if row.entry.default_permissions else len(row.entry.permissions)


# None comes last in either direction.
ORDERS: dict[str, Callable[[SourceRow], Any]] = {
    "list": lambda row: MATCHES.index(row.match),
    "path": lambda row: row.path.casefold() or None,
    "kind": lambda row: row.kind,
    "permissions": _permission_count,
    "added": lambda row: row.added_at,
    "expires": lambda row: row.expires_at,
    "last_used": lambda row: row.last_used,
    "uses": lambda row: row.uses,
    "refusals": lambda row: row.refusals,
}
_LATEST_FIRST = frozenset({"permissions", "added", "last_used", "uses", "refusals"})


@dataclass(frozen=True, slots=True)
class SourceQuery:
    """ "" asks for all. `use`: within WINDOW_DAYS (used, refused), not within RECENT_DAYS (unused), never.

    `sort`: asc, desc, or "" for the way that suits the column.
    """

    search: str = ""
    kind: str = ""
    entry: str = ""
    use: str = ""
    state: str = ""
    order_by: str = "list"
    sort: str = ""

    @property
    def descending(self) -> bool:
        return self.sort == "desc" if self.sort else self.order_by in _LATEST_FIRST

    @property
    def is_filtered(self) -> bool:
        return bool(self.search or self.kind or self.entry or self.use or self.state)

    def apply(self, rows: Iterable[SourceRow]) -> list[SourceRow]:
        """Those that match, in order; what is alike by path."""
        matching = sorted(
            filter(self._matches, rows), key=lambda row: (not row.path, row.path.casefold(), row.kind, row.id)
        )
        key = ORDERS[self.order_by]
        known = [row for row in matching if key(row) is not None]
        known.sort(key=key, reverse=self.descending)
        return known + [row for row in matching if key(row) is None]

    def _matches(self, row: SourceRow) -> bool:
        return (
            (not self.kind or self.kind == row.kind)
            and (not self.entry or self.entry == row.match)
            and (not self.use or _HAS_USE[self.use](row))
            and (not self.state or self.state == row.state_name)
            and (not self.search or self._mentions(row))
        )

    def _mentions(self, row: SourceRow) -> bool:
        """Hidden names are not searched: the reader has none of them."""
        words = self.search.casefold()
        texts = (row.path, row.reason, row.added_by, row.owner)
        return any(words in text.casefold() for text in texts if text)


def _is_used_within(row: SourceRow, days: int) -> bool:
    return row.last_used is not None and row.last_used >= timezone.now() - timedelta(days=days)


_HAS_USE: dict[str, Callable[[SourceRow], bool]] = {
    USED: lambda row: row.uses > 0 or _is_used_within(row, WINDOW_DAYS),
    UNUSED: lambda row: not row.uses and not _is_used_within(row, RECENT_DAYS),
    NEVER: lambda row: row.last_used is None,
    REFUSED: lambda row: row.refusals > 0,
}
