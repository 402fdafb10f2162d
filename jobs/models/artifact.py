"""An artifact of a job: an archive of files, or a report."""

from __future__ import annotations

from typing import Any

from django.db import models
from django.db.models import Q
from django.utils.translation import gettext

from blobs.models import Blob
from jobs.artifacts.querysets import ArtifactQuerySet
from jobs.artifacts.types import ACCESS, ARCHIVE, EXTENSIONS, FORMATS
from jobs.models.job import Job


class JobArtifact(models.Model):
    """One upload. The row of an expired artifact stays, without blob, to tell "expired" from "never existed".

    `expires_at`: None means never. `report`: the parsed content (jobs.artifacts.reports).
    """

    job = models.ForeignKey(Job, on_delete=models.CASCADE, related_name="artifacts")
    file_type = models.CharField(max_length=32, choices=[(name, name) for name in FORMATS])
    file_format = models.CharField(max_length=8, choices=[(name, name) for name in EXTENSIONS])
    filename = models.CharField(max_length=255)
    blob = models.ForeignKey(
        Blob, null=True, on_delete=models.PROTECT, related_name="job_artifacts", db_column="sha256"
    )
    size = models.PositiveBigIntegerField()
    access = models.CharField(max_length=12, choices=[(name, name) for name in ACCESS], default="all")
    expires_at = models.DateTimeField(null=True)
    report: models.JSONField[Any, Any] = models.JSONField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)

    objects = ArtifactQuerySet.as_manager()

    class Meta:
        ordering = ("id",)
        constraints = [
            models.UniqueConstraint(fields=["job", "file_type"], name="artifact_once_per_type"),
            models.CheckConstraint(condition=Q(access__in=ACCESS), name="artifact_access_is_known"),
        ]
        indexes = [
            # For housekeeping.
            models.Index(fields=["expires_at"], name="artifacts_expiring", condition=Q(blob__isnull=False)),
        ]

    def __str__(self) -> str:
        return gettext("%(file)s of job #%(job)s") % {"file": self.filename, "job": self.job_id}

    @property
    def sha256(self) -> str:
        return self.blob_id or ""

    @property
    def is_archive(self) -> bool:
        return self.file_type == ARCHIVE
