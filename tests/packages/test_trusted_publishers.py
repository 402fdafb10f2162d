"""Trusted publishers as people manage them, and tokens that are forged (resources.md §2.2.1)."""

from __future__ import annotations

import base64
import hashlib
import hmac
import json
from typing import Any

import jwt
import pytest
from cryptography.hazmat.primitives.asymmetric import rsa
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from django.test import Client
from django.utils import timezone

from audit.models import AuditEvent
from projects.models import Project
from resources.packages.models import TrustedPublisher, UploadToken
from signing.keys import LoadedKey
from signing.models import Purpose, SigningKey
from signing.rotation import current_key
from signing.rotation import sign as sign_with_our_key
from tests.factories import projects
from tests.factories.cast import Cast
from tests.packages.publishing import PACKAGE, exchange, problem, run, trust
from tests.support.runner import Work
from tokenaccess.policy.levels import Role

# --- Forgeries --------------------------------------------------------------------------------------------------------


def encode(value: Any) -> str:
    return base64.urlsafe_b64encode(json.dumps(value).encode()).decode().rstrip("=")


def sign_with_public_key(key: LoadedKey, body: str) -> str:
    """By HMAC, with what everybody knows as its secret."""
    public = key.private.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo)
    text = f"{encode({'alg': 'HS256', 'typ': 'JWT', 'kid': key.kid})}.{body}"
    mac = hmac.new(public, text.encode(), hashlib.sha256).digest()
    return f"{text}.{base64.urlsafe_b64encode(mac).decode().rstrip('=')}"


def forgeries(work: Work) -> dict[str, str]:
    """Tokens with the claims of a good one that we did not sign so."""
    good = work.variables["T"]
    claims: dict[str, Any] = jwt.decode(good, options={"verify_signature": False})
    key = current_key(Purpose.ID_TOKENS)
    stranger = rsa.generate_private_key(65537, 2048)
    head, body, signature = good.split(".")
    return {
        "none": f"{encode({'alg': 'none', 'kid': key.kid})}.{body}.",
        "no signature": f"{head}.{body}.",
        "the public key as a secret": sign_with_public_key(key, body),
        "another issuer's key": jwt.encode(claims, stranger, algorithm="RS256", headers={"kid": "stranger"}),
        "another key under our id": jwt.encode(claims, stranger, algorithm="RS256", headers={"kid": key.kid}),
        "a key in the header": jwt.encode(
            claims, stranger, algorithm="RS256", headers={"jwk": {"kty": "RSA"}, "jku": "https://evil.example.com"}
        ),
        "other claims": f"{head}.{encode({**claims, 'project_id': '1'})}.{signature}",
        "the registry's key": jwt.encode(
            claims,
            current_key(Purpose.REGISTRY).private,
            algorithm="ES256",
            headers={"kid": current_key(Purpose.REGISTRY).kid},
        ),
        "a foreign issuer": sign_with_our_key(Purpose.ID_TOKENS, {**claims, "iss": "https://evil.example.com"}),
        "no job": sign_with_our_key(Purpose.ID_TOKENS, {k: v for k, v in claims.items() if k != "job_id"}),
        "another project's job": sign_with_our_key(Purpose.ID_TOKENS, {**claims, "project_id": "999"}),
        "long ago": sign_with_our_key(Purpose.ID_TOKENS, {**claims, "exp": claims["iat"] - 100}),
        "nothing": "",
        "no JWT": "glcbt-nothing",
        "too long": "a" * 20_000,
    }


def test_no_forgery_is_taken(cast: Cast) -> None:
    trust(cast)
    work = run(cast)
    for name, token in forgeries(work).items():
        assert problem(exchange(token))[0] == "invalid-token", name
    assert not UploadToken.objects.exists()
    assert exchange(work.variables["T"]).status_code == 200


def test_a_withdrawn_key_mints_no_upload_token(cast: Cast) -> None:
    trust(cast)
    token = run(cast).variables["T"]
    SigningKey.objects.filter(purpose=Purpose.ID_TOKENS, signs_from__isnull=False).update(
        retired_at=timezone.now(), signs_until=timezone.now()
    )
    assert problem(exchange(token)) == ("invalid-token", "the token is not signed with a key of this server")


@pytest.mark.one_case
@pytest.mark.parametrize(
    "body", [b"", b"x", b"[]", b"{}", b'{"token": 1}', b'{"token": "a", "x": 1}', b"[" * 50_000, b'{"token": "\xff"}']
)
def test_a_body_that_is_none_is_named(db: None, body: bytes) -> None:
    answer = Client().post("/_/oidc/mint-token", body, content_type="application/json")
    assert problem(answer)[0] == "invalid-payload"


