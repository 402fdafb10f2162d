"""Deploy tokens over the API. tokens.md §6.4."""

from __future__ import annotations

from typing import Any

from django.views.decorators.debug import sensitive_variables
from rest_framework.request import Request

from api.operations import operation
from api.rest import not_found
from tokenaccess.adapters.drf import GatedView
from tokenaccess.policy import Action
from tokens import services
from tokens.api.params import DeployTokenFilters, NewDeployToken
from tokens.api.places import PlaceView
from tokens.api.serializers import DeployTokenSerializer, DeployTokenWithSecret, DeployTokenWithSecretSerializer
from tokens.models import DeployToken
from tokens.querysets import DeployTokenQuerySet


class AllDeployTokens(GatedView):
    actions = {"GET": Action.INSPECT}

    @operation(DeployTokenFilters, returns=DeployTokenSerializer, many=True)
    def get(self, request: Request, params: dict[str, Any]) -> DeployTokenQuerySet:
        return DeployTokenFilters.filter(DeployToken.objects.order_by("id"), params)


class DeployTokenList(PlaceView):
    @operation(DeployTokenFilters, returns=DeployTokenSerializer, many=True)
    def get(self, request: Request, params: dict[str, Any], **_place: str) -> DeployTokenQuerySet:
        return DeployTokenFilters.filter(DeployToken.objects.of_place(self.place).order_by("id"), params)

    @operation(NewDeployToken, returns=DeployTokenWithSecretSerializer)
    @sensitive_variables("secret")
    def post(self, request: Request, params: dict[str, Any], **_place: str) -> DeployTokenWithSecret:
        token, secret = services.create_deploy_token(self.place, by=self.current_user, **params)
        return DeployTokenWithSecret(token, secret)


class DeployTokenDetail(PlaceView):
    """One that is revoked is still shown, as such."""

    def get_token(self, token_id: int) -> DeployToken:
        token = DeployToken.objects.of_place(self.place).filter(pk=token_id).first()
        if token is None:
            raise not_found("DeployToken")
        return token

    @operation(returns=DeployTokenSerializer)
    def get(self, request: Request, token_id: int, **_place: str) -> DeployToken:
        return self.get_token(token_id)

    @operation()
    def delete(self, request: Request, token_id: int, **_place: str) -> None:
        services.revoke_deploy_token(self.get_token(token_id), by=self.current_user)


class ProjectDeployTokens(DeployTokenList):
    actions = {"GET": Action.READ_TOKENS, "POST": Action.MANAGE_TOKENS}


class ProjectDeployToken(DeployTokenDetail):
    actions = {"GET": Action.READ_TOKENS, "DELETE": Action.MANAGE_TOKENS}


class GroupDeployTokens(DeployTokenList):
    actions = {"GET": Action.READ_GROUP_TOKENS, "POST": Action.MANAGE_GROUP_TOKENS}


class GroupDeployToken(DeployTokenDetail):
    actions = {"GET": Action.READ_GROUP_TOKENS, "DELETE": Action.MANAGE_GROUP_TOKENS}
