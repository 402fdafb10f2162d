"""Applications as JSON (tokens.md §6.7)."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from rest_framework import serializers

from api.serializers import ResponseSerializer
from oauth.models import Application


class ApplicationSerializer(ResponseSerializer):
    id = serializers.IntegerField()
    application_id = serializers.CharField(source="client_id")
    application_name = serializers.CharField(source="name")
    callback_url = serializers.CharField(source="redirect_uris")
    confidential = serializers.BooleanField()
    scopes = serializers.ListField(child=serializers.CharField())
    trusted = serializers.BooleanField()


@dataclass(frozen=True)
class ApplicationWithSecret:
    application: Application
    secret: str = field(repr=False)


class ApplicationWithSecretSerializer(ApplicationSerializer):
    """With the secret, which is given once; "" for a public one. Renders an ApplicationWithSecret."""

    secret = serializers.CharField(allow_blank=True)

    def to_representation(self, instance: ApplicationWithSecret) -> dict[str, Any]:
        known = ApplicationSerializer(context=self.context).render(instance.application)
        return {**known, "secret": instance.secret}