def test_nothing_but_a_post_mints(db: None) -> None:
    assert Client().get("/_/oidc/mint-token").status_code == 405


# --- Managing them ----------------------------------------------------------------------------------------------------


def test_a_maintainer_manages_publishers_by_rest(cast: Cast, api: Any) -> None:
    address, client = f"/projects/{cast.library.pk}/packages/trusted_publishers", api(cast.maintainer)
    fields = {"package_name": "My.Pkg", "source_project": "acme/app", "ref_path": "refs/tags/v*"}
    answer = client.post(address, fields)
    assert answer.status_code == 201, answer.content
    made = answer.json()
    assert (made["package_name"], made["source_project_id"], made["environment"]) == (PACKAGE, cast.app.pk, "")
    assert client.get(address).json() == [made]
    assert client.post(address, fields).status_code == 400
    assert client.delete(f"{address}/{made['id']}").status_code == 204
    assert client.delete(f"{address}/{made['id']}").status_code == 404
    assert AuditEvent.objects.filter(event__startswith="trusted_publisher_").count() == 2
    for other in (cast.developer, cast.reporter):
        assert api(other).get(address).status_code == 403
    assert api(job=cast.job_token()).get(address).status_code in {401, 404}


@pytest.mark.one_case
@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"package_name": "a b"}, "package_name is no name of a Python package"),
        ({"enviroment": "production"}, "enviroment is not supported"),
        ({"ref_path": "main"}, "must begin with refs/heads/ or refs/tags/"),
        ({"source_project": "acme/hidden"}, "no such project, or you may not see it"),
        ({"source_project": "acme/absent"}, "no such project, or you may not see it"),
    ],
)
def test_a_publisher_that_cannot_be_is_named(cast: Cast, api: Any, fields: dict[str, str], words: str) -> None:
    projects.project("hidden", group=cast.acme, by=cast.owner)
    address = f"/projects/{cast.library.pk}/packages/trusted_publishers"
    answer = api(cast.maintainer).post(address, {"package_name": "x", "source_project": "acme/app", **fields})
    assert answer.status_code == 400
    assert words in answer.content.decode()


def test_the_page_adds_and_deletes(cast: Cast) -> None:
    client = Client()
    client.force_login(cast.maintainer)
    address = "/acme/library/-/settings/trusted_publishers"
    assert "There are no trusted publishers." in client.get(address).content.decode()
    wrong = client.post(address, {"package_name": "x y", "source": "acme/app"})
    assert "This is no name of a Python package." in wrong.content.decode()
    client.post(address, {"package_name": "My.Pkg", "source": str(cast.app.pk), "environment": "production"})
    page = client.get(address).content.decode().replace("<wbr>", "")
    assert "acme/app" in page
    assert "TOKEN_ACCESS_ID_TOKEN: {aud: token-access}" in page
    pk = TrustedPublisher.objects.get().pk
    assert "Delete the trusted publisher of my-pkg?" in client.get(f"{address}/{pk}/delete").content.decode()
    client.post(f"{address}/{pk}/delete")
    assert not TrustedPublisher.objects.exists()


def test_the_page_hides_the_path_of_a_source_that_its_reader_may_not_see(cast: Cast) -> None:
    hidden = projects.project("secret-tool", group=cast.acme, by=cast.owner)
    trust(cast, source=hidden)
    client = Client()
    client.force_login(cast.maintainer)
    page = client.get("/acme/library/-/settings/trusted_publishers").content.decode()
    assert "secret-tool" not in page
    assert f"Project {hidden.pk}, which you may not see" in page


def test_the_administration_lists_and_deletes(cast: Cast) -> None:
    made = trust(cast)
    client = Client()
    client.force_login(cast.admin)
    assert PACKAGE in client.get("/admin/packages/trustedpublisher/").content.decode()
    client.post(f"/admin/packages/trustedpublisher/{made.pk}/delete/", {"post": "yes"})
    assert not TrustedPublisher.objects.exists()
    assert AuditEvent.objects.get(event="trusted_publisher_removed").actor_name == "admin"


def test_another_project_at_the_sources_path_is_not_trusted(cast: Cast) -> None:
    trust(cast)
    Project.objects.filter(pk=cast.app.pk).update(full_path="acme/old", path="old")
    cast.app = projects.project("app", group=cast.acme, by=cast.owner)
    projects.member(cast.developer, cast.app, Role.MAINTAINER)
    assert problem(exchange(run(cast).variables["T"]))[0] == "invalid-publisher"
