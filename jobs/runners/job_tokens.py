"""Creates job tokens. A token is valid while its job runs; each use checks that (tokenaccess.policy.rules.alive)."""

from __future__ import annotations

from collections.abc import Iterable

import orjson

from identity.credentials.table import Prefix
from identity.encryption import encrypt
from identity.secrets import digest, mint
from jobs.models import Job, JobToken


def new_job_token() -> str:
    """The plain text of a new token. It is only sent to the runner and never stored."""
    return mint(Prefix.JOB)


def store_token(job: Job, secret: str, masked: Iterable[str] = ()) -> None:
    """Store `secret` as the job's token, in the transaction that starts the job.

    `masked`: further values that the job's log must not show; they are stored encrypted.
    """
    others = sorted({value for value in masked if value.strip() and value != secret})
    masks = encrypt(orjson.dumps(others).decode()) if others else ""
    JobToken.objects.create(job=job, digest=digest(secret), masks=masks)
