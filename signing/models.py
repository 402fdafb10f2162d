"""The keys that sign tokens which others verify: those of the container registry, and ID tokens of jobs."""

from __future__ import annotations

from typing import ClassVar

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.translation import gettext_lazy as _

from signing.querysets import SigningKeyQuerySet


class Purpose(models.TextChoices):
    ID_TOKENS = "id_tokens", "ID tokens"
    REGISTRY = "registry", "Container registry"


class SigningKey(models.Model):
    """A private key, encrypted with the instance's secret, and what verifies its signatures.

    Of each purpose one key signs, and the next one is published already. `signs_until`: when the last token that it
    signed ends; until then it stays published.
    """

    purpose = models.CharField(max_length=20, choices=Purpose.choices)
    kid = models.CharField("key id", max_length=64, unique=True)
    private = models.TextField(editable=False)
    jwk = models.JSONField("public key", help_text=_("As a JSON Web Key (RFC 7517)."))
    certificate = models.TextField(blank=True, help_text=_("Where verifiers trust certificates; PEM."))
    created_at = models.DateTimeField(default=timezone.now, editable=False)
    signs_from = models.DateTimeField(null=True, editable=False)
    retired_at = models.DateTimeField(null=True, editable=False)
    signs_until = models.DateTimeField(null=True, editable=False)

    objects = SigningKeyQuerySet.as_manager()

    class Meta:
        ordering = ("purpose", "-id")
        constraints: ClassVar = [
            models.UniqueConstraint(
                fields=["purpose"], condition=Q(signs_from__isnull=True, retired_at__isnull=True), name="one_next_key"
            ),
            models.UniqueConstraint(
                fields=["purpose"],
                condition=Q(signs_from__isnull=False, retired_at__isnull=True),
                name="one_current_key",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.get_purpose_display()}: {self.kid}"

    @property
    def state(self) -> str:
        if self.retired_at is not None:
            return "former"
        return "next" if self.signs_from is None else "current"
