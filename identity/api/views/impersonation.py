"""Impersonation tokens: an administrator's, to act as somebody who does not see them. tokens.md §6.2."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.views.decorators.debug import sensitive_variables
from rest_framework.request import Request

from api.operations import operation
from api.rest import forbidden, not_found
from identity import services
from identity.api.granular import check_places
from identity.api.params import ImpersonationTokenFilters, NewPersonalToken
from identity.api.serializers import (
    ImpersonationTokenSerializer,
    ImpersonationTokenWithSecretSerializer,
    TokenWithSecret,
)
from identity.models import PersonalToken, User
from identity.querysets import PersonalTokenQuerySet
from tokenaccess.adapters.drf import GatedView
from tokenaccess.policy import Action


class ImpersonationView(GatedView):
    def tokens_of(self, user_id: int) -> PersonalTokenQuerySet:
        return PersonalToken.objects.impersonation().filter(user=self.get_user(user_id)).select_related("user")

    def get_user(self, user_id: int) -> User:
        user = User.objects.filter(pk=user_id).first()
        if user is None:
            raise not_found("User")
        return user

    def get_token(self, user_id: int, token_id: int) -> PersonalToken:
        token = self.tokens_of(user_id).filter(pk=token_id).first()
        if token is None:
            raise not_found("Impersonation Token")
        return token


class ImpersonationTokens(ImpersonationView):
    actions = {"GET": Action.INSPECT, "POST": Action.ADMINISTER}

    @operation(ImpersonationTokenFilters, returns=ImpersonationTokenSerializer, many=True)
    def get(self, request: Request, user_id: int, params: dict[str, Any]) -> PersonalTokenQuerySet:
        return ImpersonationTokenFilters.filter(self.tokens_of(user_id).order_by("-id"), params)

    @operation(NewPersonalToken, returns=ImpersonationTokenWithSecretSerializer)
    @sensitive_variables("secret")
    def post(self, request: Request, user_id: int, params: dict[str, Any]) -> TokenWithSecret:
        if not settings.IMPERSONATION_ENABLED:
            raise forbidden("Impersonation is disabled on this instance (TOKENACCESS_IMPERSONATION)")
        user = self.get_user(user_id)
        check_places(params.get("granular_scopes") or [], user)
        token, secret = services.create_token(user=user, by=self.current_user, impersonation=True, **params)
        return TokenWithSecret(token, secret)


class ImpersonationToken(ImpersonationView):
    actions = {"GET": Action.INSPECT, "DELETE": Action.ADMINISTER}

    @operation(returns=ImpersonationTokenSerializer)
    def get(self, request: Request, user_id: int, token_id: int) -> PersonalToken:
        return self.get_token(user_id, token_id)

    @operation()
    def delete(self, request: Request, user_id: int, token_id: int) -> None:
        services.revoke_token(self.get_token(user_id, token_id), by=self.current_user)
