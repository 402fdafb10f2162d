"""Personal tokens over the API. tokens.md §6.1."""

from __future__ import annotations

from datetime import date
from typing import Any

from django.core.exceptions import ValidationError
from django.views.decorators.debug import sensitive_variables
from rest_framework.request import Request

from api.operations import operation
from api.rest import ApiError, bad_request, not_found
from identity import services
from identity.api.granular import check_places
from identity.api.params import NewOwnToken, NewPersonalToken, PersonalTokenFilters, TokenRotationParams
from identity.api.serializers import PersonalTokenSerializer, PersonalTokenWithSecretSerializer, TokenWithSecret
from identity.models import PersonalToken, User
from identity.querysets import PersonalTokenQuerySet
from tokenaccess.access.gate import is_allowed
from tokenaccess.access.request_state import request_state
from tokenaccess.adapters.drf import GatedView
from tokenaccess.adapters.own_rotation import OwnRotationView
from tokenaccess.policy import Action

UNAUTHORIZED = "401 Unauthorized"


def refuse_applications(request: Request) -> None:
    """What an application is let do ends when the person takes it back: it gets no token that would stay. Raises
    ApiError."""
    token = request_state(request._request).token
    if token is not None and not isinstance(token, PersonalToken):
        raise ApiError(403, "403 Forbidden - An application makes no personal access tokens")


class TokenView(GatedView):
    """What the views below share: which tokens the caller may name at all."""

    def visible_tokens(self) -> PersonalTokenQuerySet:
        tokens = PersonalToken.objects.personal().select_related("user")
        return tokens if self.may_inspect else tokens.for_user(self.current_user)

    @property
    def may_inspect(self) -> bool:
        return is_allowed(self.request._request, Action.INSPECT)

    def get_token(self, token_id: int) -> PersonalToken:
        """Whose token it is, and whether there is one, only administrators learn."""
        token = self.visible_tokens().filter(pk=token_id).first()
        if token is None:
            raise not_found() if self.may_inspect else ApiError(401, UNAUTHORIZED)
        return token

    def presented_token(self) -> PersonalToken:
        """The token that this very request came with."""
        token = request_state(self.request._request).token
        if not isinstance(token, PersonalToken):
            raise bad_request("The request was not made with a personal access token")
        return token


class TokenList(TokenView):
    actions = {"GET": Action.READ_OWN_TOKENS}

    @operation(PersonalTokenFilters, returns=PersonalTokenSerializer, many=True)
    def get(self, request: Request, params: dict[str, Any]) -> PersonalTokenQuerySet:
        return PersonalTokenFilters.apply(self._tokens_of_user(params.get("user_id")), params)

    def _tokens_of_user(self, user_id: int | None) -> PersonalTokenQuerySet:
        if user_id is None:
            return self.visible_tokens()
        rows = self.visible_tokens().filter(user_id=user_id)
        if not self.may_inspect and user_id != self.current_user.pk:
            raise ApiError(401, UNAUTHORIZED)
        return rows


class TokenDetail(TokenView):
    actions = {"GET": Action.READ_OWN_TOKENS, "DELETE": Action.MANAGE_OWN_TOKENS}

    @operation(returns=PersonalTokenSerializer)
    def get(self, request: Request, token_id: int) -> PersonalToken:
        return self.get_token(token_id)

    @operation()
    def delete(self, request: Request, token_id: int) -> None:
        services.revoke_token(self.get_token(token_id), by=self.current_user)


class TokenRotation(TokenView):
    actions = {"POST": Action.MANAGE_OWN_TOKENS}

    @operation(TokenRotationParams, returns=PersonalTokenWithSecretSerializer, status=200)
    def post(self, request: Request, token_id: int, params: dict[str, Any]) -> TokenWithSecret:
        refuse_applications(request)
        return self.rotate(self.get_token(token_id), **params)

    @sensitive_variables("secret")
    def rotate(self, token: PersonalToken, expires_at: date | None = None) -> TokenWithSecret:
        try:
            made, secret = services.rotate_token(token, by=self.current_user, expires_at=expires_at)
        except services.NotActive as error:
            services.revoke_family(token, by=self.current_user)
            raise ApiError(401, UNAUTHORIZED) from error
        return TokenWithSecret(made, secret)


class SelfDetail(TokenView):
    """Any scope will do: a token may always tell what it is, and be given back."""

    actions = {"GET": Action.USE_TOKEN_ITSELF, "DELETE": Action.USE_TOKEN_ITSELF}

    @operation(returns=PersonalTokenSerializer)
    def get(self, request: Request) -> PersonalToken:
        return self.presented_token()

    @operation()
    def delete(self, request: Request) -> None:
        services.revoke_token(self.presented_token(), by=self.current_user)


class SelfRotation(OwnRotationView, TokenRotation):
    @operation(TokenRotationParams, returns=PersonalTokenWithSecretSerializer, status=200)
    def post(self, request: Request, token_id: int = 0, *, params: dict[str, Any]) -> TokenWithSecret:
        return self.rotate(self.presented_token(), **params)


class TokensOfUser(GatedView):
    """Administrators make tokens for anyone."""

    actions = {"POST": Action.ADMINISTER}

    @operation(NewPersonalToken, returns=PersonalTokenWithSecretSerializer)
    def post(self, request: Request, user_id: int, params: dict[str, Any]) -> TokenWithSecret:
        user = User.objects.filter(pk=user_id).first()
        if user is None:
            raise not_found("User")
        check_places(params.get("granular_scopes") or [], user)
        return TokenWithSecret(*services.create_token(user=user, by=self.current_user, **params))


class OwnTokens(GatedView):
    """A person may make those that can do no more than replace themselves, and fine-grained ones; the rest is made on
    the page."""

    actions = {"POST": Action.MANAGE_OWN_TOKENS}

    @operation(NewOwnToken, returns=PersonalTokenWithSecretSerializer)
    def post(self, request: Request, params: dict[str, Any]) -> TokenWithSecret:
        refuse_applications(request)
        check_places(params.get("granular_scopes") or [], self.current_user)
        self._check_end(params.get("expires_at"))
        return TokenWithSecret(*services.create_token(user=self.current_user, by=self.current_user, **params))

    def _check_end(self, expires_at: date | None) -> None:
        """What a token makes does not outlive it. Raises ValidationError."""
        maker = request_state(self.request._request).token
        last = maker.expires_at if isinstance(maker, PersonalToken) else None
        if last is not None and (expires_at is None or expires_at > last):
            raise ValidationError({"expires_at": [f"must be given, and not be after that of the token used ({last})"]})
