"""Projects: a repository, its features and who may see them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone

from projects.choices import FEATURE_LEVELS, PROJECT_CODENAMES, VISIBILITIES
from projects.models.group import Group
from projects.querysets import ProjectQuerySet
from tokenaccess.policy.levels import FeatureLevel, Visibility


def _feature(label: str) -> models.PositiveSmallIntegerField[int, int]:
    return models.PositiveSmallIntegerField(label, choices=FEATURE_LEVELS, default=FeatureLevel.ENABLED)


class Project(models.Model):
    group = models.ForeignKey(Group, on_delete=models.PROTECT, related_name="projects")
    name = models.CharField(max_length=255)
    path = models.CharField(max_length=255)
    full_path = models.CharField(max_length=1024, editable=False)
    description = models.TextField(blank=True)
    visibility = models.PositiveSmallIntegerField(choices=VISIBILITIES, default=Visibility.PRIVATE)
    default_branch = models.CharField(max_length=255, default="main")
    creator = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.SET_NULL, related_name="created_projects"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    last_activity_at = models.DateTimeField(default=timezone.now, editable=False)
    archived = models.BooleanField(default=False)
    pending_deletion = models.BooleanField(default=False, editable=False)

    repository_access_level = _feature("repository")
    builds_access_level = _feature("CI/CD")
    package_registry_access_level = _feature("package registry")

    public_jobs = models.BooleanField("public pipelines", default=True)
    ci_config_path = models.CharField(max_length=255, blank=True)
    build_timeout = models.PositiveIntegerField(default=3600, help_text="Seconds a job may run.")
    git_depth = models.PositiveIntegerField(default=20, help_text="Commits a runner fetches; 0 for all.")
    shared_runners_enabled = models.BooleanField("instance runners", default=True)

    keep_latest_artifact = models.BooleanField(
        "keep the latest artifacts",
        default=True,
        help_text="Those of each ref's latest success outlive their time, unless the instance says otherwise.",
    )

    objects = ProjectQuerySet.as_manager()

    class Meta:
        ordering = ("full_path",)
        default_permissions = ("add", "change", "delete", "view")
        permissions: ClassVar[Any] = [
            (name, f"{role.name.capitalize()} of the project") for role, name in PROJECT_CODENAMES.items()
        ]
        constraints = [models.UniqueConstraint(Lower("full_path"), name="project_path_is_unique")]

    def __str__(self) -> str:
        return self.full_path

    @property
    def visibility_name(self) -> str:
        return Visibility(self.visibility).name.lower()

    @property
    def repository_path(self) -> Path:
        """By id, so that a rename moves nothing; spread over folders of a thousand."""
        return Path(settings.REPOSITORIES_DIR) / str(self.pk // 1000) / f"{self.pk}.git"
