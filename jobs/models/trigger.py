"""Trigger tokens, which start pipelines, and registration tokens, which register runners."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from identity.encryption import DecryptionError, decrypt
from identity.models import HashedToken, UsedToken, User
from projects.models import Group, Project


class TriggerToken(UsedToken):
    """Starts pipelines of the project as `owner`, as long as the owner may (runner.md §8.1)."""

    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="trigger_tokens")
    owner = models.ForeignKey(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="trigger_tokens")
    description = models.CharField(max_length=255)
    short = models.CharField(max_length=4, editable=False, help_text=_("The first characters, to tell it from others."))
    sealed = models.TextField(blank=True, editable=False, help_text="The token, encrypted: its owner may see it again.")
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    expires_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        return f"{self.description} ({self.short}…)"

    @classmethod
    def for_authentication(cls) -> models.QuerySet[TriggerToken]:
        usable = Q(expires_at=None) | Q(expires_at__gt=timezone.now())
        rows = cls.objects.select_related("owner", "project__group")
        return rows.filter(usable, project__pending_deletion=False, owner__is_active=True)

    def token_for(self, person: User) -> str:
        """The whole token for its owner; for others, or if it cannot be decrypted, only the first characters."""
        try:
            return decrypt(self.sealed) if self.sealed and person == self.owner else self.short
        except DecryptionError:
            return self.short

    @property
    def expired(self) -> bool:
        return self.expires_at is not None and self.expires_at <= timezone.now()


class RegistrationToken(HashedToken):
    """Registers runners of a group, a project or, with neither, the instance (runner.md §1.1); at most one of each."""

    group = models.OneToOneField(Group, null=True, on_delete=models.CASCADE, related_name="registration_token")
    project = models.OneToOneField(Project, null=True, on_delete=models.CASCADE, related_name="registration_token")
    created_at = models.DateTimeField(auto_now_add=True)

    class Meta:
        constraints = [
            models.CheckConstraint(condition=Q(group=None) | Q(project=None), name="registration_for_one_place"),
        ]

    @classmethod
    def for_authentication(cls) -> models.QuerySet[RegistrationToken]:
        return cls.objects.select_related("group", "project")

    def __str__(self) -> str:
        return gettext("registration token of %(place)s") % {
            "place": self.project or self.group or gettext("the instance")
        }
