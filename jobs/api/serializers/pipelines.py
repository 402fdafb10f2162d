"""Pipelines as JSON (runner.md §8.3). Shapes are declared; bodies are built from parts, because pages are long."""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from api.rest import moment
from api.serializers import Constant, Moment, ResponseSerializer
from jobs.api.json_parts import pipeline_line_json
from jobs.api.serializers.people import ActorSerializer
from jobs.models import Pipeline
from jobs.models.variable import VariableType
from jobs.states import State


class PipelineLineSerializer(ResponseSerializer):
    """A row of a list; also inside a job. Expects the project at hand."""

    id = serializers.IntegerField()
    iid = serializers.IntegerField()
    project_id = serializers.IntegerField()
    sha = serializers.CharField()
    ref = serializers.CharField()
    status = serializers.ChoiceField(State.values)
    source = serializers.CharField()  # type: ignore[assignment]
    created_at = Moment()
    updated_at = Moment()
    web_url = serializers.URLField()
    name = serializers.CharField(allow_null=True)

    def to_representation(self, instance: Pipeline) -> dict[str, Any]:
        return pipeline_line_json(instance, instance.project.full_path)


class DetailedStatusSerializer(serializers.Serializer[Any]):
    icon = serializers.CharField()
    text = serializers.CharField()
    label = serializers.CharField()  # type: ignore[assignment]
    group = serializers.CharField()
    tooltip = serializers.CharField()
    has_details = serializers.BooleanField()
    details_path = serializers.CharField()
    illustration = Constant(None)
    favicon = Constant(None)


def detailed_status(pipeline: Pipeline) -> dict[str, Any]:
    label = State(pipeline.status).label.lower()
    return {
        "icon": f"status_{pipeline.status}",
        "text": label,
        "label": label,
        "group": pipeline.status,
        "tooltip": label,
        "has_details": True,
        "details_path": f"/{pipeline.project.full_path}/-/pipelines/{pipeline.pk}",
        "illustration": None,
        "favicon": None,
    }


class PipelineSerializer(PipelineLineSerializer):
    """The whole entity."""

    before_sha = serializers.CharField()
    tag = serializers.BooleanField()
    yaml_errors = serializers.CharField(allow_null=True)
    user = ActorSerializer(allow_null=True)
    started_at = Moment(allow_null=True)
    finished_at = Moment(allow_null=True)
    committed_at = serializers.DateTimeField(allow_null=True)
    duration = serializers.IntegerField(allow_null=True, help_text="Seconds.")
    queued_duration = serializers.IntegerField(allow_null=True, help_text="Seconds.")
    coverage = serializers.CharField(allow_null=True, help_text="Percent, as text.")
    detailed_status = DetailedStatusSerializer()
    archived = serializers.BooleanField()

    def to_representation(self, instance: Pipeline) -> dict[str, Any]:
        duration, queued, user = instance.duration, instance.queued_duration, instance.user
        return {
            **super().to_representation(instance),
            "before_sha": instance.before_sha,
            "tag": instance.tag,
            "yaml_errors": instance.yaml_errors or None,
            "user": None if user is None else ActorSerializer().to_representation(user),
            "started_at": moment(instance.started_at),
            "finished_at": moment(instance.finished_at),
            "committed_at": instance.commit.get("committed_date"),
            "duration": None if duration is None or instance.finished_at is None else int(duration),
            "queued_duration": None if queued is None else int(queued),
            "coverage": None if instance.coverage is None else f"{instance.coverage:.2f}",
            "detailed_status": detailed_status(instance),
            "archived": False,
        }


class PipelineVariableSerializer(serializers.Serializer[Any]):
    """A variable that was given with a pipeline or a schedule."""

    key = serializers.CharField()
    value = serializers.CharField()
    variable_type = serializers.ChoiceField(VariableType.values)
    raw = serializers.BooleanField()
