"""What the toolkit asks of us: with digests where it would keep or look up secrets, and the house's keys and claims.

Every row whose secret is exchanged is locked first (oauth.protocol.core has the transaction around it), so that of two
exchanges of one secret the second is a reuse.
"""

from __future__ import annotations

import base64
import hashlib
import uuid
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

from django.conf import settings
from django.utils import timezone
from django.utils.crypto import constant_time_compare
from oauth2_provider.oauth2_validators import OAuth2Validator
from oauthlib.common import Request
from oauthlib.oauth2.rfc6749 import errors
from oauthlib.oauth2.rfc8628.grant_types import DeviceCodeGrant

from identity.credentials.lookup import find_token
from identity.credentials.table import CredentialKind
from identity.credentials.usage import record_use
from identity.secrets import digest, digests
from oauth.models import AccessToken, Application, DeviceGrant, Grant, RefreshToken
from oauth.protocol.claims import person_claims
from oauth.protocol.discovery import DEVICE_GRANT
from oauth.scopes import OAuthScope
from oauth.secrets import refresh_checksum, refresh_checksums
from signing.discovery import issuer
from signing.models import Purpose
from signing.rotation import sign

_FAMILY = "token_family"
# When the person proved who they are; seconds since 1970 from the page, then a moment.
AUTHENTICATED_AT = "authenticated_at"
_MAX_LENGTHS = {"code_challenge": 128, "nonce": 255}


