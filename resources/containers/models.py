"""What the registry holds, as far as it told us: repositories, manifests, tags."""

from __future__ import annotations

from collections.abc import Iterable

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from jobs.models import Job
from projects.models import Project
from resources.containers.engine.client import INDEXES
from resources.containers.querysets import ContainerRepositoryQuerySet, TagQuerySet
from tokenaccess.policy.levels import Role

PROTECTION_LEVELS = [(0, "As everywhere"), (Role.MAINTAINER.value, "Maintainers"), (Role.OWNER.value, "Owners")]


class RepositoryStatus(models.TextChoices):
    """As the API says it, which has `null` for the first. In all others nobody pushes."""

    AVAILABLE = "", "Available"
    DELETE_SCHEDULED = "delete_scheduled", "To be deleted"
    DELETE_FAILED = "delete_failed", "Deleting failed"


class ContainerRepository(models.Model):
    """The images of one name. `path` is the whole name; `name` is what it has behind the project's path, "" for none.

    Without a project it was of one that is deleted, and waits to be emptied: until then nobody gets at it, not even a
    new project of the same path. `emptied_at`: when that was done for the first time. It is done once more when no
    token for it can be good any longer.
    """

    project = models.ForeignKey(Project, null=True, on_delete=models.SET_NULL, related_name="container_repositories")
    path = models.CharField(max_length=255, unique=True)
    name = models.CharField(max_length=255, blank=True)
    status = models.CharField(max_length=20, choices=RepositoryStatus.choices, blank=True, default="")
    created_at = models.DateTimeField(auto_now_add=True)
    cleanup_requested_at = models.DateTimeField(null=True, editable=False)
    cleanup = models.JSONField(null=True, editable=False, help_text=_("Rules of a clean-up that has yet to be done."))

    emptied_at = models.DateTimeField(null=True, editable=False)

    objects = ContainerRepositoryQuerySet.as_manager()

    class Meta:
        ordering = ("id",)
        verbose_name = "container repository"
        verbose_name_plural = "container repositories"

    def __str__(self) -> str:
        return self.path

    @property
    def size(self) -> int:
        """Bytes of all its images, what they share counted once."""
        manifests = self.manifests.values_list("digest", "size", "references")
        sizes = {one["digest"]: one["size"] for _digest, _size, references in manifests for one in references}
        sizes |= {digest: size for digest, size, _references in manifests}
        return sum(sizes.values())

    def sizes_of_indexes(self, manifests: Iterable[Manifest]) -> dict[int, int]:
        """Of those that are indexes, by primary key: the layers of all their images that the registry reported. At
        most one query."""
        named = {index.pk: {one["digest"] for one in index.references} for index in manifests if index.is_index}
        images = self.manifests.filter(digest__in=set().union(*named.values())) if named else []
        sizes = {image.digest: image.layers_size for image in images}
        return {pk: sum(sizes.get(digest, 0) for digest in digests) for pk, digests in named.items()}


class Manifest(models.Model):
    """An image, an index of images, or another artifact.

    `references`: `{digest, size, media_type}` of everything it names, and `platform` of the images of an index.
    `image_created_at` and `platform` are read of the image when they are first asked for (`inspected`).
    """

    repository = models.ForeignKey(ContainerRepository, on_delete=models.CASCADE, related_name="manifests")
    digest = models.CharField(max_length=100)
    media_type = models.CharField(max_length=255)
    size = models.PositiveBigIntegerField()
    references = models.JSONField(default=list)
    inspected = models.BooleanField(default=False)
    config_digest = models.CharField(max_length=100, blank=True)
    platform = models.CharField(max_length=100, blank=True)
    image_created_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["repository", "digest"], name="manifest_once")]

    def __str__(self) -> str:
        return self.digest

    @property
    def is_index(self) -> bool:
        return self.media_type in INDEXES

    @property
    def layers_size(self) -> int:
        return sum(one["size"] for one in self.references if one["digest"] != self.config_digest)

    @property
    def platforms(self) -> list[str]:
        """Of an index those of its images; attestations have none."""
        named = [one.get("platform", "") for one in self.references]
        return [platform for platform in [self.platform, *named] if platform]


class Tag(models.Model):
    """`job` and `pusher`: who moved it last; neither where nobody knows."""

    repository = models.ForeignKey(ContainerRepository, on_delete=models.CASCADE, related_name="tags")
    manifest = models.ForeignKey(Manifest, on_delete=models.CASCADE, related_name="tags")
    name = models.CharField(max_length=128)
    pushed_at = models.DateTimeField()
    pusher = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )
    job = models.ForeignKey(Job, null=True, editable=False, on_delete=models.SET_NULL, related_name="+")

    objects = TagQuerySet.as_manager()

    class Meta:
        ordering = ("name",)
        constraints = [models.UniqueConstraint(fields=["repository", "name"], name="container_tag_once")]

    def __str__(self) -> str:
        return self.name


class ImageProtection(models.Model):
    """Repositories that a pattern names, and the least role that may push to them or delete what is in them.

    `pattern`: a whole path, in which `*` stands for anything. A level of 0 asks for no more than everywhere.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="image_protections")
    pattern = models.CharField(max_length=255)
    push_level = models.PositiveSmallIntegerField(choices=PROTECTION_LEVELS, default=Role.MAINTAINER.value)
    delete_level = models.PositiveSmallIntegerField(choices=PROTECTION_LEVELS, default=Role.MAINTAINER.value)
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("pattern",)
        constraints = [models.UniqueConstraint(fields=["project", "pattern"], name="images_protected_once")]

    def __str__(self) -> str:
        return self.pattern
