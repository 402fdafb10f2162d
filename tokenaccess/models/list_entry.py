"""What the entries of all allowlists have in common."""

from __future__ import annotations

from datetime import date
from typing import Any, ClassVar

from django.conf import settings
from django.db import models
from django.utils.translation import gettext_lazy as _

from projects.models import Group, Project
from tokenaccess.policy.actions import TargetKind
from tokenaccess.policy.facts import EntryState

MAX_REASON_LENGTH = 1000


class ListEntry(models.Model):
    """It names a project, or a group with all its projects.

    With `default_permissions` the user's role alone decides; otherwise `permissions` narrows it (job-token.md §2.3).
    It admits nobody once `expires_at` begins, in UTC, and while it is suspended. `suspended_by` is None where
    housekeeping did it. `confirmed_at`: when somebody last said that it is still needed. `conditions`: what the job
    must be besides (tokenaccess.policy.conditions); empty for nothing. `holder_field`: whose list it is on.
    """

    holder_field: ClassVar[str]
    direction: Any  # of the list: tokenaccess.models.Direction
    target_project: models.ForeignKey[Project | None, Project | None]
    target_project_id: int | None
    target_group: models.ForeignKey[Group | None, Group | None]
    target_group_id: int | None

    default_permissions = models.BooleanField(default=True)
    permissions = models.JSONField(default=list, blank=True)
    added_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    reason = models.TextField(blank=True, max_length=MAX_REASON_LENGTH, help_text=_("What the entry is for."))
    owner = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        null=True,
        blank=True,
        on_delete=models.SET_NULL,
        related_name="+",
        help_text=_("Who answers for it."),
    )
    expires_at = models.DateField(
        "expires on", null=True, blank=True, help_text=_("From this day on, in UTC, it admits nobody. Empty: no end.")
    )
    suspended_at = models.DateTimeField(null=True, blank=True, editable=False)
    suspended_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, blank=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )
    confirmed_at = models.DateTimeField(null=True, blank=True, editable=False)
    conditions = models.JSONField(default=dict, blank=True)

    class Meta:
        abstract = True

    @property
    def holder(self) -> Project | Group:
        """Whose list it is on."""
        found: Project | Group = getattr(self, self.holder_field)
        return found

    @property
    def kind(self) -> TargetKind:
        """Whether the target is a project or a group."""
        return TargetKind.GROUP if self.target_project_id is None else TargetKind.PROJECT

    @property
    def target_id(self) -> int:
        found = self.target_project_id or self.target_group_id
        assert found is not None  # as of `target`
        return found

    @property
    def target(self) -> Project | Group:
        target = self.target_project or self.target_group
        assert target is not None  # the database says so: entry_names_project_or_inbound_group
        return target

    def state_on(self, day: date) -> EntryState:
        """Whether it admits anybody on that day, in UTC."""
        if self.expires_at is not None and self.expires_at <= day:
            return EntryState.EXPIRED
        return EntryState.ACTIVE if self.suspended_at is None else EntryState.SUSPENDED
