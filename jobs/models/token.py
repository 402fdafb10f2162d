"""The token of one job: handed out once, with the job; it works while the job executes and never after."""

from __future__ import annotations

import orjson
from django.db import models

from identity.models import HashedToken
from identity.sealed import unseal
from jobs.models.job import Job


class JobToken(HashedToken):
    """The row stays when the job ends, so that a late use can be told from an invented one; the job's state decides."""

    # The values of the job's masked variables, sealed: each piece of its log is searched for them.
    masks = models.TextField(blank=True)
    job = models.OneToOneField(Job, on_delete=models.CASCADE, related_name="token")

    @property
    def masked_values(self) -> list[str]:
        """What this job's log must not show, besides the token itself. Raises identity.sealed.Unreadable."""
        return list(orjson.loads(unseal(self.masks))) if self.masks else []

    def __str__(self) -> str:
        return f"token of job {self.job_id}"
