"""SSH keys: those of people, and the deploy keys of projects. tokens.md §6.5 and §6.9."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from identity.models import UsedCredential
from projects.models import Project
from ssh_keys.querysets import SshKeyQuerySet


class UsageType(models.TextChoices):
    AUTH = "auth", _("Authentication")
    SIGNING = "signing", _("Signing")
    AUTH_AND_SIGNING = "auth_and_signing", _("Authentication and signing")


class SshKey(UsedCredential):
    """A public key that the instance knows: no secret. It names its `user`, or without one is a deploy key, which acts
    as itself in the projects where it is enabled; `creator` made it.

    `public_key` is the type and the key in base 64, without a comment.
    """

    user = models.ForeignKey(settings.AUTH_USER_MODEL, null=True, on_delete=models.CASCADE, related_name="ssh_keys")
    creator = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )
    is_public = models.BooleanField(
        default=False, help_text=_("Of a deploy key: any project's maintainers may enable it.")
    )
    title = models.CharField(max_length=255)
    public_key = models.TextField(editable=False)
    comment = models.CharField(max_length=255, blank=True)
    fingerprint_sha256 = models.CharField(max_length=43, unique=True, editable=False)
    fingerprint_md5 = models.CharField(max_length=47, db_index=True, editable=False)
    usage_type = models.CharField(max_length=16, choices=UsageType.choices, default=UsageType.AUTH_AND_SIGNING)
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    projects = models.ManyToManyField(Project, through="DeployKeyProject", related_name="deploy_keys")

    objects = SshKeyQuerySet.as_manager()

    class Meta:
        ordering = ("id",)
        verbose_name = "SSH key"

    def __str__(self) -> str:
        return self.title

    @property
    def is_deploy_key(self) -> bool:
        return self.user_id is None

    @property
    def expired(self) -> bool:
        return self.expires_at is not None and self.expires_at <= timezone.now()

    @property
    def signs_in(self) -> bool:
        """Whether it is for authentication at all; one for signing commits alone opens nothing."""
        return self.usage_type != UsageType.SIGNING

    @property
    def fingerprint(self) -> str:
        return f"SHA256:{self.fingerprint_sha256}"


class DeployKeyProject(models.Model):
    """Where a deploy key is enabled, and whether it may push there: then on behalf of `granted_by`, who let it, within
    that person's own rights."""

    key = models.ForeignKey(SshKey, on_delete=models.CASCADE, related_name="deploy_key_projects")
    project = models.ForeignKey(Project, on_delete=models.CASCADE, related_name="deploy_key_projects")
    can_push = models.BooleanField(default=False)
    granted_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    updated_at = models.DateTimeField(auto_now=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["key", "project"], name="deploy_key_once_in_a_project")]

    def __str__(self) -> str:
        return f"{self.key} in {self.project}"
