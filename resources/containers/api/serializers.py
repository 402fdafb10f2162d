"""Container repositories and tags as JSON, in GitLab's keys (resources.md §3.5)."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.serializers import ABSENT, Constant, Moment, OptionalMethod, ResponseSerializer
from resources.containers.addresses import location
from resources.containers.api.params import LEVELS
from resources.containers.models import ContainerRepository, RepositoryStatus, Tag

_SHORT = 9


class ContainerTagSerializer(ResponseSerializer):
    name = serializers.CharField()
    path = serializers.SerializerMethodField()
    location = serializers.SerializerMethodField()

    def get_path(self, tag: Tag) -> str:
        return f"{tag.repository.path}:{tag.name}"

    def get_location(self, tag: Tag) -> str:
        return f"{location(tag.repository.path)}:{tag.name}"


class ContainerTagDetailSerializer(ContainerTagSerializer):
    """Of an index neither the revision nor the size is known: it has an image for each platform."""

    revision = serializers.SerializerMethodField()
    short_revision = serializers.SerializerMethodField()
    digest = serializers.CharField(source="manifest.digest")
    created_at = Moment(source="manifest.image_created_at", allow_null=True)
    total_size = serializers.SerializerMethodField()

    def get_revision(self, tag: Tag) -> str | None:
        return tag.manifest.config_digest.rpartition(":")[2] or None

    def get_short_revision(self, tag: Tag) -> str | None:
        revision = self.get_revision(tag)
        return None if revision is None else revision[:_SHORT]

    def get_total_size(self, tag: Tag) -> int | None:
        return None if tag.manifest.is_index else tag.manifest.layers_size


class ContainerRepositorySerializer(ResponseSerializer):
    """Expects of its view `params`, and `deletable(rows)`: ids of the projects where the caller may delete them."""

    id = serializers.IntegerField()
    name = serializers.CharField(allow_blank=True)
    path = serializers.CharField()
    project_id = serializers.IntegerField()
    location = serializers.SerializerMethodField()
    created_at = Moment()
    cleanup_policy_started_at = Constant(None)
    status = serializers.SerializerMethodField()
    tags_count = OptionalMethod()
    tags = OptionalMethod()
    size = OptionalMethod()
    delete_api_path = OptionalMethod()

    def prepare(self, rows: Sequence[Any]) -> None:
        self.asked: dict[str, Any] = self.context["view"].params
        self.deletable: set[int] = self.context["view"].deletable(rows)
        self._tags = ContainerTagSerializer(context=self.context)

    def get_location(self, repository: ContainerRepository) -> str:
        return location(repository.path)

    @extend_schema_field(serializers.ChoiceField(RepositoryStatus.values[1:], allow_null=True))
    def get_status(self, repository: ContainerRepository) -> str | None:
        return repository.status or None

    def get_tags_count(self, repository: ContainerRepository) -> int:
        return getattr(repository, "tags_count", ABSENT)

    @extend_schema_field(ContainerTagSerializer(many=True))
    def get_tags(self, repository: ContainerRepository) -> list[Any]:
        tags = repository.tags.all()
        return [self._tags.to_representation(tag) for tag in tags] if self.asked["tags"] else ABSENT

    def get_size(self, repository: ContainerRepository) -> int:
        return repository.size if self.asked.get("size") else ABSENT

    def get_delete_api_path(self, repository: ContainerRepository) -> str:
        if repository.project_id not in self.deletable:
            return ABSENT
        return self.absolute_url(f"/api/v4/projects/{repository.project_id}/registry/repositories/{repository.pk}")


@extend_schema_field({"type": ["string", "null"], "enum": [*LEVELS, None]})
class _LevelField(serializers.Field[Any, Any, Any, Any]):
    @staticmethod
    def convert(level: int) -> str | None:
        return next((name for name, role in LEVELS.items() if role == level), None)


class ImageProtectionSerializer(ResponseSerializer):
    id = serializers.IntegerField()
    project_id = serializers.IntegerField()
    repository_path_pattern = serializers.CharField(source="pattern")
    minimum_access_level_for_push = _LevelField(source="push_level")
    minimum_access_level_for_delete = _LevelField(source="delete_level")
