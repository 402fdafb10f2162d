"""Findings of the posture report that somebody accepted for a time."""

from __future__ import annotations

from django.conf import settings
from django.db import models

from projects.models import Group, Project

MAX_REASON_LENGTH = 1000


class AcceptedFinding(models.Model):
    """`check_name` and `subject_id` name the finding (tokenaccess.posture). After `until`, in UTC, it is back.

    `project`, `group`: whose finding it is; neither of the instance.
    """

    check_name = models.CharField(max_length=60)
    subject_id = models.BigIntegerField()
    project = models.ForeignKey(Project, null=True, on_delete=models.CASCADE, related_name="accepted_findings")
    group = models.ForeignKey(Group, null=True, on_delete=models.CASCADE, related_name="accepted_findings")
    reason = models.TextField(max_length=MAX_REASON_LENGTH)
    until = models.DateField()
    accepted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        ordering = ("id",)
        constraints = [models.UniqueConstraint(fields=["check_name", "subject_id"], name="finding_accepted_once")]

    def __str__(self) -> str:
        return f"{self.check_name.replace('_', ' ').capitalize()} #{self.subject_id} until {self.until}"

    @property
    def accepted_by_name(self) -> str:
        return "" if self.accepted_by is None else self.accepted_by.username
