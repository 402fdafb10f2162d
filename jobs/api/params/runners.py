"""What requests may say about runners."""

from __future__ import annotations

from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework.exceptions import ErrorDetail, ValidationError

from api.input.fields import Anything, Boolean, Choice, Integer, Text, Words
from api.input.parameters import Parameters
from jobs.runners.types import RunnerType

OF_RUNNERS = "gitlab-runner sends more of itself with every release, and to every server"
ACCESS_LEVELS = ("not_protected", "ref_protected")
_TEXT = {"type": "string"}


@extend_schema_field(
    {
        "type": "object",
        "properties": {
            **dict.fromkeys(("name", "version", "revision", "platform", "architecture", "executor", "shell"), _TEXT),
            "features": {"type": "object", "additionalProperties": {"type": "boolean"}},
        },
    }
)
class RunnerInfo(Anything):
    """What a runner says of itself (runner.md §1.3); it may say more with every release."""


@extend_schema_field(_TEXT)
class RegistrationToken(Anything):
    """Of another kind, it is as good as an unknown one."""


class RunnerSettings(Parameters):
    """What of a runner's settings a request names (runner.md §1.2). `active` is the older opposite of `paused`."""

    description = Text(max_length=1024)
    maintainer_note = Text(source="maintenance_note")
    maintenance_note = Text()
    paused = Boolean()
    active = Boolean()
    locked = Boolean()
    run_untagged = Boolean()
    access_level = Choice(ACCESS_LEVELS)
    maximum_timeout = Integer()
    tag_list = Words()

    mutually_exclusive = ("active", "paused")
    unsupported = dict.fromkeys(
        ("private_projects_minutes_cost_factor", "public_projects_minutes_cost_factor", "organization_id")
    )

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        if "active" in attrs:
            attrs["paused"] = not attrs.pop("active")
        return attrs


class NewRunner(RunnerSettings):
    runner_type = Choice(RunnerType.values, required=True)
    group_id = Integer()
    project_id = Integer()

    def validate(self, attrs: dict[str, Any]) -> dict[str, Any]:
        needed = {RunnerType.GROUP: "group_id", RunnerType.PROJECT: "project_id"}.get(attrs["runner_type"])
        if needed and needed not in attrs:
            raise ValidationError({needed: [ErrorDetail("", "required")]})
        return super().validate(attrs)


class RunnerRegistration(RunnerSettings):
    """`POST /runners`, the old way."""

    token = RegistrationToken(required=True)
    info = RunnerInfo()

    lenient = OF_RUNNERS


class RunnerAssignment(Parameters):
    runner_id = Integer(required=True)
