"""Files that jobs need and that do not belong in a repository: keystores, certificates, profiles (resources.md §10)."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from blobs.models import Blob
from projects.models import Project

MAX_NAME = 255


class SecureFile(models.Model):
    """Never changed once it is stored. `blob` holds it encrypted; `size` and `sha256` are those of the file itself."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="secure_files")
    name = models.CharField(max_length=MAX_NAME)
    blob = models.ForeignKey(Blob, on_delete=models.PROTECT, related_name="secure_files")
    size = models.PositiveIntegerField()
    sha256 = models.CharField(max_length=64)
    creator = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("id",)
        constraints = [models.UniqueConstraint(fields=["project", "name"], name="secure_file_name_once")]

    def __str__(self) -> str:
        return self.name
