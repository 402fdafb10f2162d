"""Packages and their files."""

from __future__ import annotations

import re2
from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from blobs.models import Blob
from jobs.models import Job, Pipeline
from projects.models import Group, Project
from resources.packages.publishers.models import TrustedPublisher, UploadToken
from resources.packages.querysets import PackageFileQuerySet, PackageQuerySet, PackageSettingsQuerySet
from tokenaccess.policy.levels import Role

__all__ = [
    "MAX_EXCEPTION_REGEX",
    "DownloadCount",
    "NpmTag",
    "NpmVersion",
    "Package",
    "PackageFile",
    "PackageProtectionRule",
    "PackageSettings",
    "PackageStatus",
    "PypiFile",
    "TrustedPublisher",
    "UploadToken",
    "Yank",
]

MAX_EXCEPTION_REGEX = 255


class PackageStatus(models.TextChoices):
    """A hidden package is left out of lists, and downloads as any other."""

    DEFAULT = "default", "Shown"
    HIDDEN = "hidden", "Hidden"


class Package(models.Model):
    """One version of something, with one or more files."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="packages")
    kind = models.CharField(max_length=20, help_text=_("The format, as the API's package_type."))
    name = models.CharField(max_length=255)
    # Empty for what is about all versions, as a Maven repository's metadata; lists leave that out.
    version = models.CharField(max_length=255, blank=True)
    status = models.CharField(max_length=20, choices=PackageStatus.choices, default=PackageStatus.DEFAULT)
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
        return f"{self.name} {self.version}".rstrip()

    @property
    def shown_tags(self) -> list[NpmTag]:
        """The dist-tags that mean this version; other formats have none."""
        return list(self.npm_tags.all()) if self.kind == "npm" else []


class PackageFile(models.Model):
    """One upload. Several of one name may lie in a package; the newest is the one that downloads.

    `job` stored it, in `pipeline`; both are None for a person's upload. Digests are hex, "" where the kind of
    package keeps none.
    """

    package = models.ForeignKey(Package, on_delete=models.CASCADE, related_name="files")
    blob = models.ForeignKey(Blob, on_delete=models.PROTECT, related_name="package_files", db_column="sha256")
    name = models.CharField(max_length=1024)
    size = models.PositiveBigIntegerField()
    md5 = models.CharField(max_length=32, blank=True)
    sha1 = models.CharField(max_length=40, blank=True)
    sha512 = models.CharField(max_length=128, blank=True)
    creator = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )
    pipeline = models.ForeignKey(Pipeline, null=True, on_delete=models.SET_NULL, related_name="package_files")
    job = models.ForeignKey(Job, null=True, on_delete=models.SET_NULL, related_name="package_files")
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


class DownloadCount(models.Model):
    """How often a file was downloaded, and when last: beside the file, whose own row a download leaves as it is."""

    file = models.OneToOneField(PackageFile, on_delete=models.CASCADE, primary_key=True, related_name="download_count")
    count = models.PositiveBigIntegerField()
    last_at = models.DateTimeField()

    def __str__(self) -> str:
        return f"{self.file}: {self.count}"


class PypiFile(models.Model):
    """What the index of Python packages says of a file besides. `metadata`: the core metadata of a wheel (PEP 658)."""

    file = models.OneToOneField(PackageFile, on_delete=models.CASCADE, primary_key=True, related_name="pypi")
    requires_python = models.CharField(max_length=255, blank=True)
    metadata = models.ForeignKey(Blob, null=True, on_delete=models.PROTECT, related_name="pypi_metadata")

    def __str__(self) -> str:
        return str(self.file)


class Yank(models.Model):
    """A release that installers pass over unless it is asked for by its exact version (PEP 592)."""

    package = models.OneToOneField(Package, on_delete=models.CASCADE, primary_key=True, related_name="yank")
    reason = models.CharField(max_length=255, blank=True)
    creator = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    def __str__(self) -> str:
        return str(self.package)


class NpmVersion(models.Model):
    """What npm's documents say of a version: its package.json, with what npm adds."""

    package = models.OneToOneField(Package, on_delete=models.CASCADE, primary_key=True, related_name="npm")
    manifest = models.JSONField()

    def __str__(self) -> str:
        return str(self.package)


class NpmTag(models.Model):
    """A word that means one version of a name, such as `latest`."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="+")
    package_name = models.CharField(max_length=255)
    name = models.CharField(max_length=255)
    package = models.ForeignKey(Package, on_delete=models.CASCADE, related_name="npm_tags")

    class Meta:
        ordering = ("name",)
        constraints = [models.UniqueConstraint(fields=["project", "package_name", "name"], name="npm_tag_once")]

    def __str__(self) -> str:
        return self.name


class PackageProtectionRule(models.Model):
    """Takes a higher role to publish packages of such a name, or to delete them; 0 asks for none."""

    PUSH_ROLES = ((0, "Developer"), (Role.MAINTAINER.value, "Maintainer"), (Role.OWNER.value, "Owner"))
    DELETE_ROLES = ((0, "Maintainer"), (Role.OWNER.value, "Owner"))

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="package_protection_rules")
    kind = models.CharField(max_length=20, help_text=_("The format, as the API's package_type."))
    name_pattern = models.CharField(max_length=255, help_text=_("* stands for anything: @acme/*"))
    min_push_role = models.PositiveSmallIntegerField(choices=PUSH_ROLES, default=0)
    min_delete_role = models.PositiveSmallIntegerField(choices=DELETE_ROLES, default=0)

    class Meta:
        ordering = ("kind", "name_pattern")
        constraints = [
            models.UniqueConstraint(fields=["project", "kind", "name_pattern"], name="package_protection_rule_once")
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.name_pattern}"


class PackageSettings(models.Model):
    """Of a group, for the projects below it; the nearest group that has some counts."""

    group = models.OneToOneField(Group, on_delete=models.CASCADE, primary_key=True, related_name="package_settings")
    generic_duplicates_allowed = models.BooleanField(
        default=True, help_text=_("A file of a generic package may be published again under the same name.")
    )
    generic_duplicate_exception_regex = models.CharField(
        max_length=MAX_EXCEPTION_REGEX,
        blank=True,
        help_text=_("Generic packages that always may, by name or version."),
    )
    maven_duplicates_allowed = models.BooleanField(
        default=True, help_text=_("A file of a Maven package may be published again under the same name.")
    )
    maven_duplicate_exception_regex = models.CharField(
        max_length=MAX_EXCEPTION_REGEX, blank=True, help_text=_("Maven packages that always may, by name or version.")
    )
    terraform_module_duplicates_allowed = models.BooleanField(
        default=False, help_text=_("A version of a Terraform module may be published again.")
    )
    terraform_module_duplicate_exception_regex = models.CharField(
        max_length=MAX_EXCEPTION_REGEX,
        blank=True,
        help_text=_("Terraform modules that always may, by name or version."),
    )

    objects = PackageSettingsQuerySet.as_manager()

    class Meta:
        verbose_name_plural = "package settings"

    def __str__(self) -> str:
        return self.group.full_path

    def allows_duplicate(self, kind: str, name: str, version: str) -> bool:
        """Of a kind that has such a setting."""
        if getattr(self, f"{kind}_duplicates_allowed"):
            return True
        pattern = str(getattr(self, f"{kind}_duplicate_exception_regex"))
        return bool(pattern) and any(re2.fullmatch(pattern, text) for text in (name, version))
