"""Trusted publishers, and jobs that exchange ID tokens and publish."""

from __future__ import annotations

import base64
from typing import Any

from django.test import Client

from identity.models import User
from projects.models import Project
from resources.packages.models import TrustedPublisher
from tests.factories import runners
from tests.factories.cast import Cast
from tests.packages.pypi import upload
from tests.support.client import Api
from tests.support.runner import Work

JOB = "publish: {script: [x], id_tokens: {T: {aud: token-access}}}"
PACKAGE = "my-pkg"


def trust(cast: Cast, source: Project | None = None, **fields: Any) -> TrustedPublisher:
    """Jobs of the app may publish the package in the library."""
    values = {"project": cast.library, "package_name": PACKAGE, "created_by": cast.maintainer, **fields}
    return TrustedPublisher.objects.create(source=source or cast.app, **values)


def run(cast: Cast, yaml: str = JOB, by: User | None = None) -> Work:
    runners.pipeline(cast.app, by or cast.developer, yaml)
    return runners.runner(cast.app).work()


def exchange(token: Any, client: Client | None = None) -> Any:
    return (client or Client()).post("/_/oidc/mint-token", {"token": token}, content_type="application/json")


def mint(work: Work) -> str:
    answer = exchange(work.variables["T"])
    assert answer.status_code == 200, answer.content
    return str(answer.json()["token"])


def problem(answer: Any) -> tuple[str, str]:
    """Code and description of a refusal, in PyPI's form."""
    assert answer.status_code == 422, answer.content
    body = answer.json()
    assert body["message"] == "Token request failed"
    (error,) = body["errors"]
    return error["code"], error["description"]


def basic(token: str, login: str = "__token__") -> dict[str, str]:
    return {"Authorization": f"Basic {base64.b64encode(f'{login}:{token}'.encode()).decode()}"}


def publish(token: str, project: Project, **more: Any) -> Any:
    return upload(Api(headers=basic(token)), project, **more)
