"""What requests may say about environments."""

from __future__ import annotations

from api.input.fields import Boolean, Choice, Integer, Moment, Text
from api.input.parameters import Parameters
from jobs.models.environment import Tier


class _EnvironmentFields(Parameters):
    external_url = Text(allow_blank=True)
    description = Text(allow_blank=True)
    tier = Choice(Tier.values)

    unsupported = dict.fromkeys(
        ("auto_stop_setting", "cluster_agent_id", "flux_resource_path", "kubernetes_namespace", "slug")
    )
    unsupported_words = {"slug": "is automatically generated and cannot be changed"}


class NewEnvironment(_EnvironmentFields):
    name = Text(required=True)


class EnvironmentChanges(_EnvironmentFields):
    unsupported = {**_EnvironmentFields.unsupported, "name": None}


class EnvironmentStop(Parameters):
    """`force`: without its stop job."""

    force = Boolean(default=False)


class ReviewAppParams(Parameters):
    """`before`: by default 30 days ago."""

    before = Moment()
    limit = Integer(min_value=1, max_value=1000, default=100)
    dry_run = Boolean(default=True)


class StaleEnvironments(Parameters):
    """`before`: a week ago or longer."""

    before = Moment(required=True)
