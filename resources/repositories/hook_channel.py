"""Where the server and git's hooks meet for the time of one push: what may move, and what moved."""

from __future__ import annotations

import shutil
import tempfile
from collections.abc import Iterable, Sequence
from pathlib import Path

from identity.models import User
from projects.extensions import events
from projects.extensions.locked_paths import LockedPath
from projects.extensions.pushed_pointers import MISSING
from projects.models import Project
from projects.protection import NO_FORCE_PUSH
from resources.repositories.ref_updates import MAX_COMMAND_BYTES, RefUpdate, Verdict

MAX_OPTIONS = 100


class HookChannel:
    """The folder in which `pre-receive` reads and `post-receive` writes. `folder`: one that is there already."""

    def __init__(self, folder: Path | None = None) -> None:
        self._own = None if folder else tempfile.TemporaryDirectory(prefix="push-")  # removed in close()
        self.path = folder or Path(self._own.name if self._own else "")

    def write_verdict(self, verdict: Verdict, locked: Sequence[LockedPath], objects: Sequence[str] | None) -> None:
        """To be called before git has heard the end of the push. The file that opens the door comes last. `locked`:
        what no new commit may change. `objects`: those that a new pointer may stand for, in order; None for any."""
        if objects is not None:
            self._write("missing", [f"GitLab: {MISSING}".encode()])
            self._write("objects", (oid.encode() for oid in objects))
        self._write("refused", (f"GitLab: {sentence}".encode() for sentence in verdict.refusals))
        self._write("forward", (move.line for move in verdict.fast_forward_only))
        self._write("no-force", [NO_FORCE_PUSH.encode()])
        self._write("locked", (lock.path.encode() for lock in locked))
        self._write("locked-by", (lock.sentence.encode() for lock in locked))
        self._write("allowed", (move.line for move in verdict.allowed))

    def _write(self, name: str, lines: Iterable[bytes]) -> None:
        made = self.path / f"{name}.new"
        made.write_bytes(b"".join(line + b"\n" for line in lines))
        made.rename(self.path / name)

    def read_updates(self) -> list[RefUpdate]:
        """The refs that moved, in git's order; those git refused are not among them."""
        # A ref whose name is no UTF-8 can stand in no row and no address: nobody is told about it.
        return [move for move in self._read("moved") if move.is_text]

    def read_announced(self) -> list[RefUpdate]:
        """Those that the hook is about to let pass or not, of a push whose beginning nobody has parsed."""
        return self._read("updates")

    def _read(self, name: str) -> list[RefUpdate]:
        path = self.path / name
        if not path.exists():
            return []
        with path.open("rb") as file:
            found = map(RefUpdate.parse, file.read(MAX_COMMAND_BYTES).split(b"\n"))
            return [move for move in found if move is not None]

    def read_options(self) -> list[str]:
        """What the pusher gave with `-o`, the first MAX_OPTIONS of them."""
        options = self.path / "options"
        if not options.exists():
            return []
        return options.read_bytes().decode(errors="replace").splitlines()[:MAX_OPTIONS]

    def close(self) -> None:
        if self._own is not None:
            self._own.cleanup()
        else:
            shutil.rmtree(self.path, ignore_errors=True)


def announce_updates(
    project: Project, user: User, moves: list[RefUpdate], options: list[str], job_id: int | None
) -> list[str]:
    """Sentences for the pusher. `job_id`: the job whose token was used."""
    if not moves:
        return []
    changes = [events.RefChange(move.ref, move.old, move.new) for move in moves]
    push = events.Push(project, user, changes, options, job_id=job_id)
    events.announce_whole_push(push)
    return push.notices
