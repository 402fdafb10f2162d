"""Groups, nested to any depth, and the table that answers "who is above whom" with one index probe."""

from __future__ import annotations

from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower

from projects.models.choices import GROUP_CODENAMES, VISIBILITIES
from projects.querysets import GroupQuerySet
from tokenaccess.policy.actions import TargetKind
from tokenaccess.policy.levels import Visibility


class Group(models.Model):
    """A namespace. With `person` set it is that person's own one, which holds projects and nothing else."""

    kind: ClassVar = TargetKind.GROUP

    name = models.CharField(max_length=255)
    path = models.CharField(max_length=255)
    full_path = models.CharField(max_length=1024, editable=False)
    parent = models.ForeignKey("self", null=True, blank=True, on_delete=models.PROTECT, related_name="subgroups")
    person = models.OneToOneField(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        editable=False,
        on_delete=models.CASCADE,
        related_name="namespace",
    )
    description = models.TextField(blank=True)
    visibility = models.PositiveSmallIntegerField(choices=VISIBILITIES, default=Visibility.PRIVATE)
    created_at = models.DateTimeField(auto_now_add=True)
    # No group any more: where projects of a deleted one wait for the housekeeping (projects.services.group_deletion).
    pending_deletion = models.BooleanField(default=False, editable=False)

    objects = GroupQuerySet.as_manager()

    class Meta:
        ordering = ("full_path",)
        default_permissions = ("add", "change", "delete", "view")
        permissions: ClassVar[Any] = [
            (name, f"{role.name.capitalize()} of the group") for role, name in GROUP_CODENAMES.items()
        ]
        constraints = [models.UniqueConstraint(Lower("full_path"), name="group_path_is_unique")]

    def __str__(self) -> str:
        return self.full_path

    @property
    def nearest_group_id(self) -> int:
        return self.pk

    @property
    def visibility_name(self) -> str:
        return Visibility(self.visibility).name.lower()


class GroupAncestor(models.Model):
    """Closure of the tree: one row for each group and each group above it, itself included at distance 0.

    The access check asks for the nearest listed group above a project; here that is a probe of the pair's index and no
    walk, on both databases. Written only by `projects.services`.
    """

    group = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="ancestor_links")
    ancestor = models.ForeignKey(Group, on_delete=models.CASCADE, related_name="descendant_links")
    distance = models.PositiveSmallIntegerField()

    class Meta:
        constraints = [models.UniqueConstraint(fields=["group", "ancestor"], name="ancestor_once")]

    def __str__(self) -> str:
        return f"{self.ancestor_id} is {self.distance} above {self.group_id}"
