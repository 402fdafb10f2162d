"""Branches and tags that not everyone who may push may touch."""

from __future__ import annotations

from django.db import models
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from projects.models.choices import REF_LEVELS
from projects.models.project import Project
from tokenaccess.policy.levels import Role
from tokenaccess.policy.protected_refs import Protection


class RefKind(models.TextChoices):
    BRANCH = "branch", "Branch"
    TAG = "tag", "Tag"


class ProtectedRef(models.Model):
    """Protects the branches, or the tags, that `name` names: one by its name, or many by a pattern with `*`.

    `push_level` is the least role that may push to a branch or create a tag, 0 for nobody. Whoever may push or merge
    may run pipelines there; merge requests themselves are not part of this product.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="protected_refs")
    kind = models.CharField(max_length=6, choices=RefKind)
    name = models.CharField("name or pattern", max_length=255, help_text=_("* stands for anything: release/*"))
    push_level = models.PositiveSmallIntegerField(
        "may push or create", choices=REF_LEVELS, default=Role.MAINTAINER.value
    )
    merge_level = models.PositiveSmallIntegerField(
        "may merge, and run pipelines",
        choices=REF_LEVELS,
        default=Role.MAINTAINER.value,
        help_text=_("Of branches only. Whoever may push may run pipelines too."),
    )
    allow_force_push = models.BooleanField(default=False, help_text=_("Of branches only, for those who may push."))
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("kind", "name")
        constraints = [
            models.UniqueConstraint(fields=["project", "kind", "name"], name="ref_protected_once"),
            models.CheckConstraint(condition=models.Q(kind__in=RefKind.values), name="protected_ref_is_branch_or_tag"),
        ]

    def __str__(self) -> str:
        return gettext("%(kind)s %(name)s") % {"kind": gettext(self.get_kind_display()), "name": self.name}

    @property
    def tag(self) -> bool:
        return self.kind == RefKind.TAG

    @property
    def protection(self) -> Protection:
        """As the policy reads it."""
        merge = 0 if self.tag else self.merge_level
        return Protection(self.name, self.push_level, merge, self.allow_force_push and not self.tag)
