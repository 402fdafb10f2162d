"""Creates job tokens. A token is valid while its job runs; each use checks that (tokenaccess.policy.rules.alive)."""

from __future__ import annotations

from collections.abc import Iterable, Sequence

import orjson

from audit.client_address import client_address
from identity.credentials.table import Prefix
from identity.encryption import encrypt
from identity.secrets import digest, mint
from jobs.models import Job, JobToken
from tokenaccess.policy.addresses import normalize_address
from tokenaccess.policy.narrowing import NOTHING, VARIABLE, BadNarrowing, Narrowing, narrowing_of


def new_job_token() -> str:
    """The plain text of a new token. It is only sent to the runner and never stored."""
    return mint(Prefix.JOB)


def store_token(job: Job, secret: str, masked: Iterable[str] = (), networks: Sequence[str] = ()) -> None:
    """Store `secret` as the job's token, in the transaction that starts the job.

    `masked`: further values that the job's log must not show; they are stored encrypted. The token is narrowed from the
    start by what the CI file says. It is taken from the address of the request that is being served; `networks`:
    those of its runner, kept with the token so that its check looks at no runner.
    """
    others = sorted({value for value in masked if value.strip() and value != secret})
    masks = encrypt(orjson.dumps(others).decode()) if others else ""
    narrowed_to = str(narrowing_in_file(job) or "")
    taken_from = normalize_address(client_address())
    JobToken.objects.create(
        job=job,
        digest=digest(secret),
        masks=masks,
        narrowed_to=narrowed_to,
        taken_from=taken_from,
        networks=list(networks),
    )


def narrowing_in_file(job: Job) -> Narrowing | None:
    """What the job's CI file says in TOKEN_ACCESS; None if it says nothing.

    Only the file counts: no variable of a pipeline, a project or another job replaces what stands there. A text that
    was stored before it was checked, and cannot be read, leaves nothing.
    """
    text = next((one["value"] for one in job.options.get("variables", ()) if one["key"] == VARIABLE), None)
    try:
        return None if text is None else Narrowing.parse(text, job.project.full_path)
    except BadNarrowing:
        return NOTHING


def narrow_token(job_id: int, to: Narrowing) -> Narrowing:
    """Leave of the job's token what it has in common with `to`, for good. Two at once leave what all three have."""
    while True:
        stored = JobToken.objects.values_list("narrowed_to", flat=True).get(job=job_id)
        known = narrowing_of(stored)
        left = to if known is None else known.intersect(to)
        if JobToken.objects.filter(job=job_id, narrowed_to=stored).update(narrowed_to=str(left)):
            return left
