"""A lock as JSON, in the keys of terraform (resources.md §8.1)."""

from __future__ import annotations

from typing import Any

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
