"""What a push moved: the hook reports it, the projects' listeners are told."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from identity.models import User
from projects import events
from projects.models import Project


@dataclass(frozen=True, slots=True)
class Move:
    old: str
    new: str
    ref: str


class Report:
    """The file that the hook `post-receive` writes to, for the time of one push."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="push-")  # removed in close()

    @property
    def path(self) -> Path:
        return Path(self._folder.name) / "moved"

    def moves(self) -> list[Move]:
        """The refs that moved, in git's order; those git refused are not among them."""
        if not self.path.exists():
            return []
        # A ref whose name is no UTF-8 can stand in no row and no address: nobody is told about it.
        lines = self.path.read_bytes().decode(errors="surrogateescape").split("\n")
        parts = (line.split(" ", 2) for line in lines if line.isascii() or _is_text(line))
        return [Move(*part) for part in parts if len(part) == 3]

    def close(self) -> None:
        self._folder.cleanup()


def _is_text(line: str) -> bool:
    try:
        line.encode()
    except UnicodeEncodeError:
        return False
    return True


def tell(project: Project, user: User, moves: list[Move]) -> None:
    for move in moves:
        events.pushed(project=project, ref=move.ref, old=move.old, new=move.new, user=user)
