"""The check of a job as two prepared statements, of which one is asked: without what groups set, while no group sets
anything, and with it.

PostgreSQL makes every part of a plan ready, also one that is not run, and that takes longer than running it. The short
statement looks whether there is any rule by now; if so its answer is dropped, the whole one is asked, and from then on
only that. So it is one statement but for the first after the first rule was made, whatever is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tokenaccess.access.sql.group_rules import ARE_GROUP_RULES, GROUP_MODE, GROUP_RULES, IS_LISTED_ABOVE
from tokenaccess.access.sql.prepared import Prepared

_UNREAD = "?"
_SHORT = {
    GROUP_RULES.format(): f"CASE WHEN {ARE_GROUP_RULES} THEN '{_UNREAD}' END",
    f"coalesce({GROUP_MODE}, 0)": "0",
    IS_LISTED_ABOVE: "FALSE",
    f" OR {ARE_GROUP_RULES} THEN": " THEN",
}


class _Known:
    """Whether there was a rule when last looked, in this process. Only a guess: every answer says what there is."""

    has_rules = False


class CheckStatement(Prepared):
    """`rules_at`: which column of a row is GROUP_RULES. `many`: the row is one list of rows."""

    def __init__(
        self, name: str, parameters: Mapping[str, str], columns: str, source: str, *, rules_at: int, many: bool
    ) -> None:
        super().__init__(name, parameters, columns, source)
        self.short_text = f"{_shorten(columns)} {_shorten(source)}"
        self._short = Prepared(f"{name}_0", parameters, _shorten(columns), _shorten(source))
        self._rules_at, self._many = rules_at, many

    def fetch(self, values: Mapping[str, Any]) -> list[Any] | None:
        if not _Known.has_rules:
            row = self._short.fetch(values)
            if self._rules(row) != _UNREAD:
                return row
            _Known.has_rules = True
        row = super().fetch(values)
        if row is not None and self._rules(row) is None and not (self._many and not row[0]):
            _Known.has_rules = False
        return row

    def _rules(self, row: list[Any] | None) -> str | None:
        if row is None:
            return None
        if not self._many:
            return row[self._rules_at]
        return row[0][0][self._rules_at] if row[0] else None


def _shorten(text: str) -> str:
    for part, short in _SHORT.items():
        text = text.replace(part, short)
    return text
