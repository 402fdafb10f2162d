"""Deploy keys over the API. tokens.md §6.5."""

from __future__ import annotations

from typing import Any

from django.db.models import QuerySet
from rest_framework.request import Request

from api.operations import operation
from api.rest import not_found
from ssh_keys import services
from ssh_keys.api.params import DeployKeyChanges, DeployKeyFilters, NewDeployKey, NewPublicDeployKey
from ssh_keys.api.serializers import EnabledDeployKeySerializer, InstanceDeployKeySerializer
from ssh_keys.models import DeployKeyProject, SshKey
from tokenaccess.adapters.drf import GatedView
from tokenaccess.policy import Action


class AllDeployKeys(GatedView):
    """Of the instance; what is made here is public."""

    actions = {"GET": Action.INSPECT, "POST": Action.ADMINISTER}

    @operation(DeployKeyFilters, returns=InstanceDeployKeySerializer, many=True)
    def get(self, request: Request, params: dict[str, Any]) -> QuerySet[SshKey]:
        keys = SshKey.objects.deploy_keys().prefetch_related("deploy_key_projects__project__group").order_by("id")
        return DeployKeyFilters.filter(keys, params)

    @operation(NewPublicDeployKey, returns=InstanceDeployKeySerializer)
    def post(self, request: Request, params: dict[str, Any]) -> SshKey:
        return services.add_public_deploy_key(by=self.current_user, **params)


class DeployKeyView(GatedView):
    def enabled_keys(self) -> QuerySet[DeployKeyProject]:
        return DeployKeyProject.objects.filter(project=self.access.project).select_related("key", "project")

    def get_enabled(self, key_id: int) -> DeployKeyProject:
        enabled = self.enabled_keys().filter(key__pk=key_id).first()
        if enabled is None:
            raise not_found("Deploy Key")
        return enabled


class DeployKeyList(DeployKeyView):
    actions = {"GET": Action.READ_TOKENS, "POST": Action.MANAGE_TOKENS}

    @operation(returns=EnabledDeployKeySerializer, many=True)
    def get(self, request: Request, project: str) -> QuerySet[DeployKeyProject]:
        return self.enabled_keys().order_by("key_id")

    @operation(NewDeployKey, returns=EnabledDeployKeySerializer)
    def post(self, request: Request, project: str, params: dict[str, Any]) -> DeployKeyProject:
        """One that is known, and that the caller could enable, is enabled here too."""
        key = services.add_deploy_key(self.access.project, by=self.current_user, **params)
        return self.get_enabled(key.pk)


class DeployKeyDetail(DeployKeyView):
    actions = {"GET": Action.READ_TOKENS, "PUT": Action.MANAGE_TOKENS, "DELETE": Action.MANAGE_TOKENS}

    @operation(returns=EnabledDeployKeySerializer)
    def get(self, request: Request, project: str, key_id: int) -> DeployKeyProject:
        return self.get_enabled(key_id)

    @operation(DeployKeyChanges, returns=EnabledDeployKeySerializer)
    def put(self, request: Request, project: str, key_id: int, params: dict[str, Any]) -> DeployKeyProject:
        services.update_deploy_key(self.get_enabled(key_id), by=self.current_user, **params)
        return self.get_enabled(key_id)

    @operation()
    def delete(self, request: Request, project: str, key_id: int) -> None:
        services.disable_deploy_key(self.get_enabled(key_id), by=self.current_user)


class DeployKeyEnabling(DeployKeyView):
    """A public one, or one of another project that the caller maintains; any other is as if it were not there."""

    actions = {"POST": Action.MANAGE_TOKENS}

    @operation(returns=EnabledDeployKeySerializer)
    def post(self, request: Request, project: str, key_id: int) -> DeployKeyProject:
        key = services.enableable_keys(self.current_user).filter(pk=key_id).first()
        if key is None:
            raise not_found("Deploy Key")
        services.enable_deploy_key(key, self.access.project, by=self.current_user)
        return self.get_enabled(key_id)
