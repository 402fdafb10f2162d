"""What requests may say that start or change pipelines and jobs."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field

from api.input.fields import Anything, Boolean, Text
from api.input.parameters import Parameters
from api.rest import ApiError
from jobs.api.params.inputs import InputMap
from jobs.models.variable import VariableType
from jobs.variables.keys import is_variable_key

MAX_REF = 1024
MAX_VARIABLES = 500
MAX_VALUE_LENGTH = 65_536


class RefName(Text):
    def __init__(self, **options: Any) -> None:
        super().__init__(max_length=MAX_REF, **options)


def is_value(value: Any) -> bool:
    if not isinstance(value, str) or len(value) > MAX_VALUE_LENGTH or "\0" in value:
        return False
    return not any("\ud800" <= character <= "\udfff" for character in value)


_VARIABLE: dict[str, Any] = {
    "type": "object",
    "properties": {
        "key": {"type": "string"},
        "value": {"type": "string"},
        "variable_type": {"type": "string", "enum": VariableType.values},
    },
    "required": ["key"],
}


@extend_schema_field({"type": "array", "maxItems": MAX_VARIABLES, "items": _VARIABLE})
class VariableArray(Anything):
    """`[{"key", "value", "variable_type": "env_var" or "file"}]` (runner.md §8.2)."""

    def to_internal_value(self, data: Any) -> list[dict[str, str]]:
        if data in ("", {}):
            return []
        if not isinstance(data, list) or len(data) > MAX_VARIABLES:
            self.fail("invalid")
        return [self._variable(one) for one in data]

    def _variable(self, one: Any) -> dict[str, str]:
        if not isinstance(one, dict):
            self.fail("invalid")
        key, value, kind = one.get("key"), one.get("value", ""), one.get("variable_type") or "env_var"
        if not is_variable_key(key) or not is_value(value) or kind not in VariableType.values:
            self.fail("invalid")
        return {"key": key, "value": value, "variable_type": kind}


@extend_schema_field({"type": "object", "maxProperties": MAX_VARIABLES, "additionalProperties": {"type": "string"}})
class VariableMap(Anything):
    """`{"KEY": "value"}`, or `variables[KEY]=value` in a form or an address (runner.md §8.1)."""

    def to_internal_value(self, data: Any) -> list[dict[str, str]]:
        if data in ("", []):
            return []
        if not isinstance(data, dict):
            self.fail("invalid")
        if len(data) > MAX_VARIABLES or not all(is_variable_key(key) and is_value(data[key]) for key in data):
            raise ApiError(400, {"message": "variables needs to be a map of key-valued strings"})
        return [{"key": key, "value": value, "variable_type": "env_var"} for key, value in data.items()]


class NewPipeline(Parameters):
    ref = RefName(required=True)
    variables = VariableArray()
    inputs = InputMap()


class LatestPipelineParams(Parameters):
    ref = RefName()


class TokenText(Text):
    def to_internal_value(self, data: Any) -> str:
        if not isinstance(data, str):
            self.fail("invalid")
        return super().to_internal_value(data)


class TriggerParams(Parameters):
    """The token of a trigger or of a running job."""

    ref = RefName(required=True)
    token = TokenText(required=True, allow_blank=True)
    variables = VariableMap()
    inputs = InputMap()

    lenient = "webhooks send all they know of an event, which the pipeline reads as `TRIGGER_PAYLOAD`"


class JobPlaying(Parameters):
    job_variables_attributes = VariableArray()

    unsupported = {"job_inputs": None}


class JobRetry(Parameters):
    unsupported = {"job_inputs": None, "job_variables_attributes": None}


class JobCancellation(Parameters):
    """`force=true` also ends one that is being cancelled; it takes a maintainer."""

    force = Boolean(default=False)


class ArtifactTreeParams(Parameters):
    """`path`: a folder of the archive; `recursive`: what lies in its folders, too."""

    path = Text()
    recursive = Boolean(default=False)


class PipelineMetadata(Parameters):
    """An empty name takes it away."""

    name = Text(required=True, max_length=255, allow_blank=True)


class LatestArtifactParams(Parameters):
    """`job`: the job's name."""

    job = Text(required=True)

    unsupported = {"search_recent_successful_pipelines": False}
