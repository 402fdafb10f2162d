"""Releases of a project: a tag with notes, and links to what was built of it (resources.md §7)."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy

from jobs.models import Job
from projects.models import Project
from resources.releases.querysets import ReleaseQuerySet

MAX_TAG = 255
MAX_NAME = 255
MAX_URL = 2048
MAX_ASSET_PATH = 128


class LinkType(models.TextChoices):
    OTHER = "other", gettext_lazy("Other")
    RUNBOOK = "runbook", gettext_lazy("Runbook")
    IMAGE = "image", gettext_lazy("Image")
    PACKAGE = "package", gettext_lazy("Package")


class Release(models.Model):
    """`sha`: the commit that the tag named when it was released. `job`: the one that created it, if one did.

    With `released_at` in the future it is an upcoming one; released before it was created, a historical one.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="releases")
    tag = models.CharField(max_length=MAX_TAG)
    sha = models.CharField(max_length=64)
    name = models.CharField(max_length=MAX_NAME)
    description = models.TextField(blank=True)
    created_at = models.DateTimeField(default=timezone.now)
    released_at = models.DateTimeField(default=timezone.now)
    author = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    job = models.ForeignKey(Job, null=True, on_delete=models.SET_NULL, related_name="+")

    objects = ReleaseQuerySet.as_manager()

    class Meta:
        ordering = ("-released_at", "-id")
        constraints = [models.UniqueConstraint(fields=["project", "tag"], name="released_once")]
        indexes = [
            models.Index(fields=["project", "released_at"], name="release_by_release"),
            models.Index(fields=["project", "created_at"], name="release_by_creation"),
        ]

    def __str__(self) -> str:
        return self.tag

    @property
    def is_upcoming(self) -> bool:
        return self.released_at > timezone.now()

    @property
    def is_historical(self) -> bool:
        return self.released_at < self.created_at


class ReleaseLink(models.Model):
    """`path`: below the release's downloads, where the link is found as well; "" for none."""

    release = models.ForeignKey(Release, on_delete=models.CASCADE, related_name="links")
    name = models.CharField(max_length=MAX_NAME)
    url = models.CharField(max_length=MAX_URL)
    path = models.CharField(max_length=MAX_ASSET_PATH, blank=True)
    link_type = models.CharField(max_length=7, choices=LinkType, default=LinkType.OTHER)

    class Meta:
        ordering = ("-id",)
        constraints = [
            models.UniqueConstraint(fields=["release", "name"], name="link_name_once"),
            models.UniqueConstraint(fields=["release", "path"], condition=~models.Q(path=""), name="link_path_once"),
            models.CheckConstraint(condition=models.Q(link_type__in=LinkType.values), name="link_type_is_known"),
        ]

    def __str__(self) -> str:
        return self.name


class Evidence(models.Model):
    """What a release said at a moment: `document` is JSON, kept to the letter for the digest's sake."""

    release = models.ForeignKey(Release, on_delete=models.CASCADE, related_name="evidences")
    document = models.TextField()
    sha256 = models.CharField(max_length=64)
    collected_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("id",)
        verbose_name_plural = "evidences"

    def __str__(self) -> str:
        return self.sha256
