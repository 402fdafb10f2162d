"""Project and group access tokens over the API. tokens.md §6.3."""

from __future__ import annotations

from typing import Any

from django.views.decorators.debug import sensitive_variables
from rest_framework.request import Request

from api.input.token_filters import TokenFilters
from api.operations import operation
from api.rest import ApiError, not_found
from identity import services as identity
from identity.api.serializers import TokenWithSecret
from identity.models import PersonalToken
from identity.querysets import PersonalTokenQuerySet
from tokenaccess.access.id_or_path import IdOrPath
from tokenaccess.access.request_state import request_state
from tokenaccess.adapters.own_rotation import OwnRotationView
from tokenaccess.policy import Action
from tokens import services
from tokens.api.params import AccessTokenRotation, NewAccessToken
from tokens.api.places import PlaceView
from tokens.api.serializers import AccessTokenSerializer, AccessTokenWithSecretSerializer
from tokens.models import AccessTokenBot

UNAUTHORIZED = "401 Unauthorized"


class AccessTokenView(PlaceView):
    def get_token(self, token_id: int) -> PersonalToken:
        token = services.access_tokens(self.place).filter(pk=token_id).first()
        if token is None:
            raise not_found()
        return token


class AccessTokenList(AccessTokenView):
    @operation(TokenFilters, returns=AccessTokenSerializer, many=True)
    def get(self, request: Request, params: dict[str, Any], **_place: str) -> PersonalTokenQuerySet:
        return TokenFilters.apply(services.access_tokens(self.place), params)

    @operation(NewAccessToken, returns=AccessTokenWithSecretSerializer)
    @sensitive_variables("secret")
    def post(self, request: Request, params: dict[str, Any], **_place: str) -> TokenWithSecret:
        return TokenWithSecret(
            *services.create_access_token(self.place, by=self.current_user, by_role=self.access.facts.role, **params)
        )


class AccessTokenDetail(AccessTokenView):
    @operation(returns=AccessTokenSerializer)
    def get(self, request: Request, token_id: int, **_place: str) -> PersonalToken:
        return self.get_token(token_id)

    @operation()
    def delete(self, request: Request, token_id: int, **_place: str) -> None:
        services.revoke_access_token(self.get_token(token_id), by=self.current_user)


class RotationMixin(AccessTokenView):
    def rotate(self, token: PersonalToken, **rotation: Any) -> TokenWithSecret:
        """One that has ended takes its whole line with it: somebody else may have rotated it."""
        try:
            return TokenWithSecret(*services.rotate_access_token(token, by=self.current_user, **rotation))
        except identity.NotActive as error:
            identity.revoke_family(token, by=self.current_user)
            raise ApiError(401, UNAUTHORIZED) from error


class AccessTokenRotationView(RotationMixin):
    @operation(AccessTokenRotation, returns=AccessTokenWithSecretSerializer, status=200)
    def post(self, request: Request, token_id: int, params: dict[str, Any], **_place: str) -> TokenWithSecret:
        return self.rotate(self.get_token(token_id), by_role=self.access.facts.role, **params)


class OwnRotation(OwnRotationView, RotationMixin):
    """The token in use, which must be one of the address's project or group."""

    @operation(AccessTokenRotation, returns=AccessTokenWithSecretSerializer, status=200)
    def post(
        self, request: Request, params: dict[str, Any], project: str | None = None, group: str | None = None
    ) -> TokenWithSecret:
        token, kind = request_state(request._request).token, "group" if project is None else "project"
        bot = AccessTokenBot.objects.filter(user=self.current_user).select_related("project", "group").first()
        place = None if bot is None else getattr(bot, kind)
        id_or_path = IdOrPath.parse(project or group or "")
        if bot is None or place is None or not id_or_path.names(place.pk, place.full_path):
            raise ApiError(401, UNAUTHORIZED)
        return self.rotate(token, by_role=services.role_of_bot(bot), **params)


class ProjectAccessTokens(AccessTokenList):
    actions = {"GET": Action.READ_TOKENS, "POST": Action.MANAGE_TOKENS}


class ProjectAccessToken(AccessTokenDetail):
    actions = {"GET": Action.READ_TOKENS, "DELETE": Action.MANAGE_TOKENS}


class ProjectAccessTokenRotation(AccessTokenRotationView):
    actions = {"POST": Action.MANAGE_TOKENS}


class GroupAccessTokens(AccessTokenList):
    actions = {"GET": Action.READ_GROUP_TOKENS, "POST": Action.MANAGE_GROUP_TOKENS}


class GroupAccessToken(AccessTokenDetail):
    actions = {"GET": Action.READ_GROUP_TOKENS, "DELETE": Action.MANAGE_GROUP_TOKENS}


class GroupAccessTokenRotation(AccessTokenRotationView):
    actions = {"POST": Action.MANAGE_GROUP_TOKENS}
