"""The endpoints that programs ask: tokens, their end, and what they are. RFC 6749, 7009, 7662, OpenID Connect."""

from __future__ import annotations

from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.http.response import HttpResponseBase
from django.utils.decorators import method_decorator
from django.views.decorators.csrf import csrf_exempt
from django.views.decorators.debug import sensitive_post_parameters
from django.views.generic import View
from oauth2_provider.views import RevokeTokenView, UserInfoView
from oauth2_provider.views.mixins import OAuthLibMixin

from tokenaccess.adapters.pages import public

_SENSITIVE = ("client_secret", "code", "code_verifier", "device_code", "password", "refresh_token", "token")
_UNCACHED = {"Cache-Control": "no-store", "Pragma": "no-cache"}


@method_decorator(csrf_exempt, name="dispatch")
@method_decorator(sensitive_post_parameters(*_SENSITIVE), name="dispatch")
class Token(OAuthLibMixin, View):
    """Exchanges a code, a refresh token, a device code or a client's secret."""

    http_method_names = ["post"]

    def post(self, request: HttpRequest) -> HttpResponseBase:
        _url, headers, body, status = self.create_token_response(request)
        return HttpResponse(body, status=status, headers={**headers, **_UNCACHED})


class Revoke(RevokeTokenView):
    http_method_names = ["post"]

    def post(self, request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
        response: HttpResponse = super().post(request, *args, **kwargs)
        return response if response.content else JsonResponse({})


token = public(Token.as_view())
revoke = public(Revoke.as_view())
user_info = public(csrf_exempt(UserInfoView.as_view()))
