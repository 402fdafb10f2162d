"""Projects: a repository, its features and who may see them."""

from __future__ import annotations

from pathlib import Path
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.db.models.functions import Lower
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from projects.models.choices import (
    FEATURE_LEVELS,
    PROJECT_CODENAMES,
    VARIABLES_LEVELS,
    VISIBILITIES,
    default_id_token_subject,
)
from projects.models.group import Group
from projects.querysets import ProjectQuerySet
from tokenaccess.policy.actions import TargetKind
from tokenaccess.policy.features import Feature, row_of
from tokenaccess.policy.levels import VariablesLevel, Visibility


def feature_level_field(feature: Feature) -> models.PositiveSmallIntegerField[int, int]:
    """The field of the feature's column: declare it in Project under that name."""
    row = row_of(feature)
    return models.PositiveSmallIntegerField(row.label, choices=FEATURE_LEVELS, default=row.default)


class Project(models.Model):
    kind: ClassVar = TargetKind.PROJECT

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
    forked_from = models.ForeignKey("self", null=True, editable=False, on_delete=models.SET_NULL, related_name="forks")
    # The id of what it was a copy of: stays when `forked_from` is taken away, and when the origin is gone.
    fork_origin = models.BigIntegerField(null=True, editable=False)
    created_at = models.DateTimeField(auto_now_add=True)
    last_activity_at = models.DateTimeField(default=timezone.now, editable=False)
    archived = models.BooleanField(default=False)
    pending_deletion = models.BooleanField(default=False, editable=False)

    # Those of tokenaccess.policy.features.
    repository_access_level = feature_level_field(Feature.REPOSITORY)
    builds_access_level = feature_level_field(Feature.BUILDS)
    package_registry_access_level = feature_level_field(Feature.PACKAGES)
    container_registry_access_level = feature_level_field(Feature.CONTAINERS)

    lfs_enabled = models.BooleanField("Git LFS", default=True)
    public_jobs = models.BooleanField("public pipelines", default=True)
    ci_config_path = models.CharField(max_length=255, blank=True)
    build_timeout = models.PositiveIntegerField(default=3600, help_text=_("Seconds a job may run."))
    git_depth = models.PositiveIntegerField(default=20, help_text=_("Commits a runner fetches; 0 for all."))
    shared_runners_enabled = models.BooleanField("instance runners", default=True)

    pipeline_variables_level = models.PositiveSmallIntegerField(
        "who may set variables of a pipeline", choices=VARIABLES_LEVELS, default=VariablesLevel.DEVELOPER
    )
    auto_cancel_pipelines = models.BooleanField("cancel redundant pipelines", default=True)
    fetches_code = models.BooleanField(
        "fetch instead of clone", default=True, help_text=_("Unless GIT_STRATEGY says otherwise.")
    )
    separate_caches = models.BooleanField("separate caches for protected branches and tags", default=True)
    id_token_subject = models.JSONField(
        "subject of ID tokens", default=default_id_token_subject, help_text="The claims that `sub` is made of."
    )
    keep_latest_artifact = models.BooleanField(
        "keep the latest artifacts",
        default=True,
        help_text=_("Those of each ref's latest success outlive their time, unless the instance says otherwise."),
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
    def nearest_group_id(self) -> int:
        return self.group_id

    @property
    def visibility_name(self) -> str:
        return Visibility(self.visibility).name.lower()

    @property
    def repository_path(self) -> Path:
        """By id, so that a rename moves nothing; spread over folders of a thousand."""
        return Path(settings.REPOSITORIES_DIR) / str(self.pk // 1000) / f"{self.pk}.git"
