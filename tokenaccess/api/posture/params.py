"""What requests may ask of the posture report."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from api.input.fields import Choice, Day, Integer, Text
from api.input.parameters import OwnParameters
from tokenaccess.models.posture import MAX_REASON_LENGTH
from tokenaccess.posture.check import Severity
from tokenaccess.posture.checks import BY_NAME
from tokenaccess.posture.report import Filters

ACCEPTED = {"no": False, "yes": True, "all": None}


class PostureFilters(OwnParameters):
    """`severity`: the least. `accepted`: whether somebody accepted it."""

    check = Choice(list(BY_NAME))
    severity = Choice([severity.slug for severity in Severity], default="low")
    accepted = Choice(list(ACCEPTED), default="no")

    @classmethod
    def filters(cls, values: Mapping[str, Any]) -> Filters:
        severity = Severity[values["severity"].upper()]
        return Filters(values.get("check", ""), severity, ACCEPTED[values["accepted"]])


class PostureExport(PostureFilters):
    format = Choice(["sarif", "csv"], default="sarif")


class FindingKey(OwnParameters):
    check = Choice(list(BY_NAME), required=True)
    subject_id = Integer(required=True)


class NewAcceptance(FindingKey):
    """`until`: the last day on which it is accepted."""

    reason = Text(required=True, max_length=MAX_REASON_LENGTH)
    until = Day(required=True)
