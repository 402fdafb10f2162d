"""Settings of the whole instance."""

from __future__ import annotations

from django.db import models
from django.db.models import Q


class InstanceSettings(models.Model):
    """One row, or none while all are at their defaults."""

    id = models.PositiveSmallIntegerField(primary_key=True, default=1, editable=False)
    enforce_inbound = models.BooleanField(
        "enforce the limit for all projects",
        default=False,
        help_text="Every project is limited to itself and its list, whatever its own setting says.",
    )
    allowlist_limit = models.PositiveIntegerField(
        "entries per list", default=200, help_text="So many projects and so many groups a list may hold."
    )
    editor_needs_both = models.BooleanField(
        "an editor is maintainer on both sides",
        default=True,
        help_text="Off: to add an entry it is enough to be able to read what is added.",
    )
    keep_latest_artifact = models.BooleanField(
        "keep the latest artifacts",
        default=True,
        help_text="Off: in every project artifacts go when their time is over, whatever its own setting says.",
    )
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        verbose_name = verbose_name_plural = "instance settings"
        constraints = [models.CheckConstraint(condition=Q(id=1), name="one_instance_settings")]

    def __str__(self) -> str:
        return "Instance settings"

    @classmethod
    def current(cls) -> InstanceSettings:
        return cls.objects.filter(pk=1).first() or cls(pk=1)
