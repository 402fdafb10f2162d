"""Packages and their files."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from blobs.models import Blob
from jobs.models import Pipeline
from projects.models import Project
from resources.packages.querysets import PackageFileQuerySet, PackageQuerySet


class Kind(models.TextChoices):
    """`package_type` of the API."""

    GENERIC = "generic", "Generic"


class Status(models.TextChoices):
    """A hidden package is left out of lists, and downloads as any other."""

    DEFAULT = "default", "Shown"
    HIDDEN = "hidden", "Hidden"


class Package(models.Model):
    """One version of something, with one or more files."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="packages")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    name = models.CharField(max_length=255)
    version = models.CharField(max_length=255)
    status = models.CharField(max_length=20, choices=Status.choices, default=Status.DEFAULT)
    creator = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.SET_NULL, related_name="packages"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    last_downloaded_at = models.DateTimeField(null=True, editable=False)

    objects = PackageQuerySet.as_manager()

    class Meta:
        ordering = ("id",)
        constraints = [
            # Also the way to a file: the download's one statement goes through this index.
            models.UniqueConstraint(fields=["project", "kind", "name", "version"], name="package_once")
        ]

    def __str__(self) -> str:
        return f"{self.name} {self.version}"


class PackageFile(models.Model):
    """One upload. Several of one name may lie in a package; the newest is the one that downloads.

    `pipeline` is that of the job that stored it; None for a person's upload. Digests are hex, "" where the kind of
    package keeps none.
    """

    package = models.ForeignKey(Package, on_delete=models.CASCADE, related_name="files")
    blob = models.ForeignKey(Blob, on_delete=models.PROTECT, related_name="package_files", db_column="sha256")
    name = models.CharField(max_length=1024)
    size = models.PositiveBigIntegerField()
    md5 = models.CharField(max_length=32, blank=True)
    sha1 = models.CharField(max_length=40, blank=True)
    creator = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )
    pipeline = models.ForeignKey(Pipeline, null=True, on_delete=models.SET_NULL, related_name="package_files")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = PackageFileQuerySet.as_manager()

    class Meta:
        ordering = ("id",)
        indexes = [models.Index(fields=["package", "name", "-id"], name="package_file_newest")]

    def __str__(self) -> str:
        return self.name

    @property
    def sha256(self) -> str:
        return self.blob_id

    @property
    def path(self) -> str:
        """With its folders, as the client wrote it; the name holds them in one word."""
        return self.name.replace("%2F", "/")

    @property
    def api_path(self) -> str:
        """Where it downloads from. Expects `package` at hand."""
        package = self.package
        folder = f"/api/v4/projects/{package.project_id}/packages/{package.kind}"
        return f"{folder}/{package.name}/{package.version}/{self.path}"
