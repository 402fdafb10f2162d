"""What starts pipelines, as JSON: schedules and trigger tokens; and CI variables."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.serializers import Moment, ResponseSerializer
from identity.encryption import DecryptionError
from jobs.api.serializers.people import ActorSerializer
from jobs.api.serializers.pipelines import PipelineVariableSerializer
from jobs.models import CiVariable, Pipeline, Schedule, TriggerToken
from jobs.models.variable import VariableType


class LastPipelineSerializer(ResponseSerializer):
    id = serializers.IntegerField()
    sha = serializers.CharField()
    ref = serializers.CharField()
    status = serializers.CharField()


@extend_schema_field(
    {
        "oneOf": [
            {"type": "string"},
            {"type": "number"},
            {"type": "boolean"},
            {"type": "array", "items": {"x-free-form": "as the input has them"}},
        ]
    }
)
class InputValue(serializers.JSONField):
    pass


class ScheduleInputSerializer(ResponseSerializer):
    name = serializers.CharField()
    value = InputValue()


class ScheduleLineSerializer(ResponseSerializer):
    id = serializers.IntegerField()
    description = serializers.CharField()
    ref = serializers.CharField()
    cron = serializers.CharField()
    cron_timezone = serializers.CharField()
    next_run_at = Moment(allow_null=True)
    active = serializers.BooleanField()
    created_at = Moment()
    updated_at = Moment()
    owner = ActorSerializer(allow_null=True)


class ScheduleSerializer(ScheduleLineSerializer):
    """Its variables and inputs are shown to its owner alone."""

    last_pipeline = serializers.SerializerMethodField()
    variables = serializers.SerializerMethodField()
    inputs = serializers.SerializerMethodField()

    @extend_schema_field(LastPipelineSerializer(allow_null=True))
    def get_last_pipeline(self, schedule: Schedule) -> Any:
        last: Pipeline | None = schedule.pipelines.order_by("-id").first()
        return last and LastPipelineSerializer().render(last)

    @extend_schema_field(PipelineVariableSerializer(many=True))
    def get_variables(self, schedule: Schedule) -> list[Any]:
        return schedule.variables_for(self.context["view"].access.user)

    @extend_schema_field(ScheduleInputSerializer(many=True))
    def get_inputs(self, schedule: Schedule) -> list[Any]:
        return schedule.inputs_for(self.context["view"].access.user)


class TriggerSerializer(ResponseSerializer):
    """Only its owner is shown a token's plain text."""

    id = serializers.IntegerField()
    token = serializers.SerializerMethodField()
    description = serializers.CharField()
    created_at = Moment()
    updated_at = Moment()
    last_used = Moment(source="last_used_at", allow_null=True)
    expires_at = Moment(allow_null=True)
    owner = ActorSerializer(allow_null=True)

    def get_token(self, trigger: TriggerToken) -> str:
        return trigger.token_for(self.context["view"].current_user)


class InstanceVariableSerializer(ResponseSerializer):
    """A hidden variable's value is never told."""

    variable_type = serializers.ChoiceField(VariableType.values)
    key = serializers.CharField()
    value = serializers.SerializerMethodField(method_name="visible_value")
    hidden = serializers.BooleanField()
    protected = serializers.BooleanField()
    masked = serializers.BooleanField()
    raw = serializers.BooleanField()
    description = serializers.SerializerMethodField()

    def visible_value(self, variable: CiVariable) -> str | None:
        try:
            return None if variable.hidden else variable.value
        except DecryptionError:  # its key is gone; it can still be given another value, or deleted
            return None

    def get_description(self, variable: CiVariable) -> str | None:
        return variable.description or None


class VariableSerializer(InstanceVariableSerializer):
    """Of a project or group; variables of the instance have no environment scope."""

    environment_scope = serializers.CharField()
