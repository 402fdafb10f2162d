"""What the registry reports, for the API's description (resources.md §3.4); of what else it sends nothing is read."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class ReportedDescriptorSerializer(serializers.Serializer[Any]):
    mediaType = serializers.CharField()
    digest = serializers.CharField()
    size = serializers.IntegerField()


class ReportedTargetSerializer(serializers.Serializer[Any]):
    """A manifest; with its tag unless it came by digest alone."""

    repository = serializers.CharField()
    mediaType = serializers.CharField(required=False)
    digest = serializers.CharField(required=False)
    size = serializers.IntegerField(required=False)
    tag = serializers.CharField(required=False)
    references = ReportedDescriptorSerializer(many=True, required=False)


class ReportingActorSerializer(serializers.Serializer[Any]):
    name = serializers.CharField(required=False)


class RegistryEventSerializer(serializers.Serializer[Any]):
    action = serializers.CharField()
    timestamp = serializers.DateTimeField()
    actor = ReportingActorSerializer(required=False)
    target = ReportedTargetSerializer()


class RegistryEventsSerializer(serializers.Serializer[Any]):
    events = RegistryEventSerializer(many=True)
