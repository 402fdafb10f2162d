"""Runners, and the managers (machines) that use the token of a runner."""

from __future__ import annotations

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from identity.credentials.table import Prefix
from identity.models import HashedToken
from jobs.runners.querysets import RunnerQuerySet
from jobs.runners.types import RunnerType, connection_status
from projects.models import Group, Project


class Runner(HashedToken):
    """Serves the instance, a group with its subgroups, or single projects. Only a digest of its token is stored."""

    runner_type = models.CharField(max_length=20, choices=RunnerType.choices)
    group = models.ForeignKey(Group, null=True, blank=True, on_delete=models.CASCADE, related_name="runners")
    projects = models.ManyToManyField(Project, blank=True, related_name="runners")
    description = models.CharField(max_length=255, blank=True)
    maintenance_note = models.CharField(max_length=1024, blank=True)
    paused = models.BooleanField(default=False)
    locked = models.BooleanField(default=False)
    run_untagged = models.BooleanField(default=True)
    access_level = models.CharField(
        max_length=20,
        choices=[("not_protected", _("Any ref")), ("ref_protected", _("Protected refs only"))],
        default="not_protected",
    )
    maximum_timeout = models.PositiveIntegerField(null=True, blank=True)
    tag_list = models.JSONField(default=list, blank=True)
    networks = models.JSONField(
        default=list,
        blank=True,
        help_text='Where its jobs may use their tokens besides the address it takes them from: ["10.0.0.0/8"].',
    )
    creator = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)
    contacted_at = models.DateTimeField(null=True, editable=False)
    token_expires_at = models.DateTimeField(null=True, editable=False)
    registered = models.BooleanField(
        default=False,
        editable=False,
        help_text="Made with a registration token: its own tokens say so, and unregistering removes it.",
    )

    objects = RunnerQuerySet.as_manager()

    class Meta:
        ordering = ("id",)
        constraints = [
            models.CheckConstraint(
                condition=Q(runner_type=RunnerType.GROUP, group__isnull=False)
                | (~Q(runner_type=RunnerType.GROUP) & Q(group=None)),
                name="only_group_runners_have_a_group",
            )
        ]

    def __str__(self) -> str:
        return f"#{self.pk} {self.description}".rstrip()

    @property
    def status(self) -> str:
        return connection_status(self.contacted_at)

    @classmethod
    def for_authentication(cls) -> RunnerQuerySet:
        usable = Q(token_expires_at=None) | Q(token_expires_at__gt=timezone.now())
        return cls.objects.select_related("group").filter(usable)

    @property
    def prefix(self) -> Prefix:
        """The prefix of all its tokens, from which gitlab-runner derives how to unregister (runner.md §1.1)."""
        return Prefix.RUNNER_REGISTERED if self.registered else Prefix.RUNNER


class RunnerManager(models.Model):
    """A machine that uses the runner's token, identified by the `system_id` that it sends (runner.md §1.2)."""

    runner = models.ForeignKey(Runner, on_delete=models.CASCADE, related_name="managers")
    system_id = models.CharField(max_length=64)
    info = models.JSONField(default=dict, help_text="name, version, platform, executor, features … as last reported.")
    address = models.GenericIPAddressField(null=True)
    created_at = models.DateTimeField(auto_now_add=True)
    contacted_at = models.DateTimeField(null=True)

    class Meta:
        ordering = ("id",)
        constraints = [models.UniqueConstraint(fields=["runner", "system_id"], name="manager_once_per_runner")]

    def __str__(self) -> str:
        return self.system_id

    @property
    def status(self) -> str:
        return connection_status(self.contacted_at)
