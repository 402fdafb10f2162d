"""Applications that act for people, and what they are given: the toolkit's models, with digests in place of secrets.

Of codes, tokens and client secrets only the keyed digest is kept (identity.secrets). Where the toolkit looks up a
refresh token, it is given that digest and keeps a checksum of it. tokens.md §7
"""

from __future__ import annotations

import secrets
import uuid
from typing import Any, ClassVar
from urllib.parse import urlsplit

from django.db import models
from django.utils import timezone
from django.utils.translation import gettext_lazy as _
from oauth2_provider.models import (
    AbstractAccessToken,
    AbstractApplication,
    AbstractDeviceGrant,
    AbstractGrant,
    AbstractRefreshToken,
    redirect_to_uri_allowed,
)

from identity.models import UsedToken, User
from oauth.querysets import AccessTokenQuerySet, ApplicationQuerySet, RefreshTokenQuerySet

LOOPBACK = frozenset({"127.0.0.1", "::1"})


def new_client_id() -> str:
    return secrets.token_hex(32)


class Application(AbstractApplication):
    """A program that may ask people to let it act for them. Without a `user` it is one of the instance.

    `skip_authorization`: trusted, nobody is asked; only administrators say so. `client_secret`: its keyed digest,
    empty for a public application.
    """

    user = models.ForeignKey(User, null=True, blank=True, on_delete=models.CASCADE, related_name="+")
    client_id = models.CharField("application id", max_length=64, unique=True, default=new_client_id, editable=False)
    client_secret = models.CharField(max_length=64, blank=True, editable=False)
    name = models.CharField(max_length=255)
    scopes = models.JSONField(default=list)
    client_credentials = models.BooleanField(
        "client credentials",
        default=False,
        help_text=_("It may ask for tokens of its own, which act as nobody and which others can verify."),
    )
    # Of the toolkit, and without use here.
    authorization_grant_type = None
    hash_client_secret = None
    algorithm = None
    allowed_origins = None
    post_logout_redirect_uris = None
    registration_source = None
    cimd_expires_at = None

    objects = ApplicationQuerySet.as_manager()

    class Meta:
        ordering = ("id",)

    def clean(self) -> None:
        """oauth.services.applications validates."""

    @property
    def confidential(self) -> bool:
        return bool(self.client_type == self.CLIENT_CONFIDENTIAL)

    @property
    def trusted(self) -> bool:
        return bool(self.skip_authorization)

    def asks_nobody(self, callback: str) -> bool:
        """Whether people are sent on at once. Of a public one any program on the person's machine could be what waits
        there, and could send them (RFC 8252, 8.6)."""
        return self.trusted and (self.confidential or callback.startswith("https://"))

    @property
    def callback_urls(self) -> list[str]:
        return str(self.redirect_uris).split()

    def is_usable(self, request: Any = None) -> bool:
        """Nobody who is blocked goes on acting for others through a program of theirs."""
        return self.user is None or self.user.is_active

    def redirect_uri_allowed(self, uri: str) -> bool:
        """Character by character, but for the port of a program on the person's own machine (RFC 8252, 7.3)."""
        if uri in self.callback_urls:
            return True
        loopback = [known for known in self.callback_urls if is_loopback(known)]
        return is_loopback(uri) and bool(redirect_to_uri_allowed(uri, loopback))

    def get_allowed_schemes(self) -> list[str]:
        return sorted({urlsplit(known).scheme for known in self.callback_urls})

    def allows_grant_type(self, *grant_types: str) -> bool:
        """What the toolkit asks with the grant's names of its own."""
        if self.GRANT_CLIENT_CREDENTIALS in grant_types and len(grant_types) == 1:
            return self.client_credentials and self.confidential
        if self.GRANT_AUTHORIZATION_CODE in grant_types:
            return True
        return self.GRANT_DEVICE_CODE in grant_types


def is_loopback(uri: str) -> bool:
    """Whether it is of a program on the same machine, known by its number: names may lead elsewhere."""
    try:
        parts = urlsplit(uri)
        return parts.scheme == "http" and parts.hostname in LOOPBACK
    except ValueError:
        return False


class Grant(AbstractGrant):
    """An authorization code. It stays until it expires, so that a second use is noticed. `code`: its keyed digest.

    `family`: of the tokens that it was exchanged for.
    """

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    code = models.CharField(max_length=64, unique=True, editable=False)
    family = models.UUIDField(default=uuid.uuid4, editable=False)
    authenticated_at = models.DateTimeField(null=True, editable=False, help_text="When the person proved who they are.")
    used_at = models.DateTimeField(null=True, editable=False)
    claims = None
    resource = None


class AccessToken(AbstractAccessToken, UsedToken):
    """Acts as its user, within its scopes, for two hours. One without a user came of client credentials.

    `family`: the tokens of one authorization, which end together.
    """

    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="+")
    token = None
    token_checksum = None
    id_token = None
    resource = None
    revoked = models.BooleanField(default=False, editable=False)
    family = models.UUIDField(null=True, editable=False, db_index=True)

    objects = AccessTokenQuerySet.as_manager()

    class Meta:
        ordering = ("id",)

    def __str__(self) -> str:
        """For the administration, whose title and history name rows by it."""
        name = "" if self.application is None else self.application.name
        return f"{name}: {self.user.username}" if self.user is not None else name

    @classmethod
    def for_authentication(cls) -> AccessTokenQuerySet:
        """Ended ones too: the answer says how."""
        return cls.objects.select_related("user", "application__user")

    @property
    def scopes(self) -> list[str]:
        return str(self.scope).split()

    @property
    def expired(self) -> bool:
        return bool(self.expires <= timezone.now())

    @property
    def active(self) -> bool:
        return not self.revoked and not self.expired and self.application.is_usable()

    def revoke(self) -> None:
        """It stays, so that the refusal can name the reason."""
        type(self).objects.filter(pk=self.pk).update(revoked=True)


class RefreshToken(AbstractRefreshToken):
    """Is exchanged once for the next pair of tokens. Used again, it ends the whole family."""

    user = models.ForeignKey(User, on_delete=models.CASCADE, related_name="+")
    token = None
    resource = None
    token_checksum = models.CharField(max_length=64, unique=True, editable=False)
    authenticated_at = models.DateTimeField(null=True, editable=False, help_text="When the person proved who they are.")

    objects = RefreshTokenQuerySet.as_manager()

    class Meta:
        indexes: ClassVar = [models.Index(fields=["token_family"])]

    @classmethod
    def revoke_family(cls, token_family: uuid.UUID | None) -> None:
        if token_family is not None:
            cls.objects.filter(token_family=token_family).revoke()
            AccessToken.objects.filter(family=token_family, revoked=False).update(revoked=True)


class DeviceGrant(AbstractDeviceGrant):
    """A program without a browser that waits for a person's word. `device_code`, `user_code`: their keyed digests."""

    application = models.ForeignKey(Application, on_delete=models.CASCADE)
    user = models.ForeignKey(User, null=True, on_delete=models.CASCADE, related_name="+")
    device_code = models.CharField(max_length=64, unique=True, editable=False)
    user_code = models.CharField(max_length=64, unique=True, editable=False)
    authenticated_at = models.DateTimeField(null=True, editable=False, help_text="When the person proved who they are.")
    client_id = None
    last_checked = models.DateTimeField(null=True, editable=False)

    class Meta:
        ordering = ("id",)

    @property
    def scopes(self) -> list[str]:
        return str(self.scope).split()

    def is_expired(self) -> bool:
        return bool(self.expires <= timezone.now())
