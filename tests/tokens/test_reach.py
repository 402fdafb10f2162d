"""What each kind of token reaches, generated from the tables of tokens.md §2 and §3: kind × surface × scope × verb.

The tables say which kinds take a scope, and which surfaces a kind never reaches; what a scope allows stands below.
Each probe is a request to a private project where the token's holder may do everything, so that only the token limits.
"""

from __future__ import annotations

import base64
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import jwt
import pytest
from django.test import Client

from identity.models import Scope
from identity.secrets import mint
from oauth.models import Application
from oauth.scopes import OAuthScope
from ssh_keys.lfs_tokens import LFS_LOGIN, mint_lfs_token
from tests.factories import oauth, runners
from tests.factories.cast import Cast
from tests.factories.people import token_for
from tests.factories.ssh_keys import deploy_key, ssh_key
from tests.support.client import Api
from tokenaccess.allowlist.services import set_job_pushes
from tokenaccess.models import InstanceSettings
from tokens.models import DeployScope

CONTRACT = Path(__file__).resolve().parents[2] / "docs" / "contract" / "tokens.md"

API, REGISTRY, GIT, PACKAGES = "API", "Registry (container)", "Repository (git over HTTP)", "packages"
Reach = frozenset[tuple[str, str]]

READ_API: Reach = frozenset({(API, "read"), (API, "user"), (PACKAGES, "read"), (REGISTRY, "pull"), (GIT, "fetch")})
ITSELF: Reach = frozenset({(API, "itself")})
ALL: Reach = READ_API | ITSELF | {(API, "write"), (PACKAGES, "write"), (REGISTRY, "push"), (GIT, "push")}
# tokens.md §3, the column "Allows". A token may always ask about itself by the API; deploy tokens have no API.
ALLOWS: dict[str, Reach] = {
    "api": ALL,
    "read_api": READ_API | ITSELF,
    "read_user": ITSELF | {(API, "user")},
    "read_repository": ITSELF | {(GIT, "fetch")},
    "write_repository": ITSELF | {(GIT, "fetch"), (GIT, "push")},
    "read_registry": ITSELF | {(REGISTRY, "pull")},
    "write_registry": ITSELF | {(REGISTRY, "push")},
    "read_package_registry": frozenset({(PACKAGES, "read")}),
    "write_package_registry": frozenset({(PACKAGES, "read"), (PACKAGES, "write")}),
    "create_runner": ITSELF,
    "manage_runner": ITSELF,
    "self_rotate": ITSELF,
    "sudo": frozenset(),
    **dict.fromkeys(("openid", "profile", "email"), frozenset()),
}
# Of the product, not of the contract.
MISSING = {"admin_mode"}
KINDS = ["personal", "impersonation", "project", "group", "deploy", "group deploy", "OAuth"]


def table(section: str) -> list[list[str]]:
    """The cells of the first table of a section, without its head."""
    text = CONTRACT.read_text().split(f"## {section}", 1)[1].split("\n## ", 1)[0]
    lines = [line for line in text.splitlines() if line.startswith("|")]
    return [[cell.strip() for cell in line.strip("|").split("|")] for line in lines[2:]]


def scopes_of(kind: str) -> set[str]:
    """Those that the table lets a kind have."""
    column = 3 if "deploy" in kind else 2 if kind == "OAuth" else 1
    found = set()
    for row in table("3. Scopes"):
        cell = row[column]
        reaches = cell == "x" or (cell == "PAT, imp." and kind in {"personal", "impersonation"}) or cell == "admin PAT"
        if reaches:
            found |= set(re.findall(r"`(\w+)`", row[0]))
    return found - MISSING


def surfaces_of(name: str) -> dict[str, str]:
    """API, registry, git → yes, no, limited, as tokens.md §2 has it."""
    row = next(row for row in table("2. What each reaches") if row[0] == name)
    return dict(zip((API, REGISTRY, GIT), (cell.replace("*", "").partition(" ")[0] for cell in row[1:]), strict=True))


