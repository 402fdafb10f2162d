"""The one provider of single sign-on that the settings name, if any."""

from __future__ import annotations

from enum import StrEnum
from typing import NamedTuple

from django.conf import settings


class Protocol(StrEnum):
    """As django-allauth calls them."""

    OPENID_CONNECT = "openid_connect"
    SAML = "saml"


class SingleSignOn(NamedTuple):
    """`id`: the issuer, or the entity ID: with a subject it says who somebody is. `creates_people`: whom only the
    provider knows becomes a new person."""

    protocol: Protocol
    id: str
    name: str
    creates_people: bool


def single_sign_on() -> SingleSignOn | None:
    if settings.OIDC_ISSUER:
        known = settings.OIDC_ISSUER, settings.OIDC_NAME, settings.OIDC_CREATES_PEOPLE
        return SingleSignOn(Protocol.OPENID_CONNECT, *known)
    if settings.SAML_ENTITY_ID:
        return SingleSignOn(Protocol.SAML, settings.SAML_ENTITY_ID, settings.SAML_NAME, settings.SAML_CREATES_PEOPLE)
    return None
