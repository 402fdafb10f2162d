"""The job token's birth. It dies with the job, whose state is asked at each use (tokenaccess.policy.rules.alive)."""

from __future__ import annotations

from collections.abc import Iterable

import orjson

from identity.sealed import seal
from identity.secrets import Prefix, digest, mint
from jobs.models import Job, JobToken


def new_secret() -> str:
    """The plain text. It goes into the runner's answer and nowhere else."""
    return mint(Prefix.JOB)


def bind(job: Job, secret: str, masked: Iterable[str] = ()) -> None:
    """Makes `secret` the job's token, in the transaction that makes the job run. `masked`: further values that the
    job's log must not show."""
    others = sorted({value for value in masked if value.strip() and value != secret})
    masks = seal(orjson.dumps(others).decode()) if others else ""
    JobToken.objects.create(job=job, digest=digest(secret), masks=masks)
