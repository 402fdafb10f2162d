"""Where the server and git's hooks meet for the time of one push: what may move, and what moved."""

from __future__ import annotations

import tempfile
from collections.abc import Iterable
from pathlib import Path

from identity.models import User
from projects import events
from projects.models import Project
from projects.protection import NO_FORCE_PUSH
from resources.repositories.moves import Move, Verdict


class Meeting:
    """The folder in which `pre-receive` reads and `post-receive` writes."""

    def __init__(self) -> None:
        self._folder = tempfile.TemporaryDirectory(prefix="push-")  # removed in close()

    @property
    def path(self) -> Path:
        return Path(self._folder.name)

    def judge(self, verdict: Verdict) -> None:
        """To be called before git has heard the end of the push. The file that opens the door comes last."""
        self._write("refused", (f"GitLab: {sentence}".encode() for sentence in verdict.refused))
        self._write("forward", (move.line for move in verdict.forward))
        self._write("no-force", [NO_FORCE_PUSH.encode()])
        self._write("allowed", (move.line for move in verdict.allowed))

    def _write(self, name: str, lines: Iterable[bytes]) -> None:
        made = self.path / f"{name}.new"
        made.write_bytes(b"".join(line + b"\n" for line in lines))
        made.rename(self.path / name)

    def moves(self) -> list[Move]:
        """The refs that moved, in git's order; those git refused are not among them."""
        moved = self.path / "moved"
        if not moved.exists():
            return []
        found = (Move.of_line(line) for line in moved.read_bytes().split(b"\n"))
        # A ref whose name is no UTF-8 can stand in no row and no address: nobody is told about it.
        return [move for move in found if move is not None and move.is_text]

    def close(self) -> None:
        self._folder.cleanup()


def tell(project: Project, user: User, moves: list[Move]) -> None:
    for move in moves:
        events.pushed(project=project, ref=move.ref, old=move.old, new=move.new, user=user)
