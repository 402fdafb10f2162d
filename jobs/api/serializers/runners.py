"""Runners and their managers as JSON (runner.md §1.2)."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from django.conf import settings
from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.serializers import Constant, Moment, ResponseSerializer
from jobs.api.json_parts import manager_json, runner_json
from jobs.models import Runner, RunnerManager
from jobs.runners.types import RunnerType

CONNECTION_STATUSES = ["online", "offline", "stale", "never_contacted"]


class RunnerLineSerializer(ResponseSerializer):
    """A row of a list; also inside a job."""

    id = serializers.IntegerField()
    description = serializers.CharField()
    ip_address = serializers.IPAddressField(allow_null=True)
    active = serializers.BooleanField()
    paused = serializers.BooleanField()
    is_shared = serializers.BooleanField()
    runner_type = serializers.ChoiceField(RunnerType.values)
    name = Constant(None)
    online = serializers.BooleanField()
    status = serializers.ChoiceField(CONNECTION_STATUSES)
    created_at = Moment()
    created_by = Constant(None)

    def to_representation(self, instance: Runner) -> dict[str, Any]:
        return runner_line(instance)


def runner_line(one: Runner) -> dict[str, Any]:
    return runner_json(one.pk, one.description, one.paused, one.runner_type, one.contacted_at, one.created_at)


class ServedProjectSerializer(ResponseSerializer):
    id = serializers.IntegerField()
    name = serializers.CharField()
    path = serializers.CharField()
    path_with_namespace = serializers.CharField(source="full_path")


class ServedGroupSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    name = serializers.CharField()
    web_url = serializers.URLField()


class _SettingsSerializer(ResponseSerializer):
    tag_list = serializers.ListField(child=serializers.CharField())
    run_untagged = serializers.BooleanField()
    locked = serializers.BooleanField()
    maximum_timeout = serializers.IntegerField(allow_null=True, help_text="Seconds.")
    access_level = serializers.ChoiceField(["not_protected", "ref_protected"])
    maintenance_note = serializers.CharField()
    contacted_at = Moment(allow_null=True)
    version = serializers.SerializerMethodField()
    revision = serializers.SerializerMethodField()
    platform = serializers.SerializerMethodField()
    architecture = serializers.SerializerMethodField()
    projects = serializers.SerializerMethodField()
    groups = serializers.SerializerMethodField()

    def prepare(self, rows: Sequence[Runner]) -> None:
        (runner,) = rows
        self.newest = runner.managers.order_by("-contacted_at").first()
        self.info = self.newest.info if self.newest else {}

    def get_version(self, runner: Runner) -> str | None:
        return self.info.get("version")

    def get_revision(self, runner: Runner) -> str | None:
        return self.info.get("revision")

    def get_platform(self, runner: Runner) -> str | None:
        return self.info.get("platform")

    def get_architecture(self, runner: Runner) -> str | None:
        return self.info.get("architecture")

    @extend_schema_field(ServedProjectSerializer(many=True))
    def get_projects(self, runner: Runner) -> Any:
        return ServedProjectSerializer().render_all(list(runner.projects.all()))

    @extend_schema_field(ServedGroupSerializer(many=True))
    def get_groups(self, runner: Runner) -> Any:
        group = runner.group
        if group is None:
            return []
        return [{"id": group.pk, "name": group.name, "web_url": f"{settings.EXTERNAL_URL}/{group.full_path}"}]


class RunnerSerializer(RunnerLineSerializer, _SettingsSerializer):
    """One runner with its settings; `projects` and `groups` are those it serves."""

    def to_representation(self, instance: Runner) -> dict[str, Any]:
        address = self.newest.address if self.newest else None
        line = {**runner_line(instance), "ip_address": address}
        return {**line, **{name: read(instance) for name, read in self._readers if name not in line}}


class RunnerManagerSerializer(ResponseSerializer):
    id = serializers.IntegerField()
    system_id = serializers.CharField()
    version = serializers.CharField(allow_null=True)
    revision = serializers.CharField(allow_null=True)
    platform = serializers.CharField(allow_null=True)
    architecture = serializers.CharField(allow_null=True)
    created_at = Moment()
    contacted_at = Moment(allow_null=True)
    ip_address = serializers.IPAddressField(allow_null=True)
    status = serializers.ChoiceField(CONNECTION_STATUSES)

    def to_representation(self, instance: RunnerManager) -> dict[str, Any]:
        return manager_line(instance)


def manager_line(one: RunnerManager) -> dict[str, Any]:
    return manager_json(one.pk, one.system_id, one.info, one.created_at, one.contacted_at, one.address)


@dataclass(frozen=True)
class RunnerWithToken:
    runner: Runner
    token: str = field(repr=False)


class RunnerWithTokenSerializer(ResponseSerializer):
    """The token is in this answer and nowhere else. Renders a RunnerWithToken."""

    id = serializers.IntegerField(source="runner.pk")
    token = serializers.CharField()
    token_expires_at = Moment(source="runner.token_expires_at", allow_null=True)


class RunnerTokenSerializer(serializers.Serializer[Any]):
    token = serializers.CharField()
    token_expires_at = Moment(allow_null=True)
