"""How the jobs that share a resource group take turns."""

from __future__ import annotations

from django.db import models
from django.utils import timezone

from projects.models import Project


class ProcessMode(models.TextChoices):
    """`unordered`: who has waited longest. The others go by pipeline: `oldest_first` and `newest_first` wait for that
    pipeline's job also when it is not ready yet; `newest_ready_first` looks at jobs that are ready only."""

    UNORDERED = "unordered"
    OLDEST_FIRST = "oldest_first"
    NEWEST_FIRST = "newest_first"
    NEWEST_READY_FIRST = "newest_ready_first"


class ResourceGroupMode(models.Model):
    """Of a group whose mode somebody has set; the group itself is the name in its jobs."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="resource_group_modes")
    name = models.CharField(max_length=255)
    process_mode = models.CharField(max_length=20, choices=ProcessMode, default=ProcessMode.UNORDERED)
    updated_at = models.DateTimeField(default=timezone.now)

    class Meta:
        ordering = ("id",)
        constraints = [models.UniqueConstraint(fields=["project", "name"], name="resource_group_mode_once")]

    def __str__(self) -> str:
        return f"{self.name} of {self.project}: {self.process_mode}"
