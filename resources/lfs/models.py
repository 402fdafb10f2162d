"""Files that git keeps outside its commits, and locks on them (resources.md §1.5)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone

from blobs.models import Blob
from jobs.models import Job
from projects.models import Project
from resources.lfs.querysets import FileLockQuerySet, LfsObjectQuerySet


class LfsObject(models.Model):
    """A file that somebody has uploaded to this project: proof that they have its content. What another project keeps
    of the same content gives nobody anything here.

    `asked_at`: when it was uploaded, or a client that was about to push asked whether it is here. `checked_at`: when
    housekeeping last looked for a commit that needs it.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="lfs_objects")
    blob = models.ForeignKey(Blob, on_delete=models.PROTECT, related_name="lfs_objects", db_column="oid")
    size = models.PositiveBigIntegerField()
    creator = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )
    job = models.ForeignKey(Job, null=True, editable=False, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)
    asked_at = models.DateTimeField(default=timezone.now, editable=False)
    checked_at = models.DateTimeField(null=True, editable=False)

    objects = LfsObjectQuerySet.as_manager()

    class Meta:
        verbose_name = "LFS object"
        ordering = ("-id",)
        constraints = [models.UniqueConstraint(fields=["project", "blob"], name="lfs_object_once")]
        indexes = [models.Index(fields=["asked_at"], name="lfs_object_asked")]

    def __str__(self) -> str:
        return self.blob_id

    @property
    def oid(self) -> str:
        """Its SHA-256, as git-lfs calls it."""
        return self.blob_id


class FileLock(models.Model):
    """While it lasts, only its owner pushes changes of the file at `path`, on any branch."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="file_locks")
    path = models.TextField()
    # A path may be longer than what an index takes.
    path_sha256 = models.CharField(max_length=64, editable=False)
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="+")
    locked_at = models.DateTimeField(auto_now_add=True)

    objects = FileLockQuerySet.as_manager()

    class Meta:
        ordering = ("id",)
        constraints = [models.UniqueConstraint(fields=["project", "path_sha256"], name="file_lock_once")]

    def __str__(self) -> str:
        return self.path
