"""How much memory a server takes while a large file goes through it."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path

PROC = Path("/proc")


class Peak:
    """The most that a server's processes have held since this was made, beside what they held then."""

    def __init__(self, session: int) -> None:
        self.before: dict[int, int] = {}
        for process in _processes(session):
            (PROC / str(process) / "clear_refs").write_text("5")  # the peak counts from here
            self.before[process] = _kilobytes(process, "VmRSS")
        if not self.before:
            raise RuntimeError("The server has no process to measure.")

    def growth(self) -> float:
        """Megabytes, of all processes together. Raises RuntimeError if one of them has ended."""
        grown = 0
        for process, before in self.before.items():
            try:
                grown += max(0, _kilobytes(process, "VmHWM") - before)
            except OSError as error:
                raise RuntimeError(f"Process {process} of the server has ended.") from error
        return grown / 1024


def _processes(session: int) -> Iterator[int]:
    for entry in PROC.iterdir():
        if entry.name.isdigit():
            with suppress(OSError):  # it has just ended
                # Behind the name in parentheses: state, parent, process group, session.
                fields = (entry / "stat").read_text().rpartition(")")[2].split()
                if int(fields[3]) == session:
                    yield int(entry.name)


def _kilobytes(process: int, name: str) -> int:
    for line in (PROC / str(process) / "status").read_text().splitlines():
        if line.startswith(f"{name}:"):
            return int(line.split()[1])
    return 0
