"""What gitlab-runner sends and gets, for the API's description (runner.md §1–3).

The views read less strictly than this says: a runner is never refused for a value that the server can do without.
"""

from __future__ import annotations

from typing import Any

from rest_framework import serializers

from api.input.fields import Boolean, Choice, Integer, Text
from api.input.parameters import Parameters
from api.operations import BINARY, Operation
from api.serializers import ErrorSerializer
from jobs.api.params.runners import OF_RUNNERS, RunnerInfo, RunnerRegistration
from jobs.artifacts.types import FORMATS
from jobs.runners.payload.check import PAYLOAD_SHAPE, Shape
from jobs.states import FailureReason, State

_TYPES = {str: "string", bool: "boolean", int: "integer", float: "number"}
_ALWAYS = ["id", "token", "job_info", "git_info", "runner_info", "variables", "steps", "features"]


def shape_schema(shape: Shape) -> dict[str, Any]:
    """A shape of payload.check as JSON Schema: `[str]` → an array of texts, or null."""
    if isinstance(shape, dict):
        return {
            "type": ["object", "null"],
            "properties": {name: shape_schema(inner) for name, inner in shape.items()},
        }
    if isinstance(shape, list):
        return {"type": ["array", "null"], "items": shape_schema(shape[0])}
    kinds = shape if isinstance(shape, tuple) else (shape,)
    return {"type": [*(_TYPES[kind] for kind in kinds), "null"]}


class _OfRunner(Parameters):
    lenient = OF_RUNNERS


class _RunnerToken(_OfRunner):
    token = Text(help_text="Or in the header.")


class RunnerContact(_RunnerToken):
    system_id = Text(max_length=64)
    info = RunnerInfo()


class JobRequestParams(RunnerContact):
    last_update = Text(help_text="The last `X-GitLab-Last-Update`: as long as the queue is the same, there is no job.")


class ManagerRemoval(_RunnerToken):
    system_id = Text(required=True, max_length=64)


class JobUpdateParams(_OfRunner):
    """`running`, or no state, is a sign of life; the others end the job."""

    token = Text(help_text="Or in the header.")
    state = Choice([State.RUNNING, State.SUCCESS, State.FAILED])
    failure_reason = Choice(FailureReason.values)
    exit_code = Integer()


class LogPartParams(_OfRunner):
    """The header `Content-Range: <start>-<end>` says where it belongs."""

    debug_trace = Boolean()


class ArtifactUploadParams(_OfRunner):
    artifact_type = Choice(FORMATS, default="archive")
    artifact_format = Choice(sorted(set(FORMATS.values())))
    expire_in = Text(help_text="A duration, as in a CI file.")


class RunnerCredentialsSerializer(serializers.Serializer[Any]):
    id = serializers.IntegerField()
    token = serializers.CharField()
    token_expires_at = serializers.DateTimeField(allow_null=True)


class NextTokenSerializer(serializers.Serializer[Any]):
    token = serializers.CharField()
    token_expires_at = serializers.DateTimeField(allow_null=True)


REGISTER = Operation(RunnerRegistration, RunnerCredentialsSerializer)
VERIFY = Operation(RunnerContact, RunnerCredentialsSerializer, status=200, security="runner")
UNREGISTER = Operation(_RunnerToken, security="runner")
REMOVE_MANAGER = Operation(ManagerRemoval, security="runner")
RESET_TOKEN = Operation(_RunnerToken, NextTokenSerializer, security="runner")
DISCOVER = Operation(_OfRunner, ErrorSerializer, status=501, security="runner")
REQUEST_JOB = Operation(
    JobRequestParams,
    {**shape_schema(PAYLOAD_SHAPE), "type": "object", "required": _ALWAYS},
    others={204: None},
    security="runner",
)
# Bodies that nobody reads: the status once more.
UPDATE_JOB = Operation(JobUpdateParams, {"const": 200, "type": "integer"}, security="job")
APPEND_LOG = Operation(
    LogPartParams, {"type": "string"}, status=202, media_type="text/plain", upload="text/plain", security="job"
)
UPLOAD_ARTIFACTS = Operation(
    ArtifactUploadParams, {"const": 201, "type": "integer"}, upload="multipart/form-data", security="job"
)
DOWNLOAD_ARTIFACTS = Operation(_OfRunner, BINARY, media_type="application/octet-stream")
