"""Credentials that nobody holds, of every kind and near it, on every surface: none opens or breaks anything.

Some hundreds each time; RANDOM_CREDENTIALS=10000 for as many as that.
"""

from __future__ import annotations

import base64
import os
import random
import string
from collections import Counter
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from identity.credentials.table import TYPES, Prefix
from identity.secrets import mint
from tests.factories.cast import Cast
from tests.factories.people import token_for

COUNT = int(os.environ.get("RANDOM_CREDENTIALS", "300"))
ALPHABET = string.ascii_letters + string.digits + "-_.=+/~"
REFUSED = {400, 401, 403, 404, 410, 422, 429}
REGISTRY = "service=container_registry&scope=repository:acme/library:pull"
LFS = "application/vnd.git-lfs+json"
PREFIXES = sorted({*Prefix, *(prefix for row in TYPES for prefix in row.prefixes), "gloas-", "glort-", "gltp-", ""})


def near(chance: random.Random, known: list[str]) -> str:
    """A value like one of ours: right but unknown, of another kind, cut, changed in one place, or just text."""
    prefix = chance.choice(PREFIXES)
    match chance.randrange(6):
        case 0:
            return mint(prefix)
        case 1:
            return prefix + "".join(chance.choices(ALPHABET, k=chance.choice([1, 20, 49, 200, 255, 256])))
        case 2:
            return mint(prefix)[: chance.randrange(3, 55)]
        case 3:
            changed = list(chance.choice(known))
            at = chance.randrange(len(changed))
            changed[at] = "a" if changed[at] != "a" else "b"
            return "".join(changed)
        case 4:
            return prefix + chance.choice(known).partition("-")[2]
        case _:
            return chance.choice(known).swapcase() + chance.choice(["", " ", "x"])


def basic(name: str, secret: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{name}:{secret}".encode()).decode()}


def ask_graph(client: Client, headers: dict[str, str]) -> Any:
    """A project that is not there is no error in GraphQL: told here as 404."""
    query = {"query": '{ project(fullPath: "acme/library") { id } }'}
    answer = client.post("/api/graphql", query, "application/json", headers=headers)
    if answer.status_code == 200 and answer.json() == {"data": {"project": None}}:
        answer.status_code = 404
    return answer


LOGINS = ("gitlab-ci-token", "oauth2", "git-lfs+ssh", "maintainer", "gitlab+deploy-token-1", "_jwt", "")


def surfaces(cast: Cast, chance: random.Random) -> dict[str, Callable[[str], Any]]:
    """Name → what answers a secret there. All ask for what a visitor does not get."""
    api, git = f"/api/v4/projects/{cast.library.pk}", "/acme/library.git"
    client = Client(raise_request_exception=False)

    def headers_with(secret: str) -> dict[str, str]:
        return chance.choice(
            [
                {"PRIVATE-TOKEN": secret},
                {"JOB-TOKEN": secret},
                {"DEPLOY-TOKEN": secret},
                {"Authorization": f"Bearer {secret}"},
                basic(chance.choice(LOGINS), secret),
            ]
        )

    def by_basic(secret: str) -> dict[str, str]:
        return basic(chance.choice(LOGINS), secret)

    def query(secret: str) -> dict[str, str]:
        return {chance.choice(["private_token", "access_token", "job_token", "token"]): secret}

    return {
        "REST": lambda secret: client.get(f"{api}/access_tokens", headers=headers_with(secret)),
        "query": lambda secret: client.get("/api/v4/user", query(secret)),
        "packages": lambda secret: client.put(f"{api}/packages/generic/a/1/f", b"x", headers=headers_with(secret)),
        "git": lambda secret: client.get(f"{git}/info/refs?service=git-receive-pack", headers=headers_with(secret)),
        "LFS": lambda secret: client.post(f"{git}/info/lfs/locks", b"{}", LFS, headers=by_basic(secret)),
        "runner": lambda secret: client.post("/api/v4/jobs/request", {"token": secret}, "application/json"),
        "registration": lambda secret: client.post("/api/v4/runners", {"token": secret}, "application/json"),
        "trigger": lambda secret: client.post(f"{api}/trigger/pipeline", {"token": secret, "ref": "main"}),
        "state": lambda secret: client.get(f"{api}/terraform/state/s", headers=headers_with(secret)),
        "OAuth": lambda secret: client.post(
            "/oauth/token", {"grant_type": "refresh_token", "refresh_token": secret, "client_id": secret}
        ),
        "user info": lambda secret: client.get("/oauth/userinfo", headers={"Authorization": f"Bearer {secret}"}),
        "GraphQL": lambda secret: ask_graph(client, headers_with(secret)),
        "registry": lambda secret: client.get(f"/jwt/auth?{REGISTRY}", headers=by_basic(secret)),
        "SSH": lambda secret: client.post("/-/ssh/sessions", b"", "x/y", headers={"X-SSH-Proof": secret}),
    }


@pytest.mark.once
def test_none_opens_or_breaks_anything(cast: Cast, settings: Any, tmp_path: Path) -> None:
    settings.REGISTRY_ENABLED, settings.REGISTRY_DIR = True, tmp_path
    chance = random.Random(os.environ.get("RANDOM_SEED", "1"))
    known = [token_for(cast.maintainer), cast.job_token()]
    asked = surfaces(cast, chance)
    answers: Counter[tuple[str, int]] = Counter()
    for number in range(COUNT):
        name = list(asked)[number % len(asked)]
        secret = near(chance, known)
        if secret.strip() in known:
            continue
        try:
            status = asked[name](secret).status_code
        except UnicodeEncodeError:
            continue  # no header can carry it
        answers[name, status] += 1
        assert status in REFUSED, (name, secret, status)
    assert {name for name, _ in answers} == set(asked)
