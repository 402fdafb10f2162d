"""What requests may say about triggers and schedules."""

from __future__ import annotations

from drf_spectacular.utils import extend_schema_field

from api.input.fields import Anything, Boolean, Choice, Text
from api.input.parameters import Parameters
from jobs.api.params.inputs import InputChanges
from jobs.models.variable import VariableType


class NewTrigger(Parameters):
    description = Text(required=True)


class TriggerChanges(Parameters):
    description = Text(refuse_blank=True)

    unsupported = {"expires_at": None}


class NewSchedule(Parameters):
    description = Text(required=True)
    ref = Text(required=True)
    cron = Text(required=True)
    cron_timezone = Text()
    active = Boolean()
    inputs = InputChanges()


class ScheduleChanges(Parameters):
    description = Text(refuse_blank=True)
    ref = Text(refuse_blank=True)
    cron = Text(refuse_blank=True)
    cron_timezone = Text(refuse_blank=True)
    active = Boolean()
    inputs = InputChanges()


@extend_schema_field({"type": "string"})
class TextToCheck(Anything):
    """A text that the view checks, because it has words of its own for what is wrong with it."""


class ScheduleVariableChanges(Parameters):
    value = TextToCheck()
    variable_type = Choice(VariableType.values)
    raw = Boolean()


class NewScheduleVariable(ScheduleVariableChanges):
    key = TextToCheck(required=True)
    value = TextToCheck(required=True)
