"""Terraform states, their locks and versions (resources.md §8.1)."""

from __future__ import annotations

from urllib.parse import quote

from django.conf import settings
from django.db import models

from blobs.models import Blob
from jobs.models import Job
from projects.models import Project
from resources.terraform_states.querysets import StateVersionQuerySet, TerraformStateQuerySet


class TerraformState(models.Model):
    """Has no version as long as it has only been locked.

    `lock_id` is "" while nobody holds the lock. `lock` is the document that its holder sent; who that was is in
    `locked_by` and `locking_job`.
    """

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="terraform_states")
    name = models.CharField(max_length=255)
    created_at = models.DateTimeField(auto_now_add=True)
    lock_id = models.CharField(max_length=255, blank=True, default="")
    lock = models.JSONField(null=True, editable=False)
    locked_at = models.DateTimeField(null=True, editable=False)
    locked_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )
    locking_job = models.ForeignKey(Job, null=True, editable=False, on_delete=models.SET_NULL, related_name="+")

    objects = TerraformStateQuerySet.as_manager()

    class Meta:
        ordering = ("name",)
        constraints = [models.UniqueConstraint(fields=["project", "name"], name="terraform_state_once")]

    def __str__(self) -> str:
        return self.name

    @property
    def address(self) -> str:
        return f"/api/v4/projects/{self.project_id}/terraform/state/{quote(self.name, safe='')}"

    @property
    def is_locked(self) -> bool:
        return bool(self.lock_id)


class StateVersion(models.Model):
    """What was stored under one serial. The one with the highest serial is current.

    `blob` holds it encrypted; `size` and `sha256` are those of the state itself.
    """

    state = models.ForeignKey(TerraformState, on_delete=models.CASCADE, related_name="versions")
    serial = models.PositiveBigIntegerField()
    blob = models.ForeignKey(Blob, on_delete=models.PROTECT, related_name="terraform_state_versions")
    size = models.PositiveBigIntegerField()
    sha256 = models.CharField(max_length=64)
    terraform_version = models.CharField(max_length=64, blank=True)
    creator = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )
    job = models.ForeignKey(Job, null=True, editable=False, on_delete=models.SET_NULL, related_name="+")
    created_at = models.DateTimeField(auto_now_add=True)

    objects = StateVersionQuerySet.as_manager()

    class Meta:
        ordering = ("-serial",)
        constraints = [models.UniqueConstraint(fields=["state", "serial"], name="terraform_state_serial_once")]

    def __str__(self) -> str:
        return f"{self.state} {self.serial}"

    @property
    def download_path(self) -> str:
        return f"{self.state.address}/versions/{self.serial}"
