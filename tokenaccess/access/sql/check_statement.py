"""The check of a job as several prepared statements, of which one is asked: with what the instance uses, and no more.

PostgreSQL makes every part of a plan ready, also one that is not run, and that takes longer than running it. Each
statement tells what is used by now (Uses); if it lacks some of that its answer is dropped, and the one that has it is
asked, and from then on only that. So it is one statement but for the first after the first use of something, whatever
target is asked for.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from tokenaccess.access.sql.entry_state import ARE_CONDITIONS, JOB_CONTEXT, OUTBOUND_STATE
from tokenaccess.access.sql.group_rules import (
    ARE_GROUP_CONDITIONS,
    ARE_GROUP_RULES,
    GROUP_MODE,
    GROUP_RULES,
    IS_LISTED_ABOVE,
)
from tokenaccess.access.sql.prepared import Prepared


class Uses:
    """What some instances use, and others need not pay for: bits of a number. No enumeration: its `&` and `|` are
    functions, which each check would call."""

    NOTHING = 0
    GROUP_RULES = 1
    CONDITIONS = 2
    OUTBOUND_LIMIT = 4  # by the project of the job
    EVERYTHING = 7


# The column of a check that tells them.
USES = (
    f"CASE WHEN {ARE_GROUP_RULES} THEN {Uses.GROUP_RULES} ELSE 0 END"
    f" + CASE WHEN {ARE_CONDITIONS} OR {ARE_GROUP_CONDITIONS} THEN {Uses.CONDITIONS} ELSE 0 END"
    f" + CASE WHEN going.limits_outbound THEN {Uses.OUTBOUND_LIMIT} ELSE 0 END"
)
# Parts of the whole statement, and what stands for each where it is not used.
_UNUSED = {
    Uses.GROUP_RULES: {
        GROUP_RULES: "NULL",
        f"coalesce({GROUP_MODE}, 0)": "0",
        IS_LISTED_ABOVE: "FALSE",
        f" OR {ARE_GROUP_CONDITIONS}": "",
    },
    Uses.CONDITIONS: {JOB_CONTEXT: "NULL"},
    Uses.OUTBOUND_LIMIT: {OUTBOUND_STATE: "NULL"},
}


class _Known:
    """What was used when last looked, in this process. Only a guess: every answer says what is."""

    uses = Uses.NOTHING


class CheckStatement(Prepared):
    """`uses_at`: which column of a row is USES. `many`: the row is one list of rows."""

    def __init__(
        self, name: str, parameters: Mapping[str, str], columns: str, source: str, *, uses_at: int, many: bool
    ) -> None:
        super().__init__(name, parameters, columns, source)
        self.parts = [(_reduce(columns, uses), _reduce(source, uses)) for uses in range(Uses.EVERYTHING)]
        reduced = [Prepared(f"{name}_{uses}", parameters, *parts) for uses, parts in enumerate(self.parts)]
        self._by_uses = [*(one.fetch for one in reduced), super().fetch]
        self._uses_at, self._many = uses_at, many

    def fetch(self, values: Mapping[str, Any]) -> list[Any] | None:
        asked = _Known.uses
        while True:
            row = self._by_uses[asked](values)
            used = self._uses(row, asked)
            if used == asked:
                return row
            if not used & ~asked:
                # Jobs differ in the limit of their projects: what some job needs, the next ones may.
                _Known.uses = used | asked & Uses.OUTBOUND_LIMIT
                return row
            asked = _Known.uses = asked | used

    def _uses(self, row: list[Any] | None, asked: int) -> int:
        """As the row tells; `asked` where there is none to tell."""
        if row is None:
            return asked
        if not self._many:
            return int(row[self._uses_at])
        used = 0
        for one in row[0] or ():
            used |= one[self._uses_at]
        return used if row[0] else asked


def _reduce(text: str, uses: int) -> str:
    for use, parts in _UNUSED.items():
        if not uses & use:
            for part, instead in parts.items():
                text = text.replace(part, instead)
    return text
