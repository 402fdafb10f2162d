"""Tokens of projects and groups as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from rest_framework import serializers

from api.serializers import Moment, ResponseSerializer
from identity.api.serializers import PersonalTokenSerializer, TokenWithSecret
from identity.models import PersonalToken
from projects.models import Membership
from tokens.models import DeployToken


class AccessTokenSerializer(PersonalTokenSerializer):
    """tokens.md §6.3. Expects the user's `access_token_bot` to be at hand."""

    access_level = serializers.SerializerMethodField()

    def prepare(self, rows: Sequence[PersonalToken]) -> None:
        held = Membership.objects.filter(user__in={token.user_id for token in rows})
        self._roles = dict(held.values_list("user_id", "role"))

    def get_access_level(self, token: PersonalToken) -> int:
        """Of one that has ended, what it was made with."""
        return self._roles.get(token.user_id, token.user.access_token_bot.role)


class AccessTokenWithSecretSerializer(AccessTokenSerializer):
    """With the secret, which is given once. Renders a TokenWithSecret."""

    token = serializers.CharField()

    def prepare(self, rows: Sequence[Any]) -> None:
        super().prepare([row.token for row in rows])

    def to_representation(self, instance: TokenWithSecret) -> dict[str, Any]:
        known = AccessTokenSerializer(context=self.context).render(instance.token)
        return {**known, "token": instance.secret}


class DeployTokenSerializer(ResponseSerializer):
    """tokens.md §6.4."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    username = serializers.CharField()
    expires_at = Moment(allow_null=True)
    scopes = serializers.ListField(child=serializers.CharField())
    revoked = serializers.BooleanField()
    expired = serializers.BooleanField()


@dataclass(frozen=True)
class DeployTokenWithSecret:
    token: DeployToken
    secret: str = field(repr=False)


class DeployTokenWithSecretSerializer(DeployTokenSerializer):
    """With the secret, which is given once. Renders a DeployTokenWithSecret."""

    token = serializers.CharField()

    def to_representation(self, instance: DeployTokenWithSecret) -> dict[str, Any]:
        known = DeployTokenSerializer(context=self.context).render(instance.token)
        return {**known, "token": instance.secret}
