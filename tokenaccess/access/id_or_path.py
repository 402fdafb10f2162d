"""How an address names a project or group: by number, or by full path."""

from __future__ import annotations

from typing import Literal, NamedTuple

from text.numbers import parse_number

_MAX_PATH_LENGTH = 1024


class IdOrPath(NamedTuple):
    """`IdOrPath("id", number)` or `IdOrPath("path", text)`. What can name nothing (a number too large, a NUL byte) is
    number 0, which is never given away: it takes the same way through the check as any other that is not there."""

    by: Literal["id", "path"]
    value: int | str

    @classmethod
    def parse(cls, raw: str) -> IdOrPath:
        if raw.isdigit():  # also with digits of other scripts, which no path has either
            return cls("id", parse_number(raw) or 0)
        return cls.of_path(raw)

    @classmethod
    def of_path(cls, raw: str) -> IdOrPath:
        """Paths are ASCII; anything else names nothing."""
        usable = len(raw) <= _MAX_PATH_LENGTH and raw.isascii() and raw.isprintable()
        return cls("path", raw) if usable else ABSENT

    @property
    def path(self) -> str | None:
        return str(self.value) if self.by == "path" else None

    def names(self, row_id: int, full_path: str) -> bool:
        return row_id == self.value if self.path is None else full_path.lower() == self.path.lower()


ABSENT = IdOrPath("id", 0)
