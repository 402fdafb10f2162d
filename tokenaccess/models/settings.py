"""Both directions of a project's limit."""

from __future__ import annotations

from functools import cached_property

from django.db import models

from projects.models import Project
from tokenaccess.models.instance import InstanceSettings


class TokenAccessSettings(models.Model):
    """A project without a row has the defaults: limited to itself inbound, not limited outbound.

    contract/README.md decision 3.
    """

    project = models.OneToOneField(Project, primary_key=True, on_delete=models.CASCADE, related_name="token_access")
    limits_inbound = models.BooleanField("limit access to this project", default=True)
    limits_outbound = models.BooleanField("limit access from this project", default=False)
    takes_job_pushes = models.BooleanField("allow Git pushes by this project's job tokens", default=False)
    takes_cross_project_pushes = models.BooleanField(
        "allow them by job tokens of projects on the allowlist too",
        default=False,
        help_text="Only together with the setting above, while access to this project is limited, and while the "
        "instance's switch allow_push_to_allowlisted_projects is on.",
    )
    job_pushes_start_pipelines = models.BooleanField("start pipelines for pushes by job tokens", default=False)

    class Meta:
        verbose_name = verbose_name_plural = "token access settings"

    def __str__(self) -> str:
        return f"Token Access of {self.project}"

    @cached_property
    def instance(self) -> InstanceSettings:
        return InstanceSettings.current()

    @property
    def inbound_limit_applies(self) -> bool:
        """Whether the inbound limit takes effect: it is on, or the instance enforces it."""
        return self.limits_inbound or self.instance.enforce_inbound