class Validator(OAuth2Validator):
    # --- Clients ---

    def _check_secret(self, provided_secret: str, stored_secret: str) -> bool:
        """A public application has no secret, and shows none."""
        if not stored_secret:
            return not provided_secret
        return any(constant_time_compare(stored_secret, known) for known in digests(provided_secret))

    def is_pkce_required(self, client_id: str, request: Request) -> bool:
        client = self._load_application(client_id, request)
        return client is None or not client.confidential

    # --- Authorization codes ---

    def _create_authorization_code(
        self, request: Request, code: dict[str, str], expires: datetime | None = None
    ) -> Grant:
        if request.code_challenge_method == "plain":
            raise errors.InvalidRequestError(description='Use the code_challenge_method "S256".', request=request)
        for name, longest in _MAX_LENGTHS.items():
            value = getattr(request, name) or ""
            if len(value) > longest or "\0" in value:
                raise errors.InvalidRequestError(description=f"{name} cannot be stored.", request=request)
        lifetime = timedelta(seconds=settings.OAUTH2_PROVIDER["AUTHORIZATION_CODE_EXPIRE_SECONDS"])
        return Grant.objects.create(
            application=request.client,
            user=request.user,
            code=digest(code["code"]),
            expires=expires or timezone.now() + lifetime,
            redirect_uri=request.redirect_uri,
            scope=" ".join(request.scopes),
            code_challenge=request.code_challenge or "",
            code_challenge_method=request.code_challenge_method or "",
            nonce=request.nonce or "",
            authenticated_at=_proof_moment(request.__dict__.get(AUTHENTICATED_AT)),
        )

    def validate_code(
        self, client_id: str, code: str, client: Application, request: Request, *_: Any, **__: Any
    ) -> bool:
        locked = Grant.objects.select_for_update(of=("self",)).select_related("user")
        grant = locked.filter(code=digest(code), application=client).first()
        if grant is None:
            return False
        if grant.used_at is not None:
            RefreshToken.revoke_family(grant.family)
            return False
        downgraded = request.code_verifier is not None and not grant.code_challenge
        if grant.is_expired() or downgraded or not grant.user.is_active:
            return False
        request.user, request.scopes = grant.user, grant.scope.split()
        request.nonce = grant.nonce or None
        setattr(request, _FAMILY, grant.family)
        setattr(request, AUTHENTICATED_AT, grant.authenticated_at)
        return True

    def invalidate_authorization_code(self, client_id: str, code: str, request: Request, *_: Any, **__: Any) -> None:
        Grant.objects.filter(code=digest(code), application=request.client).update(used_at=timezone.now())

    def confirm_redirect_uri(
        self, client_id: str, code: str, redirect_uri: str, client: Application, *args: Any, **kwargs: Any
    ) -> bool:
        return bool(super().confirm_redirect_uri(client_id, digest(code), redirect_uri, client, *args, **kwargs))

    def get_code_challenge(self, code: str, request: Request) -> str | None:
        found: str | None = super().get_code_challenge(digest(code), request)
        return found

    def get_code_challenge_method(self, code: str, request: Request) -> str | None:
        found: str | None = super().get_code_challenge_method(digest(code), request)
        return found

    def get_authorization_code_scopes(
        self, client_id: str, code: str, redirect_uri: str, request: Request
    ) -> list[str]:
        return list(super().get_authorization_code_scopes(client_id, digest(code or ""), redirect_uri, request))

    def get_authorization_code_nonce(
        self, client_id: str, code: str, redirect_uri: str, request: Request
    ) -> str | None:
        found: str | None = super().get_authorization_code_nonce(client_id, digest(code), redirect_uri, request)
        return found

    # Whether somebody is signed in, and whether they are asked, is the page's to say (oauth.views.authorize).

    def validate_silent_login(self, request: Request) -> bool:
        return True

    def validate_silent_authorization(self, request: Request) -> bool:
        return True

    # --- Device codes ---

    def validate_device_code(self, client_id: str, device_code: str, request: Request) -> str | None:
        locked = DeviceGrant.objects.select_for_update(of=("self",)).select_related("user")
        grant = locked.filter(device_code=digest(device_code), application=request.client).first()
        if grant is None:
            return None
        if grant.is_expired():
            return str(DeviceCodeGrant.DEVICE_CODE_EXPIRED)
        now, last = timezone.now(), grant.last_checked
        DeviceGrant.objects.filter(pk=grant.pk).update(last_checked=now)
        if last is not None and now - last < timedelta(seconds=grant.interval - 1):
            return str(DeviceCodeGrant.DEVICE_CODE_SLOW_DOWN)
        if grant.status == grant.AUTHORIZATION_PENDING:
            return str(DeviceCodeGrant.DEVICE_CODE_PENDING)
        if grant.status != grant.AUTHORIZED or grant.user is None or not grant.user.is_active:
            return str(DeviceCodeGrant.DEVICE_CODE_DENIED)
        request.user, request.scopes = grant.user, grant.scopes
        setattr(request, _FAMILY, uuid.uuid4())
        setattr(request, AUTHENTICATED_AT, grant.authenticated_at)
        grant.delete()
        return str(DeviceCodeGrant.DEVICE_CODE_AUTHORIZED)

    # --- Tokens ---

    def validate_refresh_token(
        self, refresh_token: str, client: Application, request: Request, *args: Any, **kwargs: Any
    ) -> bool:
        locked = RefreshToken.objects.select_for_update(of=("self",)).select_related("user")
        row = locked.filter(token_checksum__in=refresh_checksums(refresh_token), application=client).first()
        if row is None or not row.user.is_active:
            return False
        stored = next(known for known in digests(refresh_token) if _sha256(known) == row.token_checksum)
        allowed = bool(super().validate_refresh_token(stored, client, request, *args, **kwargs))
        request.refresh_token = refresh_token
        setattr(request, _FAMILY, row.token_family)
        setattr(request, AUTHENTICATED_AT, row.authenticated_at)
        return allowed

    def _check_and_set_request_resource(self, request: Request) -> None:
        """There is one resource server: this one."""

    def _create_access_token(
        self,
        expires: datetime,
        request: Request,
        token: dict[str, Any],
        source_refresh_token: RefreshToken | None = None,
    ) -> AccessToken:
        return AccessToken.objects.create(
            digest=digest(token["access_token"]),
            user=request.user,
            scope=token["scope"],
            expires=expires,
            application=request.client,
            source_refresh_token=source_refresh_token,
            family=_family_of(request),
        )

    def _create_refresh_token(
        self, request: Request, refresh_token_code: str, access_token: AccessToken, previous_refresh_token: Any
    ) -> RefreshToken:
        return RefreshToken.objects.create(
            token_checksum=refresh_checksum(refresh_token_code),
            user=request.user,
            application=request.client,
            access_token=access_token,
            token_family=access_token.family,
            authenticated_at=request.__dict__.get(AUTHENTICATED_AT),
        )

    def revoke_token(self, token: str, token_type_hint: str, request: Request, *_: Any, **__: Any) -> None:
        """All that the person's one authorization gave. Of another application's tokens nothing is told."""
        own = {"application": request.client}
        access = AccessToken.objects.filter(digest__in=digests(token), **own).first()
        refresh = RefreshToken.objects.filter(token_checksum__in=refresh_checksums(token), **own).first()
        family = access.family if access else refresh.token_family if refresh else None
        RefreshToken.revoke_family(family)
        if access is not None:
            access.revoke()

    def validate_bearer_token(self, token: str, scopes: Sequence[str], request: Request) -> bool:
        """Only the user info asks; everything else goes through the gate."""
        found: AccessToken | None = find_token(CredentialKind.OAUTH, token or "")
        if found is None or not found.active or found.user is None or not found.user.is_active:
            return False
        record_use(found, request.headers.get("REMOTE_ADDR"))
        request.user, request.client, request.scopes = found.user, found.application, found.scopes
        request.access_token = found
        return True

    # --- OpenID Connect ---

    def save_token(self, token: dict[str, Any], request: Request, *args: Any, **kwargs: Any) -> None:
        """A device's answer has an ID token too, where it asked for `openid`: the library has none for it."""
        super().save_token(token, request, *args, **kwargs)
        is_device = request.grant_type == DEVICE_GRANT and request.user is not None
        if is_device and OAuthScope.OPENID in request.scopes:
            half = hashlib.sha256(token["access_token"].encode()).digest()[:16]
            claims = {
                "aud": request.client.client_id,
                "iat": int(timezone.now().timestamp()),
                "at_hash": base64.urlsafe_b64encode(half).decode().rstrip("="),
            }
            token["id_token"] = self.finalize_id_token(claims, token, None, request)

    def finalize_id_token(self, id_token: dict[str, Any], token: Any, token_handler: Any, request: Request) -> str:
        now = int(timezone.now().timestamp())
        signed_in = request.__dict__.get(AUTHENTICATED_AT) or request.user.last_login
        claims = {
            **id_token,
            **person_claims(request.user, request.scopes),
            "iss": issuer(),
            "exp": now + settings.OAUTH2_PROVIDER["ID_TOKEN_EXPIRE_SECONDS"],
            "auth_time": now if signed_in is None else int(signed_in.timestamp()),
            "jti": str(uuid.uuid4()),
        }
        if request.nonce:
            claims["nonce"] = request.nonce
        return sign(Purpose.ID_TOKENS, claims)

    def _load_id_token(self, token: str) -> None:
        """ID tokens are not kept."""

    def get_userinfo_claims(self, request: Request) -> dict[str, Any]:
        return person_claims(request.user, request.scopes)


def _family_of(request: Request) -> uuid.UUID | None:
    """As it was set above. An attribute could also be a parameter that the client sent."""
    found: uuid.UUID | None = request.__dict__.get(_FAMILY)
    return found


def _proof_moment(seconds: float | None) -> datetime | None:
    return datetime.fromtimestamp(seconds, UTC) if seconds else None


def _sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()