class Probes:
    """Every probe with one credential, as `reached` shows them: what was let through."""

    def __init__(self, cast: Cast, secret: str, login: str = "anyone", header: str = "PRIVATE-TOKEN") -> None:
        self.project, self.secret, self.login = cast.app, secret, login
        self.api = Api(headers={header: f"Bearer {secret}" if header == "Authorization" else secret})
        self.basic = {"Authorization": "Basic " + base64.b64encode(f"{login}:{secret}".encode()).decode()}

    @property
    def reach(self) -> Reach:
        place, package = f"/projects/{self.project.pk}", f"/projects/{self.project.pk}/packages/generic/probe/1.0/f"
        probes: dict[tuple[str, str], Callable[[], bool]] = {
            (API, "read"): lambda: self._ok("GET", place),
            (API, "user"): lambda: self._ok("GET", "/user"),
            (API, "itself"): lambda: self._ok("GET", "/personal_access_tokens/self"),
            (API, "write"): lambda: self._ok("PUT", place, {"description": "probed"}),
            (PACKAGES, "write"): lambda: self._ok("PUT", package, b"x", content_type="application/octet-stream"),
            (PACKAGES, "read"): lambda: self._ok("GET", f"{place}/packages/generic/there/1.0/f"),
            (GIT, "fetch"): lambda: self._git("git-upload-pack"),
            (GIT, "push"): lambda: self._git("git-receive-pack"),
            (REGISTRY, "pull"): lambda: self._image("pull"),
            (REGISTRY, "push"): lambda: self._image("push"),
        }
        return frozenset(what for what, probe in probes.items() if probe())

    def _ok(self, method: str, address: str, body: Any = None, **more: Any) -> bool:
        answer = self.api.request(method, address, body, **more)
        refusals = {401, 403, 404} | ({400} if address.endswith("/self") else set())  # no personal token at all
        assert answer.status_code in {200, 201, *refusals}, (address, answer.status_code, answer.content)
        return bool(answer.status_code in {200, 201})

    def _git(self, service: str) -> bool:
        address = f"/{self.project.full_path}.git/info/refs?service={service}"
        return bool(Client().get(address, headers=self.basic).status_code == 200)

    def _image(self, action: str) -> bool:
        query = {"service": "container_registry", "scope": f"repository:{self.project.full_path}:{action}"}
        answer = Client().get("/jwt/auth", query, headers=self.basic)
        if answer.status_code != 200:
            return False
        claims = jwt.decode(answer.json()["token"], options={"verify_signature": False})
        return any(action in grant["actions"] for grant in claims["access"])


@pytest.fixture(autouse=True)
def _registry_and_package(settings: Any, cast: Cast) -> None:
    settings.REGISTRY_ENABLED = True
    there = f"/projects/{cast.app.pk}/packages/generic/there/1.0/f"
    owner = Api(token=_make(cast, "personal", "api")[0])
    assert owner.put(there, b"x", content_type="application/octet-stream").status_code == 201


def _make(cast: Cast, kind: str, scope: str) -> tuple[str, str]:
    """The secret of a new token of that kind, and the user name it is presented with; "" where it is refused."""
    if kind == "OAuth":
        return _authorize(cast, scope)
    root = Api(token=token_for(cast.admin))
    addresses = {
        "personal": f"/users/{cast.owner.pk}/personal_access_tokens",
        "impersonation": f"/users/{cast.owner.pk}/impersonation_tokens",
        "project": f"/projects/{cast.app.pk}/access_tokens",
        "group": f"/groups/{cast.acme.pk}/access_tokens",
        "deploy": f"/projects/{cast.app.pk}/deploy_tokens",
        "group deploy": f"/groups/{cast.acme.pk}/deploy_tokens",
    }
    answer = root.post(addresses[kind], {"name": "probe", "scopes": [scope]})
    if answer.status_code == 400:
        assert "scopes" in str(answer.json())
        return "", ""
    body = answer.json()
    return body["token"], body.get("username", "anyone")


def _authorize(cast: Cast, scope: str) -> tuple[str, str]:
    """The access token of an application that the owner lets act for them."""
    made = Api(token=token_for(cast.admin)).post(
        "/applications", {"name": "probe", "redirect_uri": oauth.CALLBACK, "scopes": scope}
    )
    if made.status_code == 400:
        assert "scopes" in made.json()["message"]
        return "", ""
    client = oauth.Registered(Application.objects.get(pk=made.json()["id"]), made.json()["secret"])
    return client.tokens_for(cast.owner, scope=scope)["access_token"], "oauth2"


