"""An environment that jobs deploy to."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils.translation import gettext_lazy as _

from ci_config.environment_url import url_error
from jobs.environments.querysets import EnvironmentQuerySet
from projects.models import Project


class EnvironmentState(models.TextChoices):
    AVAILABLE = "available"
    STOPPING = "stopping"
    STOPPED = "stopped"


class Tier(models.TextChoices):
    PRODUCTION = "production", _("Production")
    STAGING = "staging", _("Staging")
    TESTING = "testing", _("Testing")
    DEVELOPMENT = "development", _("Development")
    OTHER = "other", _("Other")


class Environment(models.Model):
    """Created by the first job that names it, or by a person. `slug` never changes.

    `auto_stop_at`: when it will be stopped. `auto_stop_by`: who asked for that, if it was not the deploying job.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="environments")
    name = models.CharField(max_length=255)
    slug = models.CharField(max_length=24)
    tier = models.CharField(max_length=12, choices=Tier.choices)
    description = models.TextField(blank=True)
    external_url = models.CharField(max_length=255, blank=True)
    state = models.CharField(max_length=12, choices=EnvironmentState.choices, default=EnvironmentState.AVAILABLE)
    auto_stop_at = models.DateTimeField(null=True)
    auto_stop_by = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.SET_NULL, related_name="+")
    problem = models.CharField(
        max_length=500, blank=True, help_text=_("Why it was not stopped when it should have been.")
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    objects = EnvironmentQuerySet.as_manager()

    class Meta:
        ordering = ("id",)
        constraints = [
            models.UniqueConstraint(fields=["project", "name"], name="environment_name_once"),
            models.UniqueConstraint(fields=["project", "slug"], name="environment_slug_once"),
        ]
        indexes = [
            # For housekeeping.
            models.Index(
                fields=["auto_stop_at"],
                name="environments_due",
                condition=Q(state=EnvironmentState.AVAILABLE, auto_stop_at__isnull=False),
            ),
            models.Index(
                fields=["updated_at"], name="environments_stopping", condition=Q(state=EnvironmentState.STOPPING)
            ),
        ]

    def __str__(self) -> str:
        return self.name

    @property
    def link(self) -> str:
        """Its address for links on pages; empty if the stored address is not safe to link to."""
        return "" if url_error(self.external_url) else self.external_url

    @property
    def link_words(self) -> str:
        """The link without its scheme, as its text."""
        return self.link.partition("://")[2].removesuffix("/")
