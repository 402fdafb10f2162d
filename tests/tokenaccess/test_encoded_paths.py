"""Own addresses take a project or a group by its encoded full path wherever they take its id."""

from __future__ import annotations

import re
from typing import Any

import pytest

from projects import services
from tests.factories import projects
from tests.factories.cast import Cast
from tokenaccess.api.urls import urlpatterns
from tokenaccess.policy.levels import Visibility

pytestmark = pytest.mark.once

UNKNOWN = b'"404 Not Found"'
ROUTES = [str(route.pattern) for route in urlpatterns if "token_access/" in str(route.pattern)]


def get(speak: Any, route: str, name: str) -> Any:
    address = "/" + re.sub(r"<int:\w+>", "1", re.sub(r"<ref:\w+>", name, route))
    return speak.get(address, REQUEST_URI=f"/api/v4{address}")


def test_every_own_address_takes_an_encoded_path_as_it_takes_an_id(cast: Cast, api: Any) -> None:
    speak = api(cast.owner)
    inner = projects.group("inner", parent=cast.acme, by=cast.owner)
    names = {"project": (cast.library.pk, "acme%2Flibrary"), "group": (inner.pk, "acme%2finner")}
    routes = [(route, kind) for route in ROUTES for kind in names if f"<ref:{kind}>" in route]
    assert {kind for _, kind in routes} == set(names)
    reached = 0
    for route, kind in routes:
        by_id, by_path = (get(speak, route, str(name)) for name in names[kind])
        assert by_id.status_code == by_path.status_code, route
        assert UNKNOWN not in by_path.content or UNKNOWN in by_id.content, route
        reached += by_path.status_code == 200
    assert reached > 15


def test_a_former_path_leads_on_to_the_id(cast: Cast, api: Any) -> None:
    corp = projects.group("corp", by=cast.owner, visibility=Visibility.PUBLIC)
    services.move_project(cast.library, by=cast.owner, group=corp)
    answer = get(api(cast.owner), "token_access/projects/<ref:project>/mode", "acme%2Flibrary")
    assert (answer.status_code, answer["Location"]) == (
        302, f"http://testserver/api/v4/token_access/projects/{cast.library.pk}/mode",
    )  # fmt: skip
    assert get(api(cast.outsider), "token_access/projects/<ref:project>/mode", "acme%2Flibrary").status_code == 404
