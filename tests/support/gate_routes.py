"""Real requests that end behind the gate: routes, credentials, refusals as ever, and 418 for what would be let in."""

from __future__ import annotations

import re
from base64 import b64encode
from collections.abc import Iterator
from contextlib import contextmanager
from functools import cache
from typing import Any
from urllib.parse import quote

import pytest
from django.test import Client, RequestFactory
from rest_framework.views import APIView

from api.rest import ApiError
from audit.client_address import set_client_address
from identity.credentials.table import Prefix
from tests.support.access_world import LOCAL
from tokenaccess.access.gate import authorize, check
from tokenaccess.access.id_or_path import IdOrPath
from tokenaccess.adapters import plain
from tokenaccess.adapters.endpoints import endpoints
from tokenaccess.policy import Action

REACHED = 418
_GIT_SERVICES = {Action.DOWNLOAD_CODE: "git-upload-pack", Action.PUSH_CODE: "git-receive-pack"}
_PROJECT = re.compile(r"<[^:>]+:project>")
_PARAMETER = re.compile(r"<(?:[^:>]+:)?[^>]+>")


@contextmanager
def stop_behind_the_gate() -> Iterator[None]:
    def stop(*_: Any, **__: Any) -> None:
        raise ApiError(REACHED, "reached")

    def authorize_and_stop(*args: Any, **more: Any) -> None:
        authorize(*args, **more)
        stop()

    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(APIView, "initial", stop)
        patch.setattr(plain, "authorize", authorize_and_stop)
        yield


@cache
def routes() -> dict[Action, tuple[str, str]]:
    """Of each action that has one, a method and a route of the API about a project, which a job's token may use."""
    found: dict[Action, tuple[str, str]] = {}
    for endpoint in endpoints():
        for method, action in endpoint.job_token_actions.items():
            if _PROJECT.search(endpoint.route) and not endpoint.own_credential:
                found.setdefault(action, (method, endpoint.route))
    return found


def request(secret: str, action: Action, name: IdOrPath) -> int:
    """The status. `secret`: of a job or a person. What no route of its own asks the gate for is asked of the gate."""
    client, is_job = Client(), secret.startswith(Prefix.JOB)
    kind = "JOB-TOKEN" if is_job else "PRIVATE-TOKEN"
    if action in routes():
        method, route = routes()[action]
        path = _PARAMETER.sub("1", _PROJECT.sub(quote(str(name.value), safe=""), route))
        return client.generic(method, path, headers={kind: secret}, REQUEST_URI=path).status_code
    if action in _GIT_SERVICES and name.path is not None:
        login = b64encode(f"{'gitlab-ci-token' if is_job else 'someone'}:{secret}".encode()).decode()
        address = f"/{name.path}.git/info/refs?service={_GIT_SERVICES[action]}"
        return client.get(address, headers={"Authorization": f"Basic {login}"}).status_code
    set_client_address(LOCAL)
    access = check(RequestFactory().get("/", headers={kind: secret}), action, name)
    return REACHED if access.decision.allowed else 403


def is_admitted(status: int) -> bool:
    """A former path leads to the present one, for whoever may see that."""
    return status in {200, REACHED} or 300 <= status < 400
