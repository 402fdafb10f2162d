"""SSH keys as JSON. tokens.md §6.5 and §6.9."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any
from urllib.parse import urlsplit

from django.conf import settings
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.serializers import ABSENT, Moment, OptionalMethod, ResponseSerializer
from identity.api.serializers import AdministeredUserSerializer
from projects.api.serializers import BasicProjectSerializer
from projects.models import Project
from ssh_keys.models import DeployKeyProject, SshKey, UsageType


class SshKeySerializer(ResponseSerializer):
    """Of a person. The comment, often an address, is replaced by whose key it is."""

    id = serializers.IntegerField()
    title = serializers.CharField()
    created_at = Moment()
    expires_at = Moment(allow_null=True)
    last_used_at = Moment(allow_null=True)
    key = serializers.SerializerMethodField()
    usage_type = serializers.ChoiceField(UsageType.values)

    def get_key(self, key: SshKey) -> str:
        if key.user is None:
            return f"{key.public_key} {key.comment}".strip()
        return f"{key.public_key} {key.user.get_full_name()} ({urlsplit(settings.EXTERNAL_URL).hostname})"


class DeployKeyPlaceSerializer(ResponseSerializer):
    id = serializers.IntegerField()
    deploy_key_id = serializers.IntegerField(source="key_id")
    project_id = serializers.IntegerField()
    created_at = Moment()
    updated_at = Moment()
    can_push = serializers.BooleanField()


class KeyWithOwnerSerializer(SshKeySerializer):
    """To administrators: whose key it is; of a deploy key who made it, and where it is enabled."""

    user = serializers.SerializerMethodField()
    deploy_keys_projects = OptionalMethod()

    @extend_schema_field(AdministeredUserSerializer(allow_null=True))
    def get_user(self, key: SshKey) -> Any:
        owner = key.user or key.creator
        return None if owner is None else AdministeredUserSerializer(context=self.context).render(owner)

    @extend_schema_field(DeployKeyPlaceSerializer(many=True))
    def get_deploy_keys_projects(self, key: SshKey) -> Any:
        if not key.is_deploy_key:
            return ABSENT
        rows = list(key.deploy_key_projects.order_by("id"))
        return DeployKeyPlaceSerializer(context=self.context).render_all(rows)


class DeployKeySerializer(ResponseSerializer):
    id = serializers.IntegerField()
    title = serializers.CharField()
    key = serializers.SerializerMethodField()
    fingerprint = serializers.CharField(source="fingerprint_md5")
    fingerprint_sha256 = serializers.CharField(source="fingerprint")
    created_at = Moment()
    expires_at = Moment(allow_null=True)

    def get_key(self, key: SshKey) -> str:
        return f"{key.public_key} {key.comment}".strip()


class EnabledDeployKeySerializer(DeployKeySerializer):
    """In one project. Renders a DeployKeyProject, with its key."""

    can_push = serializers.BooleanField()

    def to_representation(self, instance: DeployKeyProject) -> dict[str, Any]:
        return {**DeployKeySerializer(context=self.context).render(instance.key), "can_push": instance.can_push}


class InstanceDeployKeySerializer(DeployKeySerializer):
    """With where it is enabled; prefetch `deploy_key_projects__project__group`."""

    projects_with_write_access = serializers.SerializerMethodField()
    projects_with_readonly_access = serializers.SerializerMethodField()

    @extend_schema_field(BasicProjectSerializer(many=True))
    def get_projects_with_write_access(self, key: SshKey) -> Any:
        return self._projects(key, can_push=True)

    @extend_schema_field(BasicProjectSerializer(many=True))
    def get_projects_with_readonly_access(self, key: SshKey) -> Any:
        return self._projects(key, can_push=False)

    def prepare(self, rows: Sequence[SshKey]) -> None:
        """All projects of the page at once: they share their queries."""
        places = [place for key in rows for place in key.deploy_key_projects.all()]
        projects: list[Project] = list({place.project_id: place.project for place in places}.values())
        shown = BasicProjectSerializer(context=self.context).render_all(projects)
        self.shown = dict(zip((project.pk for project in projects), shown, strict=True))

    def _projects(self, key: SshKey, *, can_push: bool) -> list[Any]:
        places = key.deploy_key_projects.all()
        return [self.shown[place.project_id] for place in places if place.can_push is can_push]
