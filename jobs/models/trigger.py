"""Tokens that start pipelines, and tokens that register runners the old way."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone

from identity.models import HashedToken, User
from identity.sealed import Unreadable, unseal
from projects.models import Group, Project


class TriggerToken(HashedToken):
    """Whoever holds it starts pipelines of the project as `owner`, as long as the owner may. runner.md §8.1"""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="trigger_tokens")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="trigger_tokens")
    description = models.CharField(max_length=255)
    short = models.CharField(max_length=4, editable=False, help_text="The first characters, to tell it from others.")
    sealed = models.TextField(blank=True, editable=False, help_text="The token, encrypted: its owner may see it again.")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    last_used_at = models.DateTimeField(null=True, editable=False)
    expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.description} ({self.short}…)"

    def shown_to(self, person: User) -> str:
        """The whole token for its owner, who may have lost it; for others only what tells it from the next one."""
        try:
            return unseal(self.sealed) if self.sealed and person == self.owner else self.short
        except Unreadable:
            return self.short

    @property
    def expired(self) -> bool:
        return self.expires_at is not None and self.expires_at <= timezone.now()


class RegistrationToken(HashedToken):
    """Registers runners of a group, a project or, with neither, the instance (runner.md §1.1). One per place."""

    group = models.OneToOneField(Group, null=True, on_delete=models.CASCADE, related_name="registration_token")
    project = models.OneToOneField(Project, null=True, on_delete=models.CASCADE, related_name="registration_token")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(group=None) | Q(project=None), name="registration_for_one_place"),
        ]

    def __str__(self) -> str:
        return f"registration token of {self.project or self.group or 'the instance'}"
