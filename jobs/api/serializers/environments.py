"""Environments and deployments as JSON."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from drf_spectacular.utils import extend_schema_field
from rest_framework import serializers

from api.serializers import Constant, Moment, ResponseSerializer
from jobs.api.serializers.jobs import JobSerializer
from jobs.api.serializers.people import ActorSerializer
from jobs.models import Deployment, Environment
from jobs.models.deployment import STATUSES
from jobs.models.environment import EnvironmentState, Tier


class BasicEnvironmentSerializer(ResponseSerializer):
    """As another thing names it."""

    id = serializers.IntegerField()
    name = serializers.CharField()
    slug = serializers.CharField()
    external_url = serializers.SerializerMethodField()
    created_at = Moment()
    updated_at = Moment()

    def get_external_url(self, environment: Environment) -> str | None:
        return environment.external_url or None


class EnvironmentSerializer(BasicEnvironmentSerializer):
    description = serializers.SerializerMethodField()
    tier = serializers.ChoiceField(Tier.values)
    state = serializers.ChoiceField(EnvironmentState.values)
    auto_stop_at = Moment(allow_null=True)

    def get_description(self, environment: Environment) -> str | None:
        return environment.description or None


class ReviewAppSerializer(ResponseSerializer):
    id = serializers.IntegerField()
    name = serializers.CharField()
    slug = serializers.CharField()
    external_url = serializers.CharField()


class ReviewAppsSerializer(ResponseSerializer):
    """What is deleted, or would be, and what could not be."""

    scheduled_entries = ReviewAppSerializer(many=True)
    unprocessable_entries = ReviewAppSerializer(many=True)

    def to_representation(self, instance: Any) -> Any:
        rows = ReviewAppSerializer(context=self.context)
        return {name: rows.render_all(environments) for name, environments in instance.items()}


class DeploymentLineSerializer(ResponseSerializer):
    """Without its environment, inside of which it stands."""

    id = serializers.IntegerField()
    iid = serializers.IntegerField()
    ref = serializers.CharField()
    sha = serializers.CharField()
    created_at = Moment()
    updated_at = Moment()
    user = ActorSerializer(allow_null=True)
    deployable = serializers.SerializerMethodField()
    status = serializers.ChoiceField(STATUSES)

    def prepare(self, rows: Sequence[Deployment]) -> None:
        self.jobs = JobSerializer(context=self.context)
        self.jobs.prepare([deployment.job for deployment in rows if deployment.job is not None])

    @extend_schema_field(JobSerializer(allow_null=True))
    def get_deployable(self, deployment: Deployment) -> Any:
        return None if deployment.job is None else self.jobs.to_representation(deployment.job)


class DeploymentSerializer(DeploymentLineSerializer):
    environment = BasicEnvironmentSerializer()


class DeploymentDetailSerializer(DeploymentSerializer):
    """No environment is protected here: none waits for an approval."""

    approvals = Constant([])
    pending_approval_count = Constant(0)


class EnvironmentDetailSerializer(EnvironmentSerializer):
    last_deployment = serializers.SerializerMethodField()

    @extend_schema_field(DeploymentLineSerializer(allow_null=True))
    def get_last_deployment(self, environment: Environment) -> Any:
        last = Deployment.objects.filter(environment=environment).succeeded().for_display().first()
        return last and DeploymentLineSerializer(context=self.context).render(last)
