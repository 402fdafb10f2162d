"""What requests may say about CI variables."""

from __future__ import annotations

from typing import Any

from api.input.fields import Boolean, Choice, Text
from api.input.parameters import Parameters
from jobs.models.variable import VariableType


class _Flags(Parameters):
    variable_type = Choice(VariableType.values)
    protected = Boolean()
    masked = Boolean()
    raw = Boolean()
    description = Text(allow_blank=True)


class VariableValue(Text):
    """Any text, the empty one too, but not null."""

    null_empties = False

    def __init__(self, **options: Any) -> None:
        super().__init__(allow_blank=True, **options)


class ScopeFilter(Parameters):
    environment_scope = Text()


class VariableInPlace(Parameters):
    """`filter[environment_scope]`: which of several of that key."""

    filter = ScopeFilter(required=False)


class NewInstanceVariable(_Flags):
    unsupported = {"hidden": False}  # only answers say so: the value of whoever sends it back would be shown
    unsupported_words = {"hidden": "is not supported; use masked_and_hidden"}
    key = Text(required=True)
    value = VariableValue(required=True)
    masked_and_hidden = Boolean(source="hidden")


class NewVariable(NewInstanceVariable):
    environment_scope = Text()


class InstanceVariableChanges(_Flags, VariableInPlace):
    value = VariableValue()


class VariableChanges(InstanceVariableChanges):
    environment_scope = Text()
