"""A lock as JSON, in the keys of terraform (resources.md §8.1)."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers


class LockSerializer(serializers.Serializer[Any]):
    """As its holder described it."""

    ID = serializers.CharField()
    Operation = serializers.CharField()
    Info = serializers.CharField()
    Who = serializers.CharField()
    Version = serializers.CharField()
    Created = serializers.CharField()
    Path = serializers.CharField()


@extend_schema_field(
    {
        "type": "object",
        "properties": {"serial": {"type": "integer", "minimum": 0}, "terraform_version": {"type": "string"}},
        "additionalProperties": {"x-free-form": "as the client's own version writes it"},
        "required": ["serial"],
    }
)
class StateField(serializers.Field[Any, Any, Any, Any]):
    """A state; no more of it is read than is named here."""
