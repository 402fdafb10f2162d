"""Our part in single sign-on: the provider of the settings, whom its word signs in, and who is new.

People are known by issuer and subject, never by an address of theirs: an address can be given to somebody else.
"""

from __future__ import annotations

import re
from typing import Any, NoReturn

from allauth.core.exceptions import ImmediateHttpResponse
from allauth.socialaccount.adapter import DefaultSocialAccountAdapter
from allauth.socialaccount.models import SocialApp, SocialLogin
from allauth.socialaccount.providers.oauth2.client import OAuth2Error
from allauth.socialaccount.providers.openid_connect.views import OpenIDConnectOAuth2Adapter
from django.conf import settings
from django.core.cache import cache
from django.core.exceptions import ValidationError
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.urls import reverse

from identity.adapters import saml
from identity.models import User
from identity.sign_in.provider import Protocol, single_sign_on
from projects.services import people
from text.hidden_characters import without_hidden

_DISCOVERY_SECONDS = 300
_MAX_NAMES = 20  # tries, of a username that is taken
_MAX_USERNAME = 100


class Provider(OpenIDConnectOAuth2Adapter):
    @property
    def openid_config(self) -> dict[str, Any]:
        """Kept for a while: whoever comes by the sign-in page could make us ask for it."""
        key = f"oidc-discovery:{self.provider_id}"
        found: dict[str, Any] | None = cache.get(key)
        if found is None:
            found = super().openid_config
            if found["issuer"].rstrip("/") != self.provider_id:
                raise OAuth2Error("The discovery document is another issuer's.")
            cache.set(key, found, _DISCOVERY_SECONDS)
        return found

    def get_callback_url(self, request: HttpRequest, app: SocialApp) -> str:
        return settings.EXTERNAL_URL + reverse("single_sign_on_callback")


class SingleSignOnAdapter(DefaultSocialAccountAdapter):
    def list_apps(self, request: HttpRequest, provider: Any = None, client_id: Any = None) -> list[SocialApp]:
        """The one of the settings; none is read from the database."""
        known = single_sign_on()
        if known is None or (provider and provider not in {known.protocol, known.id}):
            return []
        if known.protocol is Protocol.SAML:
            mapping = {"attribute_mapping": saml.ATTRIBUTES}
            return [SocialApp(provider="saml", provider_id=known.id, name=known.name, settings=mapping)]
        app = SocialApp(
            provider="openid_connect",
            provider_id=known.id,
            name=known.name,
            client_id=settings.OIDC_CLIENT_ID,
            secret=settings.OIDC_CLIENT_SECRET,
            settings={"server_url": known.id, "oauth_pkce_enabled": True},
        )
        return [app]

    def get_provider(self, request: HttpRequest, provider: Any, client_id: Any = None) -> Any:
        found = super().get_provider(request, provider, client_id)
        if found.app.provider == Protocol.SAML:
            return saml.Provider(request, found.app)
        found.oauth2_adapter_class = Provider
        return found

    def pre_social_login(self, request: HttpRequest, sociallogin: SocialLogin) -> None:
        """Both of an OpenID provider's answers are about the same subject; of what else they say nothing is kept."""
        account = sociallogin.account
        claims, known = account.extra_data, single_sign_on()
        is_openid = known is None or known.protocol is Protocol.OPENID_CONNECT
        if is_openid and (not claims.get("id_token") or claims["id_token"].get("sub") != account.uid):
            fail(request)
        if not any(address.verified for address in sociallogin.email_addresses):
            sociallogin.user.email = sociallogin.user.email if sociallogin.is_existing else ""
        sociallogin.email_addresses = []
        sociallogin.token = None  # or it would wait in the session for the second factor
        account.extra_data = {}
        if account.pk:
            account.save(update_fields=["extra_data"])

    def populate_user(self, request: HttpRequest, sociallogin: SocialLogin, data: dict[str, Any]) -> User:
        user: User = super().populate_user(request, sociallogin, data)
        user.name = str(data.get("name") or "")[:255]
        sociallogin.proposed_username = str(data.get("username") or "")  # allauth empties one that is taken
        return user

    def is_open_for_signup(self, request: HttpRequest, sociallogin: SocialLogin) -> bool:
        known = single_sign_on()
        if known is None or not known.creates_people:
            raise ImmediateHttpResponse(failure_page(request, unknown=True))
        return True

    @transaction.atomic
    def save_user(self, request: HttpRequest, sociallogin: SocialLogin, form: Any = None) -> User:
        person = _create_person(sociallogin.user, sociallogin.proposed_username)
        sociallogin.user = sociallogin.account.user = person
        sociallogin.account.save()
        return person

    def on_authentication_error(self, request: HttpRequest, provider: Any, **details: Any) -> NoReturn:
        fail(request)


def fail(request: HttpRequest) -> NoReturn:
    raise ImmediateHttpResponse(failure_page(request))


def failure_page(request: HttpRequest, *, unknown: bool = False) -> HttpResponse:
    """`unknown`: the provider knows who it is, we do not."""
    known = single_sign_on()
    context = {"unknown": unknown, "single_sign_on": known.name if known else ""}
    return render(request, "identity/single_sign_on_failed.html", context, status=403)


def _create_person(wanted: User, proposed: str) -> User:
    """Under the name that the provider proposes, as far as it is one, with a number behind it while that is taken."""
    name = re.sub(r"[^A-Za-z0-9_.-]", "", proposed.partition("@")[0]).lstrip("-.")[:_MAX_USERNAME] or "person"
    for number in range(1, _MAX_NAMES + 1):
        username = name if number == 1 else f"{name}{number}"
        try:
            with transaction.atomic():
                return people.create_person(
                    username=username, password=None, by=None, name=without_hidden(wanted.name), email=wanted.email
                )
        except ValidationError as error:
            if "username" not in getattr(error, "error_dict", {}):
                raise
    raise ValidationError({"username": ["has already been taken"]})
