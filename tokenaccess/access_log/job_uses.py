"""What each job used its token for, in its own project too: a row per job, project and permission, written once.

Collected like the rest of the log (`buffer`). A process remembers what it has written, so that a job that repeats
itself costs a look into a set.
"""

from __future__ import annotations

import threading
from itertools import islice
from typing import NamedTuple

from tokenaccess.access_log import writer

MAX_WAITING = 100_000
MAX_KNOWN = 50_000  # after so many they are forgotten, and written again if they come again


class JobUseKey(NamedTuple):
    job: int
    accessed: int
    name: str


_lock = threading.Lock()
_known: set[tuple[int, int, tuple[str, ...]]] = set()
_waiting: dict[JobUseKey, None] = {}


def keep(job_id: int, project_id: int, names: tuple[str, ...]) -> bool:
    """Whether there is something to write. `names`: of permissions, or of the action that takes none."""
    use = (job_id, project_id, names)
    if use in _known:
        return False
    with _lock:
        if len(_known) >= MAX_KNOWN:
            _known.clear()
        if len(_waiting) < MAX_WAITING:
            _known.add(use)
            _waiting.update(dict.fromkeys(JobUseKey(job_id, project_id, str(name)) for name in names))
    return True


def write(batch_size: int) -> None:
    """One statement for each batch. Raises what the database raises; what is not written waits for the next time."""
    while batch := _next(batch_size):
        writer.write_job_uses(use._asdict() for use in batch)
        with _lock:
            for use in batch:
                _waiting.pop(use, None)


def _next(batch_size: int) -> list[JobUseKey]:
    with _lock:
        return list(islice(_waiting, batch_size))


def forget() -> None:
    """For tests: begin anew."""
    with _lock:
        _known.clear()
        _waiting.clear()
