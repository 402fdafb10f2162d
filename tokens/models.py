"""Tokens of projects and groups: the bots of their access tokens, and deploy tokens. tokens.md §1."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext
from django.utils.translation import gettext_lazy as _

from identity.models import UsedToken
from projects.models import Group, Project
from projects.models.choices import ROLES
from tokens.querysets import DeployTokenQuerySet

GITLAB_DEPLOY_TOKEN = "gitlab-deploy-token"
_ONE_PLACE = Q(project=None, group__isnull=False) | Q(project__isnull=False, group=None)


class AccessTokenBot(models.Model):
    """Whom a project or group access token acts as: a user with one membership, in that project or group.

    The token itself is a personal token of that user; its successors by rotation are of the same bot.
    """

    user = models.OneToOneField(settings.AUTH_USER_MODEL, on_delete=models.CASCADE, related_name="access_token_bot")
    project = models.ForeignKey(Project, null=True, on_delete=models.CASCADE, related_name="access_token_bots")
    group = models.ForeignKey(Group, null=True, on_delete=models.CASCADE, related_name="access_token_bots")
    role = models.PositiveSmallIntegerField(choices=ROLES, help_text="What the token was made with.")

    class Meta:
        constraints = [models.CheckConstraint(condition=_ONE_PLACE, name="bot_of_project_or_group")]

    def __str__(self) -> str:
        return f"bot of {self.place}"

    @property
    def place(self) -> Project | Group:
        found = self.project or self.group
        assert found is not None  # the database says so: bot_of_project_or_group
        return found


class DeployScope(models.TextChoices):
    """tokens.md §3."""

    READ_REPOSITORY = "read_repository", _("Clone and fetch over Git")
    READ_REGISTRY = "read_registry", _("Pull container images")
    WRITE_REGISTRY = "write_registry", _("Push container images")
    READ_PACKAGE_REGISTRY = "read_package_registry", _("Read packages")
    WRITE_PACKAGE_REGISTRY = "write_package_registry", _("Read, publish and delete packages")


class DeployToken(UsedToken):
    """Acts as itself in one project, or in all projects below one group, within its scopes. No user, no role.

    Usable until `expires_at`. `sealed` is the token, encrypted, of one that jobs are given (GITLAB_DEPLOY_TOKEN).
    """

    name = models.CharField(max_length=255)
    username = models.CharField(max_length=255)
    project = models.ForeignKey(Project, null=True, on_delete=models.CASCADE, related_name="deploy_tokens")
    group = models.ForeignKey(Group, null=True, on_delete=models.CASCADE, related_name="deploy_tokens")
    scopes = models.JSONField(default=list)
    creator = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    expires_at = models.DateTimeField(null=True, blank=True)
    revoked = models.BooleanField(default=False)
    sealed = models.TextField(blank=True, editable=False)

    objects = DeployTokenQuerySet.as_manager()

    class Meta:
        ordering = ("id",)
        constraints = [models.CheckConstraint(condition=_ONE_PLACE, name="deploy_token_of_project_or_group")]

    def __str__(self) -> str:
        return gettext("%(token)s of %(place)s") % {"token": self.name, "place": self.place}

    @classmethod
    def for_authentication(cls) -> models.QuerySet[Any]:
        """Revoked and expired ones too: the answer says which of the two it is."""
        return cls.objects.all()

    @property
    def place(self) -> Project | Group:
        found = self.project or self.group
        assert found is not None  # the database says so: deploy_token_of_project_or_group
        return found

    @property
    def expired(self) -> bool:
        return self.expires_at is not None and self.expires_at <= timezone.now()

    @property
    def active(self) -> bool:
        return not self.revoked and not self.expired
