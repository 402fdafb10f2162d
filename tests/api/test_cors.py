"""Pages of other sites call the API: with a token, never with a person's cookie."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from tests.factories.cast import Cast

pytestmark = pytest.mark.once

ORIGIN = {"Origin": "https://elsewhere.example"}


def cors_headers(answer: Any) -> dict[str, str]:
    return {name: value for name, value in answer.headers.items() if name.startswith("Access-Control-")}


def preflight(path: str, **more: Any) -> Any:
    asked = {"Access-Control-Request-Method": "PUT", "Access-Control-Request-Headers": "private-token,x-own"}
    asked["X-Request-Id"] = "one"
    return Client().options(path, headers={**ORIGIN, **asked, **more})


def test_a_preflight_is_answered_for_any_method_and_header(db: None) -> None:
    answer = preflight("/api/v4/version")
    assert answer.status_code == 200
    assert answer["Access-Control-Allow-Origin"] == "*"
    assert "PUT" in answer["Access-Control-Allow-Methods"]
    assert answer["Access-Control-Allow-Headers"] == "private-token,x-own"
    assert "Access-Control-Allow-Credentials" not in answer


def test_a_preflight_says_nothing_about_what_is_there(cast: Cast) -> None:
    paths = [f"/api/v4/projects/{pk}" for pk in (cast.library.pk, 999_999)] + ["/api/v4/no_such_thing"]
    assert len({(answer.content, str(answer.headers)) for answer in map(preflight, paths)}) == 1


def test_an_answer_may_be_read_from_another_origin_with_the_headers_of_its_pages(cast: Cast, api: Any) -> None:
    answer = api(cast.owner).get("/projects", headers=ORIGIN)
    assert answer["Access-Control-Allow-Origin"] == "*"
    exposed = answer["Access-Control-Expose-Headers"].split(", ")
    assert {name for name in answer.headers if name.startswith("X-") and "age" in name} <= set(exposed)
    assert {"Link", "X-Total"} <= set(exposed)
    assert "Origin" in answer["Vary"]


@pytest.mark.parametrize("path", ["/projects/999999", "/no_such_thing", "/user"])
def test_a_refusal_may_be_read_from_another_origin(db: None, api: Any, path: str) -> None:
    answer = api().get(path, headers=ORIGIN)
    assert answer.status_code in {401, 404}
    assert answer["Access-Control-Allow-Origin"] == "*"


def test_a_request_with_a_cookie_gets_nothing_of_it(cast: Cast, client: Client) -> None:
    client.force_login(cast.owner)
    answers = [client.get("/api/v4/projects", headers=ORIGIN), preflight("/api/v4/version", Cookie="any=thing")]
    assert [cors_headers(answer) for answer in answers] == [{}, {}]


@pytest.mark.parametrize("path", ["/users/sign_in", "/api/graphql", "/-/health", "/acme/library.git/info/refs"])
def test_nothing_but_the_rest_api_is_open_to_other_sites(db: None, path: str) -> None:
    assert cors_headers(Client().get(path, headers=ORIGIN)) == {}


def test_a_request_of_no_other_site_gets_none(db: None, api: Any) -> None:
    assert cors_headers(api().get("/version")) == {}
