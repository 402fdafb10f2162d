"""Protected branches and tags as JSON, in GitLab's keys."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.serializers import ResponseSerializer
from projects.models import ProtectedRef
from projects.models.choices import REF_LEVELS

_WORDS = dict(REF_LEVELS)


class RefLevelSerializer(serializers.Serializer[Any]):
    """There is one level each here; GitLab has a list, and gives each entry an id."""

    id = serializers.IntegerField()
    access_level = serializers.IntegerField()
    access_level_description = serializers.CharField()


def _levels(protected: ProtectedRef, level: int) -> list[dict[str, Any]]:
    return [{"id": protected.pk, "access_level": level, "access_level_description": _WORDS[level]}]


class ProtectedBranchSerializer(ResponseSerializer):
    id = serializers.IntegerField()
    name = serializers.CharField()
    push_access_levels = serializers.SerializerMethodField()
    merge_access_levels = serializers.SerializerMethodField()
    allow_force_push = serializers.BooleanField()

    @extend_schema_field(RefLevelSerializer(many=True))
    def get_push_access_levels(self, protected: ProtectedRef) -> Any:
        return _levels(protected, protected.push_level)

    @extend_schema_field(RefLevelSerializer(many=True))
    def get_merge_access_levels(self, protected: ProtectedRef) -> Any:
        return _levels(protected, protected.merge_level)


class ProtectedTagSerializer(ResponseSerializer):
    name = serializers.CharField()
    create_access_levels = serializers.SerializerMethodField()

    @extend_schema_field(RefLevelSerializer(many=True))
    def get_create_access_levels(self, protected: ProtectedRef) -> Any:
        return _levels(protected, protected.push_level)
