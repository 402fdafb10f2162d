"""Both directions of a project's limit."""

from __future__ import annotations

from django.db import models

from projects.models import Project


class TokenAccessSettings(models.Model):
    """A project without a row has the defaults: limited to itself inbound, not limited outbound (README decision 3)."""

    project = models.OneToOneField(Project, primary_key=True, on_delete=models.CASCADE, related_name="token_access")
    limits_inbound = models.BooleanField("limit access to this project", default=True)
    limits_outbound = models.BooleanField("limit access from this project", default=False)
    takes_job_pushes = models.BooleanField("allow Git pushes by this project's job tokens", default=False)

    class Meta:
        verbose_name = verbose_name_plural = "token access settings"

    def __str__(self) -> str:
        return f"Token Access of {self.project}"
