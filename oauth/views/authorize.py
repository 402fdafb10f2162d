"""The page that asks a person whether an application may act for them (RFC 6749, 4.1, OpenID Connect Core, 3.1.2)."""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, HttpResponse, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.generic import View
from oauth2_provider.exceptions import OAuthToolkitError
from oauth2_provider.http import OAuth2ResponseRedirect
from oauth2_provider.views.mixins import OAuthLibMixin
from oauthlib.oauth2.rfc6749 import errors
from oauthlib.openid.connect.core import exceptions as openid_errors

from identity.sign_in.users import signed_in_user
from oauth.models import Application
from oauth.scopes import OAuthScope
from tokenaccess.adapters.pages import public


@method_decorator(never_cache, name="dispatch")
class Authorize(OAuthLibMixin, View):
    """The form goes back to the same address: what was asked for is judged anew from it, and nothing else counts."""

    http_method_names = ["get", "head", "post"]

    def get(self, request: HttpRequest) -> HttpResponseBase:
        try:
            scopes, credentials = self.validate_authorization_request(request)
        except OAuthToolkitError as error:
            return self._refuse(request, error)
        application = Application.objects.get(client_id=credentials["client_id"])
        silent = "none" in str(request.GET.get("prompt", "")).split()
        if signed_in_user(request) is None:
            if silent:
                return self._send_error(application, credentials, openid_errors.LoginRequired)
            return redirect_to_login(request.get_full_path(), reverse("sign_in"))
        if application.trusted:
            return self._allow(request, application, scopes, credentials)
        if silent:
            return self._send_error(application, credentials, openid_errors.ConsentRequired)
        return self._ask(request, application, scopes, credentials)

    def post(self, request: HttpRequest) -> HttpResponseBase:
        if signed_in_user(request) is None:
            return redirect_to_login(request.get_full_path(), reverse("sign_in"))
        decision = request.POST.get("decision")
        request.POST = QueryDict()  # or the toolkit would mix it with the address
        try:
            scopes, credentials = self.validate_authorization_request(request)
        except OAuthToolkitError as error:
            return self._refuse(request, error)
        application = Application.objects.get(client_id=credentials["client_id"])
        if decision != "allow":
            return self._send_error(application, credentials, errors.AccessDeniedError)
        return self._allow(request, application, scopes, credentials)

    def _allow(
        self, request: HttpRequest, application: Application, scopes: list[str], credentials: dict[str, Any]
    ) -> HttpResponseBase:
        try:
            uri, _headers, _body, _status = self.create_authorization_response(
                request, " ".join(scopes), credentials, allow=True
            )
        except OAuthToolkitError as error:
            return self._refuse(request, error)
        return OAuth2ResponseRedirect(uri, application.get_allowed_schemes())

    def _ask(
        self, request: HttpRequest, application: Application, scopes: list[str], credentials: dict[str, Any]
    ) -> HttpResponse:
        context = {
            "application": application,
            "scopes": [(scope, OAuthScope(scope).label) for scope in scopes],
            "callback": credentials["redirect_uri"],
        }
        response = render(request, "oauth/authorize.html", context)
        # Browsers hold the redirect that answers the form against this directive too.
        response._csp_update = {"form-action": [_source(credentials["redirect_uri"])]}  # type: ignore[attr-defined]
        return response

    def _send_error(self, application: Application, credentials: dict[str, Any], error: Any) -> HttpResponseBase:
        found = error(state=credentials.get("state"))
        address = found.in_uri(credentials["redirect_uri"])
        return OAuth2ResponseRedirect(address, application.get_allowed_schemes())

    def _refuse(self, request: HttpRequest, error: OAuthToolkitError) -> HttpResponseBase:
        """To the application, once it and its address are known; else on a page of our own."""
        redirects, answer = self.error_response(error)
        found = error.oauthlib_error
        application = Application.objects.filter(client_id=found.client_id).first() if redirects else None
        if application is not None and application.redirect_uri_allowed(found.redirect_uri or ""):
            return OAuth2ResponseRedirect(answer["url"], application.get_allowed_schemes())
        context = {"error": found.error, "description": found.description}
        return render(request, "oauth/refused.html", context, status=400)


def _source(address: str) -> str:
    """The address as a source of a content security policy: its origin, or the scheme of a native application."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme in {"http", "https"} else f"{parts.scheme}:"


authorize = public(Authorize.as_view())
