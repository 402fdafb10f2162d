"""One secret of each kind that signing in, OAuth and SSH know, made and used as their clients do."""

from __future__ import annotations

from typing import Any

from allauth.mfa.models import Authenticator
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from django.test import Client

from ssh_keys.lfs_tokens import mint_lfs_token
from tests.factories.cast import Cast
from tests.factories.oauth import application
from tests.factories.people import token_for
from tests.factories.ssh_keys import ssh_key
from tests.support.client import Api
from tests.support.second_factors import SECRET, enable_two_factor

DEVICE_GRANT = "urn:ietf:params:oauth:grant-type:device_code"


def make(cast: Cast) -> dict[str, str]:
    """Name → secret. Of a code that is used up, what is left of it counts too."""
    client, person = application(), cast.developer
    code = client.code_for(person, scope="api openid")
    first = client.exchange(code).json()
    second = client.refresh(first["refresh_token"]).json()
    device = client.post("authorize_device", scope="read_api").json()
    client.post("token", grant_type=DEVICE_GRANT, device_code=device["device_code"])
    browser = Client()
    browser.force_login(person)
    browser.post("/oauth/device", {"user_code": device["user_code"]})
    waiting = client.code_for(person)
    recovery = enable_two_factor(cast.admin)
    RecoveryCodes(Authenticator.objects.get(user=cast.admin, type="recovery_codes")).validate_code(recovery[0])
    impersonation = Api(token=token_for(cast.admin)).post(
        f"/users/{person.pk}/impersonation_tokens", {"name": "i", "scopes": ["api"]}
    )
    found = {
        "application's secret": client.secret,
        "authorization code that was used": code,
        "authorization code": waiting,
        "OAuth token that was refreshed": first["access_token"],
        "OAuth token": second["access_token"],
        "refresh token that was used": first["refresh_token"],
        "refresh token": second["refresh_token"],
        "ID token": first["id_token"],
        "device code": device["device_code"],
        "user code": device["user_code"],
        "user code as typed": device["user_code"].replace("-", ""),
        "authenticator app's secret": SECRET,
        "recovery code that was used": recovery[0],
        "recovery code": recovery[1],
        "impersonation token": impersonation.json()["token"],
        "LFS token": mint_lfs_token(ssh_key(person).pk, cast.library.pk, writes=True),
    }
    use(found)
    return found


def use(found: dict[str, str]) -> None:
    """In the right places and the wrong ones."""
    for name in ("OAuth token", "OAuth token that was refreshed", "refresh token", "LFS token", "impersonation token"):
        token = found[name]
        Api(headers={"Authorization": f"Bearer {token}"}).get("/user")
        Api(token=token).get("/user")
        Api().get(f"/user?access_token={token}&private_token={token}")
        Client().get("/oauth/token/info", headers={"Authorization": f"Bearer {token}"})
    for secret in found.values():
        body: dict[str, Any] = {"client_id": secret, "client_secret": secret, "code": secret, "refresh_token": secret}
        Client().post("/oauth/token", {"grant_type": "authorization_code", **body})
        Client().post("/oauth/introspect", {"token": secret})
        Client().get("/oauth/authorize", {"client_id": secret, "code_challenge": secret})
