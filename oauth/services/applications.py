"""Applications: registering, changing, and their secrets. A secret leaves here once and is kept nowhere."""

from __future__ import annotations

import re
from collections.abc import Sequence
from urllib.parse import urlsplit

from django.core.exceptions import ValidationError
from django.db import transaction

from audit import services as audit
from identity.models import User
from identity.names import require_visible
from identity.secrets import digest, mint
from oauth.models import LOOPBACK, Application
from oauth.scopes import OAuthScope
from oauth.secrets import OwnPrefix

MAX_APPLICATIONS = 100  # of one person
MAX_NAME = 255
MAX_ADDRESSES = 20
MAX_ADDRESS = 2000
# Schemes that a browser acts on by itself, or that lead away from a program that waits for the code.
_FORBIDDEN_SCHEMES = frozenset(
    "about blob data file filesystem ftp gopher intent javascript mailto sms tel vbscript view-source ws wss".split()
)
_SCHEME = re.compile(r"[a-z][a-z0-9+.-]*", re.ASCII)
_ADDRESS = re.compile(r"[!-~]+", re.ASCII)  # no blanks, nothing that a browser would read differently
_UNSAFE = frozenset("\\\"'<>`{}|^*;,")


@transaction.atomic
def create_application(
    *,
    owner: User | None,
    by: User,
    name: str,
    redirect_uris: Sequence[str],
    scopes: Sequence[str],
    confidential: bool = True,
    client_credentials: bool = False,
    trusted: bool = False,
) -> tuple[Application, str]:
    """The application and its secret, "" for a public one. Without `owner` it is one of the instance, and only such
    a one may be `trusted`. Raises ValidationError by field."""
    if owner is not None and Application.objects.of_person(owner).count() >= MAX_APPLICATIONS:
        raise ValidationError({"base": [f"You have {MAX_APPLICATIONS} applications. Delete some first"]})
    application = Application(user=owner, skip_authorization=trusted and owner is None)
    _set(application, name, redirect_uris, scopes, confidential, client_credentials)
    secret = _new_secret(application)
    application.save()
    _record("oauth_application_created", "was registered", application, by)
    return application, secret


@transaction.atomic
def update_application(
    application: Application,
    *,
    by: User,
    name: str,
    redirect_uris: Sequence[str],
    scopes: Sequence[str],
    confidential: bool,
    client_credentials: bool,
    trusted: bool | None = None,
) -> str:
    """The new secret of one that has become confidential, else "". `trusted` as in `create_application`; None leaves
    it. Raises ValidationError by field."""
    before = application.confidential
    _set(application, name, redirect_uris, scopes, confidential, client_credentials)
    if trusted is not None:
        application.skip_authorization = trusted and application.user_id is None
    secret = _new_secret(application) if confidential != before else ""
    application.save()
    _record("oauth_application_updated", "was changed", application, by)
    return secret


@transaction.atomic
def renew_secret(application: Application, *, by: User) -> str:
    """The former one works no longer from this moment; tokens do. Raises ValidationError."""
    if not application.confidential:
        raise ValidationError({"base": ["A public application has no secret"]})
    secret = _new_secret(application)
    application.save(update_fields=["client_secret", "updated"])
    _record("oauth_application_secret_renewed", "has a new secret", application, by)
    return secret


@transaction.atomic
def delete_application(application: Application, *, by: User) -> None:
    """And all that it was given."""
    _record("oauth_application_deleted", "was deleted", application, by)
    application.delete()


def _new_secret(application: Application) -> str:
    secret = mint(OwnPrefix.CLIENT_SECRET) if application.confidential else ""
    application.client_secret = digest(secret) if secret else ""
    return secret


def _set(
    application: Application,
    name: str,
    redirect_uris: Sequence[str],
    scopes: Sequence[str],
    confidential: bool,
    client_credentials: bool,
) -> None:
    if not name.strip():
        raise ValidationError({"name": ["can't be blank"]})
    require_visible(name=name.strip())
    if len(name) > MAX_NAME:
        raise ValidationError({"name": [f"is too long (maximum is {MAX_NAME} characters)"]})
    if not scopes or not set(scopes) <= set(OAuthScope.values):
        raise ValidationError({"scopes": ["does not have a valid value"]})
    if client_credentials and not confidential:
        raise ValidationError({"client_credentials": ["needs a confidential application"]})
    application.name = name.strip()
    application.redirect_uris = "\n".join(_valid_addresses(redirect_uris))
    application.scopes = [scope for scope in OAuthScope.values if scope in scopes]
    application.client_type = Application.CLIENT_CONFIDENTIAL if confidential else Application.CLIENT_PUBLIC
    application.client_credentials = client_credentials


def _valid_addresses(addresses: Sequence[str]) -> list[str]:
    found = list(dict.fromkeys(addresses))
    if not found:
        raise ValidationError({"redirect_uri": ["can't be blank"]})
    if len(found) > MAX_ADDRESSES:
        raise ValidationError({"redirect_uri": [f"can be {MAX_ADDRESSES} addresses at most"]})
    for address in found:
        if problem := address_problem(address):
            raise ValidationError({"redirect_uri": [problem]})
    return found


def address_problem(address: str) -> str:
    """Why nobody may be sent on to the address; "" if they may."""
    if not _ADDRESS.fullmatch(address) or _UNSAFE.intersection(address) or len(address) > MAX_ADDRESS:
        return "must be an absolute URI"
    try:
        parts = urlsplit(address)
        host, _port = parts.hostname, parts.port
    except ValueError:
        return "must be an absolute URI"
    if not _SCHEME.fullmatch(parts.scheme) or not address.startswith(f"{parts.scheme}:"):
        return "must be an absolute URI"
    if "#" in address:
        return "cannot contain a fragment"
    if "@" in parts.netloc:
        return "cannot contain a user name"
    if parts.scheme in {"http", "https"}:
        if not host:
            return "must be an absolute URI"
        if parts.scheme == "http" and host not in LOOPBACK | {"localhost"}:
            return "must be an HTTPS URI, or lead to the person's own machine"
        return ""
    if parts.scheme in _FORBIDDEN_SCHEMES:
        return "has a scheme that is not allowed"
    return "" if parts.netloc or parts.path.strip("/") else "must be an absolute URI"


def _record(event: str, what: str, application: Application, by: User) -> None:
    owner = "the instance" if application.user is None else application.user.username
    message = f"OAuth application '{application.name}' of {owner} {what}"
    audit.record(event, message, by=by, on=application, path=application.name, scopes=application.scopes)
