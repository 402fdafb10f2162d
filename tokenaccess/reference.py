"""How an address names a project or group: by number, or by full path."""

from __future__ import annotations

from dataclasses import dataclass

_BIGINT = 2**63 - 1
_LONGEST_PATH = 1024


@dataclass(frozen=True, slots=True)
class Reference:
    """Exactly one of the two is set. What can name nothing (a number too large, a NUL byte) is number 0, which is never
    given away: it takes the same way through the check as any other that is not there."""

    id: int | None = None
    path: str | None = None

    @classmethod
    def parse(cls, raw: str) -> Reference:
        if raw.isascii() and raw.isdigit():
            return cls(id=int(raw)) if len(raw) < 20 and int(raw) <= _BIGINT else ABSENT
        return cls.of_path(raw)

    @classmethod
    def of_path(cls, raw: str) -> Reference:
        """Paths are ASCII; anything else names nothing."""
        usable = len(raw) <= _LONGEST_PATH and raw.isascii() and raw.isprintable()
        return cls(path=raw) if usable else ABSENT

    @property
    def by(self) -> tuple[str, int | str]:
        """`("id", number)` or `("path", text)`."""
        return ("path", self.path or "") if self.id is None else ("id", self.id)

    def names(self, row_id: int, full_path: str) -> bool:
        return row_id == self.id if self.path is None else full_path.lower() == self.path.lower()


ABSENT = Reference(id=0)