def test_the_tables_name_the_scopes_that_there_are() -> None:
    assert {scope for kind in KINDS for scope in scopes_of(kind)} == set(ALLOWS)
    assert set(ALLOWS) == {*Scope.values, *DeployScope.values, *OAuthScope.values}


@pytest.mark.parametrize("kind", KINDS)
def test_each_scope_of_a_kind_reaches_what_its_row_says_and_nothing_else(kind: str, cast: Cast) -> None:
    rows = {"impersonation": "Impersonation", "project": "Project access", "group": "Project access", "OAuth": "OAuth2"}
    surfaces = surfaces_of("Deploy token" if "deploy" in kind else rows.get(kind, "PAT"))
    wrong = {}
    for scope in ALLOWS:
        secret, login = _make(cast, kind, scope)
        assert bool(secret) == (scope in scopes_of(kind)), f"{kind} tokens and {scope}"
        if secret:
            may = {(surface, verb) for surface, verb in ALLOWS[scope] if surfaces.get(surface) != "no"}
            if kind == "OAuth":
                may -= ITSELF  # that is about personal tokens
            header = "DEPLOY-TOKEN" if "deploy" in kind else "Authorization" if kind == "OAuth" else "PRIVATE-TOKEN"
            found = Probes(cast, secret, login, header).reach
            if found != may:
                wrong[scope] = {"too much": found - may, "too little": may - found}
    assert not wrong


@pytest.mark.parametrize("kind", ["project", "deploy"])
def test_a_token_of_one_project_reaches_nothing_in_another(kind: str, cast: Cast) -> None:
    for scope in sorted(scopes_of(kind)):
        secret, login = _make(cast, kind, scope)
        elsewhere = Probes(cast, secret, login, "DEPLOY-TOKEN" if kind == "deploy" else "PRIVATE-TOKEN")
        elsewhere.project = cast.library
        assert elsewhere.reach <= {(API, "user"), (API, "itself")}


def test_tokens_of_runners_and_triggers_are_credentials_for_nothing_else(cast: Cast, api: Any) -> None:
    InstanceSettings.objects.create(allow_runner_registration_token=True)
    place = f"/projects/{cast.app.pk}"
    registration = api(cast.maintainer).post(f"{place}/runners/reset_registration_token").json()["token"]
    trigger = api(cast.maintainer).post(f"{place}/triggers", {"description": "x"}).json()["token"]
    for name, secret in (
        ("Runner registration", registration),
        ("Runner authentication", runners.runner(cast.app).token),
        ("", trigger),
        ("", mint("glpat-")),
    ):
        assert name == "" or surfaces_of(name)[API] == "no"
        for header in ("PRIVATE-TOKEN", "JOB-TOKEN", "DEPLOY-TOKEN", "RUNNER-TOKEN"):
            for login in ("anyone", "gitlab-ci-token", "oauth2"):
                assert Probes(cast, secret, login, header).reach == frozenset()


def test_keys_of_ssh_are_credentials_for_no_request(cast: Cast) -> None:
    """Neither a public key, which anybody may know, nor what git-lfs is given for it."""
    keys = {"SSH key": ssh_key(cast.owner), "Deploy key": deploy_key(cast.app, cast.owner, can_push=True)}
    for name, key in keys.items():
        lfs = mint_lfs_token(key.pk, cast.app.pk, writes=True)
        assert set(surfaces_of(name).values()) == set(surfaces_of("LFS token").values()) == {"no"}
        assert Probes(cast, lfs, LFS_LOGIN).reach == frozenset()
    assert Probes(cast, keys["SSH key"].public_key).reach == frozenset()


def test_a_jobs_token_reaches_what_its_row_says(cast: Cast) -> None:
    set_job_pushes(cast.app, by=cast.owner, allowed=True)
    token = cast.job_token(user=cast.owner)
    assert surfaces_of("Job token") == {API: "limited", REGISTRY: "no", GIT: "yes"}
    found = Probes(cast, token, "gitlab-ci-token", "JOB-TOKEN").reach
    # Its own project's images (note 3 of the table), packages and repository; of the API none of these.
    assert found == {
        (PACKAGES, "read"), (PACKAGES, "write"), (GIT, "fetch"), (GIT, "push"), (REGISTRY, "pull"), (REGISTRY, "push")
    }  # fmt: skip
