"""The endpoints that programs ask: tokens, their end, and what they are. RFC 6749, 7009, 7662, OpenID Connect."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.utils import timezone
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.decorators.http import require_safe
from django.views.generic import View
from oauth2_provider.views import RevokeTokenView, UserInfoView
from oauth2_provider.views.mixins import OAuthLibMixin

from identity.credentials import request as credentials
from identity.credentials.lookup import find_token
from identity.credentials.resolve import EXPIRED, REVOKED
from identity.credentials.table import CredentialKind
from oauth import attempts
from oauth.models import AccessToken, Application
from tokenaccess.adapters.pages import public

_SENSITIVE = ("client_secret", "code", "code_verifier", "device_code", "password", "refresh_token", "token")
_UNCACHED = {"Cache-Control": "no-store", "Pragma": "no-cache"}


@method_decorator(csrf_exempt, name="dispatch")
@method_decorator(sensitive_post_parameters(*_SENSITIVE), name="dispatch")
class ClientView(OAuthLibMixin, View):
    """For an application that says who it is. Who guesses its secret has to wait."""

    http_method_names = ["post"]

    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        problem = attempts.problem_of(request)
        if problem:
            error = {"error": "invalid_request", "error_description": problem}
            return JsonResponse(error, status=400, headers=_UNCACHED)
        name = attempts.name_of_client(request)
        if attempts.is_locked(request, name):
            return attempts.too_many()
        response = super().dispatch(request, *args, **kwargs)
        if response.status_code == 401:
            attempts.record_failure(request, name)
        return response


class Token(ClientView):
    """Exchanges a code, a refresh token, a device code or a client's secret."""

    def post(self, request: HttpRequest) -> HttpResponseBase:
        _url, headers, body, status = self.create_token_response(request)
        return HttpResponse(body, status=status, headers={**headers, **_UNCACHED})


class Revoke(ClientView, RevokeTokenView):
    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response: HttpResponse = super().post(request, *args, **kwargs)
        return response if response.content else JsonResponse({}, headers=_UNCACHED)


class Introspect(ClientView):
    """What a token of the application that asks is good for (RFC 7662). Of others' tokens it is told nothing."""

    def post(self, request: HttpRequest) -> HttpResponseBase:
        application = self._application(request)
        if application is None:
            challenge = {**_UNCACHED, "WWW-Authenticate": 'Basic realm="OAuth"'}
            error = {"error": "invalid_client", "error_description": "Only a confidential application may ask."}
            return JsonResponse(error, status=401, headers=challenge)
        token = find_token(CredentialKind.OAUTH, request.POST.get("token", ""))
        known = token is not None and token.application_id == application.pk and token.active
        usable = known and (token.user is None or token.user.is_active)
        return JsonResponse(_token_status(token, application) if usable else {"active": False}, headers=_UNCACHED)

    def _application(self, request: HttpRequest) -> Application | None:
        """The confidential one whose secret came along."""
        if not self.authenticate_client(request):
            return None
        found = Application.objects.filter(client_id=attempts.client_id_of(request)).first()
        return found if found is not None and found.confidential else None


class UserInfo(UserInfoView):
    def dispatch(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response: HttpResponse = super().dispatch(request, *args, **kwargs)
        if response.content:
            response["Content-Type"] = "application/json"  # the toolkit leaves it out of refusals
        return response


def _token_status(token: AccessToken, application: Application) -> dict[str, Any]:
    about: dict[str, Any] = {
        "active": True,
        "scope": token.scope,
        "client_id": application.client_id,
        "token_type": "Bearer",
        "exp": int(token.expires.timestamp()),
        "iat": int(token.created.timestamp()),
    }
    return about if token.user is None else {**about, "sub": str(token.user.pk), "username": token.user.username}


@never_cache
@require_safe
def token_info(request: HttpRequest) -> HttpResponseBase:
    """What the presented token is, as GitLab has it."""
    presented = credentials.find(request)
    kind = None if presented is None else presented.kind
    token: AccessToken | None = (
        find_token(kind, presented.secret) if presented and kind == CredentialKind.OAUTH else None
    )
    if token is None or not token.active or (token.user is not None and not token.user.is_active):
        reason = REVOKED if token and token.revoked else EXPIRED if token and token.expired else "The token is invalid."
        challenge = {"WWW-Authenticate": 'Bearer realm="OAuth", error="invalid_token"'}
        return JsonResponse({"error": "invalid_token", "error_description": reason}, status=401, headers=challenge)
    left = int((token.expires - timezone.now()).total_seconds())
    about = {
        "resource_owner_id": token.user_id,
        "scope": token.scopes,
        "scopes": token.scopes,
        "expires_in": left,
        "expires_in_seconds": left,
        "application": {"uid": token.application.client_id},
        "created_at": int(token.created.timestamp()),
    }
    return JsonResponse(about)


token = public(Token.as_view())
revoke = public(Revoke.as_view())
introspect = public(Introspect.as_view())
info = public(token_info)
user_info = public(never_cache(csrf_exempt(UserInfo.as_view())))
