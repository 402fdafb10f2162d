"""The token of a job: sent once, with the payload, and valid only while the job is executing."""

from __future__ import annotations

import orjson
from django.db import models
from django.utils.translation import gettext

from identity.encryption import decrypt
from identity.models import HashedToken
from jobs.models.job import Job


class JobToken(HashedToken):
    """The row stays when the job ends, to tell late uses from unknown tokens; the job's state decides on validity."""

    # The values of the job's masked variables, encrypted: each piece of its log is searched for them.
    masks = models.TextField(blank=True)
    stopped_at = models.DateTimeField(
        null=True, editable=False, help_text="Since when it opens nothing more, though the job goes on."
    )
    narrowed_to = models.TextField(
        blank=True, default="", editable=False, help_text="What its job left of it, in words; empty: everything."
    )
    taken_from = models.CharField(
        max_length=45, blank=True, default="", editable=False, help_text="The address its runner took the job from."
    )
    networks = models.JSONField(
        default=list, editable=False, help_text="Further ones that it may be used from: those of the job's runner."
    )
    job = models.OneToOneField(Job, on_delete=models.CASCADE, related_name="token")

    @classmethod
    def for_authentication(cls) -> models.QuerySet[JobToken]:
        return cls.objects.select_related("job__project", "job__user")

    @property
    def masked_values(self) -> list[str]:
        """Values that the job's log must not show, besides the token. Raises identity.encryption.DecryptionError."""
        return list(orjson.loads(decrypt(self.masks))) if self.masks else []

    def __str__(self) -> str:
        return gettext("token of job #%(job)s") % {"job": self.job_id}
