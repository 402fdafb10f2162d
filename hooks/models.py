"""Webhooks of projects, groups and the instance, and what was sent to them."""

from __future__ import annotations

import json
import uuid
from datetime import datetime
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from hooks.delivery.template import mask
from hooks.querysets import MAX_FAILURES, DeliveryQuerySet, HookQuerySet
from identity.encryption import DecryptionError, decrypt, encrypt
from projects.models import Group, Project

MAX_NAME = 255
MAX_URL = 2048
MAX_DESCRIPTION = 2048
FAILURES_TO_REST = 4  # in a row


class FilterStrategy(models.TextChoices):
    """Which branches `push_events` are about."""

    WILDCARD = "wildcard", "Branches by pattern"
    REGEX = "regex", "Branches by regular expression"
    ALL = "all_branches", "All branches"


class Hook(models.Model):
    """Of the project, the group and all below it, or with neither of the whole instance.

    `dropped`, `dropped_at`: how many events were not kept because too many waited, and when the last one was.
    `sealed`: its secrets as JSON, encrypted: `url`, `token`, `signing_token`, `headers` and `variables`. `creator`: as
    whom it sees other projects in the events of Token Access.
    """

    project = models.ForeignKey(Project, null=True, on_delete=models.CASCADE, related_name="hooks")
    group = models.ForeignKey(Group, null=True, on_delete=models.CASCADE, related_name="hooks")
    name = models.CharField(max_length=MAX_NAME, blank=True)
    description = models.TextField(blank=True)
    sealed = models.TextField(editable=False)
    events = models.JSONField(default=list)
    branch_filter = models.CharField(max_length=255, blank=True)
    filter_strategy = models.CharField(max_length=12, choices=FilterStrategy, default=FilterStrategy.WILDCARD)
    verifies_tls = models.BooleanField(default=True)
    uuid = models.UUIDField(default=uuid.uuid4, editable=False)
    failures = models.PositiveIntegerField(default=0, help_text=_("In a row."))
    disabled_until = models.DateTimeField(null=True)
    dropped = models.PositiveIntegerField(default=0)
    dropped_at = models.DateTimeField(null=True)
    creator = models.ForeignKey(
        settings.AUTH_USER_MODEL, null=True, editable=False, on_delete=models.SET_NULL, related_name="+"
    )
    created_at = models.DateTimeField(auto_now_add=True)

    objects = HookQuerySet.as_manager()

    class Meta:
        ordering = ("id",)
        constraints = [models.CheckConstraint(condition=Q(project=None) | Q(group=None), name="hook_of_one_place")]

    def __str__(self) -> str:
        return self.name or self.address or f"webhook {self.pk}"

    @property
    def place(self) -> Project | Group | None:
        return self.project or self.group

    @property
    def kind(self) -> str:
        return "project" if self.project_id else "group" if self.group_id else "instance"

    @property
    def secrets(self) -> dict[str, Any]:
        """Raises identity.encryption.DecryptionError."""
        return dict(json.loads(decrypt(self.sealed)))

    def encrypt_secrets(self, secrets: dict[str, Any]) -> None:
        self.sealed = encrypt(json.dumps(secrets))

    @property
    def shown_secrets(self) -> dict[str, Any]:
        """Empty where the key is gone."""
        try:
            return self.secrets
        except DecryptionError:
            return {}

    @property
    def url(self) -> str:
        """As it was given: with the names of its variables."""
        return str(self.shown_secrets.get("url", ""))

    @property
    def shown_url(self) -> str:
        """Without its user and password."""
        return mask(self.url)

    @property
    def address(self) -> str:
        """What of its address may be shown beside other things: no user, no path, no query."""
        parts = urlsplit(self.url)
        return f"{parts.scheme}://{parts.netloc.rpartition('@')[2]}" if parts.netloc else ""

    @property
    def alert_status(self) -> str:
        if self.failures >= MAX_FAILURES:
            return "disabled"
        resting = self.disabled_until is not None and self.disabled_until > timezone.now()
        return "temporarily_disabled" if resting else "executable"

    def wants(self, event: str) -> bool:
        return event in self.events or (event == "instance_events" and self.kind == "instance")


class Delivery(models.Model):
    """One event for one hook, and how its receiver answered last.

    `idempotency_key` stays the same however often it is sent. `next_attempt_at`: None when it is delivered or given up.
    `request_headers`: without secrets. `manual`: somebody tried it out, or had it sent again.
    """

    hook = models.ForeignKey(Hook, on_delete=models.CASCADE, related_name="deliveries", db_index=False)
    idempotency_key = models.UUIDField(default=uuid.uuid4)
    event_uuid = models.UUIDField(default=uuid.uuid4)
    event = models.CharField(max_length=40)
    payload = models.JSONField()
    manual = models.BooleanField(default=False)
    created_at = models.DateTimeField(default=timezone.now)
    attempts = models.PositiveSmallIntegerField(default=0)
    next_attempt_at = models.DateTimeField(null=True)
    sent_at = models.DateTimeField(null=True)
    duration = models.FloatField(null=True)
    url = models.TextField(blank=True)
    request_headers = models.JSONField(default=dict)
    response_status = models.PositiveSmallIntegerField(null=True)
    response_headers = models.JSONField(default=dict)
    response_body = models.TextField(blank=True)
    error = models.CharField(max_length=255, blank=True)

    objects = DeliveryQuerySet.as_manager()

    class Meta:
        ordering = ("-id",)
        verbose_name_plural = "deliveries"
        indexes = [
            models.Index(fields=["hook", "-id"], name="deliveries_of_hook"),
            models.Index(fields=["next_attempt_at"], name="deliveries_due", condition=Q(next_attempt_at__isnull=False)),
            models.Index(fields=["created_at"], name="deliveries_by_age"),
        ]

    def __str__(self) -> str:
        return f"{self.event.replace('_', ' ')} for webhook {self.hook_id}"

    @property
    def succeeded(self) -> bool:
        return self.response_status is not None and 200 <= self.response_status < 300

    @property
    def state(self) -> str:
        """`delivered`, `waiting` or `failed`."""
        if self.succeeded:
            return "delivered"
        return "failed" if self.next_attempt_at is None and self.attempts else "waiting"

    @property
    def shown_url(self) -> str:
        return mask(self.url)

    @property
    def last_moment(self) -> datetime:
        return self.sent_at or self.created_at
