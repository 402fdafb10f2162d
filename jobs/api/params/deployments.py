"""What requests may say about deployments."""

from __future__ import annotations

from api.input.fields import Boolean, Choice, Text
from api.input.parameters import Parameters
from jobs.models.deployment import REPORTED_STATUSES


class ReportedDeployment(Parameters):
    environment = Text(required=True)
    sha = Text(required=True, max_length=40)
    ref = Text(required=True, max_length=255)
    tag = Boolean(required=True)
    status = Choice(REPORTED_STATUSES, required=True)


class DeploymentStatus(Parameters):
    status = Choice(REPORTED_STATUSES, required=True)


class Approval(Parameters):
    status = Choice(["approved", "rejected"], required=True)
    comment = Text(max_length=2048)
    represented_as = Text(max_length=255)
