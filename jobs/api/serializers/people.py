"""People, as things of CI name them."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from api.serializers import Constant, ResponseSerializer
from identity.models import User
from jobs.api.json_parts import person_json


class ActorSerializer(ResponseSerializer):
    """The person something acts as."""

    id = serializers.IntegerField()
    username = serializers.CharField()
    name = serializers.CharField()
    state = serializers.ChoiceField(["active", "blocked"])
    locked = serializers.BooleanField()
    avatar_url = Constant(None)
    web_url = serializers.URLField()

    def to_representation(self, instance: User) -> dict[str, Any]:
        return person_json(instance.pk, instance.username, instance.name, instance.is_active)


def actor_json(person: User | None) -> dict[str, Any] | None:
    return None if person is None else person_json(person.pk, person.username, person.name, person.is_active)
