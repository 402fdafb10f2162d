"""What the registry of Terraform modules answers."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers


class ProviderSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    version = serializers.CharField(allow_blank=True)


class RootSerializer(serializers.Serializer[Any]):
    dependencies = serializers.ListField(child=serializers.CharField())
    providers = ProviderSerializer(many=True)


class ModuleSerializer(serializers.Serializer[Any]):
    name = serializers.CharField()
    provider = serializers.CharField()
    providers = serializers.ListField(child=serializers.CharField())
    root = RootSerializer()
    source = serializers.URLField()  # type: ignore[assignment]
    submodules = serializers.ListField(child=serializers.CharField())
    version = serializers.CharField()
    versions = serializers.ListField(child=serializers.CharField())


class RegistryVersionSerializer(serializers.Serializer[Any]):
    version = serializers.CharField()
    submodules = serializers.ListField(child=serializers.CharField())
    root = RootSerializer()


class ModuleVersionsSerializer(serializers.Serializer[Any]):
    versions = RegistryVersionSerializer(many=True)
    source = serializers.URLField()  # type: ignore[assignment]


class VersionsSerializer(serializers.Serializer[Any]):
    modules = ModuleVersionsSerializer(many=True)
