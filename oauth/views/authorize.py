"""The page that asks a person whether an application may act for them (RFC 6749, 4.1, OpenID Connect Core, 3.1.2)."""

from __future__ import annotations

from functools import partial
from typing import Any
from urllib.parse import urlsplit

from django.contrib.auth.views import redirect_to_login
from django.http import HttpRequest, QueryDict
from django.http.response import HttpResponseBase
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.decorators.cache import never_cache
from django.views.generic import View
from oauth2_provider.exceptions import OAuthToolkitError
from oauth2_provider.http import OAuth2ResponseRedirect
from oauth2_provider.views.mixins import OAuthLibMixin
from oauthlib.oauth2.rfc6749 import errors
from oauthlib.openid.connect.core import exceptions as openid_errors

from identity.sign_in.recency import is_recent, proof_time
from identity.sign_in.users import signed_in_user
from oauth.models import Application
from oauth.protocol.validator import AUTHENTICATED_AT
from oauth.scopes import OAuthScope
from oauth.views import fresh_sign_in
from tokenaccess.adapters.pages import public
from tokenaccess.adapters.reauthentication import confirm_identity, confirms_identity

# Scopes that only tell who somebody is.
IDENTITY = frozenset({OAuthScope.OPENID, OAuthScope.PROFILE, OAuthScope.EMAIL})


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
        asked = fresh_sign_in.prompts(request)
        silent = "none" in asked
        if fault := fresh_sign_in.fault(request):
            return self._send_error(application, credentials, partial(errors.InvalidRequestError, description=fault))
        signed_in, fresh = signed_in_user(request), not fresh_sign_in.needs_sign_in(request)
        if signed_in is None or not fresh:
            if silent:
                return self._send_error(application, credentials, openid_errors.LoginRequired)
            fresh_sign_in.note_request(request)
            if signed_in is None:
                return redirect_to_login(request.get_full_path(), reverse("sign_in"))
            return confirm_identity(request, lambda: redirect(request.get_full_path()))
        asks_nobody = application.asks_nobody(credentials["redirect_uri"]) and "consent" not in asked
        if asks_nobody and (IDENTITY.issuperset(scopes) or is_recent(request)):
            return self._allow(request, application, scopes, credentials)
        if silent:
            return self._send_error(application, credentials, openid_errors.ConsentRequired)
        return self._ask(request, application, scopes, credentials)

    def post(self, request: HttpRequest) -> HttpResponseBase:
        if signed_in_user(request) is None:
            return redirect_to_login(request.get_full_path(), reverse("sign_in"))
        posted, request.POST = request.POST, QueryDict()  # or the toolkit would mix the two
        try:
            scopes, credentials = self.validate_authorization_request(request)
        except OAuthToolkitError as error:
            return self._refuse(request, error)
        request.POST = posted
        if "confirm_open" in posted:
            return confirm_identity(request, lambda: redirect(request.get_full_path()))
        application = Application.objects.get(client_id=credentials["client_id"])
        if posted.get("decision") != "allow":
            return self._send_error(application, credentials, errors.AccessDeniedError)

        def allow(request: HttpRequest) -> HttpResponseBase:
            return self._allow(request, application, scopes, credentials)

        if fault := fresh_sign_in.fault(request):
            return self._send_error(application, credentials, partial(errors.InvalidRequestError, description=fault))
        if fresh_sign_in.needs_sign_in(request):
            fresh_sign_in.note_request(request)
            response = confirm_identity(request, lambda: allow(request))
        # A token that acts is asked for once more, as on the page of personal tokens; signing in elsewhere is not.
        elif IDENTITY.issuperset(scopes):
            response = allow(request)
        else:
            response = confirms_identity(allow)(request)
        return _lets_forms_lead_to(response, credentials["redirect_uri"])

    def _allow(
        self, request: HttpRequest, application: Application, scopes: list[str], credentials: dict[str, Any]
    ) -> HttpResponseBase:
        fresh_sign_in.forget_request(request)
        credentials = {**credentials, AUTHENTICATED_AT: proof_time(request)}
        try:
            uri, _headers, _body, _status = self.create_authorization_response(
                request, " ".join(scopes), credentials, allow=True
            )
        except OAuthToolkitError as error:
            return self._refuse(request, error)
        response = OAuth2ResponseRedirect(uri, application.get_allowed_schemes())
        if request.method == "POST" or not _comes_from_a_form(request):
            return response
        page = render(request, "oauth/go_on.html", {"application": application, "address": uri})
        page["Refresh"] = f"0;url={response.url}"
        return page

    def _ask(
        self, request: HttpRequest, application: Application, scopes: list[str], credentials: dict[str, Any]
    ) -> HttpResponseBase:
        context = {
            "application": application,
            "scopes": [(scope, OAuthScope(scope).label) for scope in scopes],
            "callback": credentials["redirect_uri"],
        }
        return _lets_forms_lead_to(render(request, "oauth/authorize.html", context), credentials["redirect_uri"])

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


def _comes_from_a_form(request: HttpRequest) -> bool:
    """Whether the browser may be following a redirect from a form of ours, such as the one for signing in: then it
    would hold the next redirect against that form's page."""
    return request.META.get("HTTP_REFERER", "").startswith(f"{request.scheme}://{request.get_host()}/")


def _lets_forms_lead_to(response: HttpResponseBase, address: str) -> HttpResponseBase:
    """Browsers hold a redirect that answers a form against the policy of the form's page."""
    response._csp_update = {"form-action": [_source(address)]}  # type: ignore[attr-defined]
    return response


def _source(address: str) -> str:
    """The address as a source of a content security policy: its origin, or the scheme of a native application."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}" if parts.scheme in {"http", "https"} else f"{parts.scheme}:"


authorize = public(Authorize.as_view())
