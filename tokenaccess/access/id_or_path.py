"""How an address names a project or group: by number, or by full path."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property

from text.numbers import parse_number

_MAX_PATH_LENGTH = 1024


@dataclass(frozen=True)
class IdOrPath:
    """Exactly one of the two is set. What can name nothing (a number too large, a NUL byte) is number 0, which is never
    given away: it takes the same way through the check as any other that is not there."""

    id: int | None = None
    path: str | None = None

    @classmethod
    def parse(cls, raw: str) -> IdOrPath:
        if raw.isdigit():  # also with digits of other scripts, which no path has either
            return cls(id=parse_number(raw) or 0)
        return cls.of_path(raw)

    @classmethod
    def of_path(cls, raw: str) -> IdOrPath:
        """Paths are ASCII; anything else names nothing."""
        usable = len(raw) <= _MAX_PATH_LENGTH and raw.isascii() and raw.isprintable()
        return cls(path=raw) if usable else ABSENT

    @cached_property
    def key(self) -> tuple[str, int | str]:
        """`("id", number)` or `("path", text)`."""
        return ("path", self.path or "") if self.id is None else ("id", self.id)

    def names(self, row_id: int, full_path: str) -> bool:
        return row_id == self.id if self.path is None else full_path.lower() == self.path.lower()


ABSENT = IdOrPath(id=0)
