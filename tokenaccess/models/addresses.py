"""From where the tokens of jobs are used."""

from __future__ import annotations

from django.db import models
from django.db.models import Q
from django.db.models.functions import Coalesce
from django.utils.translation import gettext


class JobAddress(models.Model):
    """An address that a job's token was used from, for what the job asked of `project`; None for what was refused.

    `elsewhere`: it was neither the address that the runner took the job from, nor in a network of the runner, when it
    was first seen. `runner`: the job's.
    """

    job = models.ForeignKey("jobs.Job", on_delete=models.CASCADE, related_name="addresses", db_index=False)
    project = models.ForeignKey("projects.Project", null=True, on_delete=models.CASCADE, related_name="+")
    runner = models.ForeignKey("jobs.Runner", null=True, on_delete=models.SET_NULL, related_name="+", db_index=False)
    address = models.CharField(max_length=45)
    elsewhere = models.BooleanField()
    first_at = models.DateTimeField()

    class Meta:
        ordering = ("-first_at", "-id")
        verbose_name_plural = "job addresses"
        constraints = [
            models.UniqueConstraint("job", Coalesce("project", 0), "address", name="job_address_once"),
        ]
        indexes = [
            models.Index(fields=["-first_at", "-id"], name="addresses_by_time"),
            models.Index(fields=["runner", "first_at"], name="addresses_of_runner"),
            models.Index(fields=["runner", "-first_at"], name="addresses_elsewhere", condition=Q(elsewhere=True)),
        ]

    def __str__(self) -> str:
        return gettext("job #%(job)s from %(address)s") % {"job": self.job_id, "address": self.address}
