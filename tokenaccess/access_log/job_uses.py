"""What each job used its token for, in its own project too: a row per job, project and permission, written once."""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from tokenaccess.access_log import writer
from tokenaccess.access_log.once import WriteOnce


class JobUseKey(NamedTuple):
    job: int
    accessed: int
    name: str


def keep(job_id: int, project_id: int, names: tuple[str, ...]) -> bool:
    """Whether there is something to write. `names`: of permissions, or of the action that takes none."""
    return _uses.keep((job_id, project_id, names), (JobUseKey(job_id, project_id, str(name)) for name in names))


def _write_batch(batch: Sequence[JobUseKey]) -> None:
    writer.write_job_uses(use._asdict() for use in batch)


_uses = WriteOnce(_write_batch)
write, forget = _uses.write, _uses.forget
