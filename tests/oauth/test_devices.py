"""A program without a browser gets a person's word (RFC 8628)."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from identity.models import User
from oauth.models import DeviceGrant
from tests.factories.cast import Cast
from tests.factories.oauth import Registered, application
from tests.support.client import Api

pytestmark = pytest.mark.django_db

GRANT = "urn:ietf:params:oauth:grant-type:device_code"


@pytest.fixture
def program(cast: Cast) -> Registered:
    return application("Terminal", confidential=False)


def start(program: Registered, **more: Any) -> dict[str, Any]:
    answer = program.post("authorize_device", **{"scope": "read_api", **more})
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = answer.json()
    return found


def poll(program: Registered, started: dict[str, Any], *, later: bool = True) -> Any:
    if later:
        DeviceGrant.objects.update(last_checked=None)
    return program.post("token", grant_type=GRANT, device_code=started["device_code"])


def connect(person: User, user_code: str, decision: str = "allow") -> Any:
    browser = Client()
    browser.force_login(person)
    return browser.post("/oauth/device", {"user_code": user_code, "decision": decision})


def test_a_device_waits_for_the_person_and_acts_as_them_then(cast: Cast, program: Registered) -> None:
    started = start(program)
    assert started["verification_uri"].endswith("/oauth/device")
    assert started["verification_uri_complete"] == f"{started['verification_uri']}?user_code={started['user_code']}"
    waits = poll(program, started)
    assert (waits.status_code, waits.json()["error"]) == (400, "authorization_pending")
    assert poll(program, started, later=False).json()["error"] == "slow_down"
    connect(cast.developer, started["user_code"].lower().replace("-", " "))
    tokens = poll(program, started).json()
    assert tokens["scope"] == "read_api"
    answer = Api(headers={"Authorization": f"Bearer {tokens['access_token']}"}).get("/user")
    assert answer.json()["username"] == "developer"
    assert poll(program, started).json()["error"] == "invalid_grant"
    assert program.refresh(tokens["refresh_token"]).status_code == 200


def test_the_page_asks_before_it_lets_it(cast: Cast, program: Registered) -> None:
    started = start(program)
    browser = Client(enforce_csrf_checks=False)
    browser.force_login(cast.developer)
    assert started["user_code"] in browser.get("/oauth/device", {"user_code": started["user_code"]}).content.decode()
    page = browser.post("/oauth/device", {"user_code": started["user_code"]}).content.decode()
    for expected in ("Let Terminal on a device act as you?", "(read_api)", "Only go on if you started it yourself"):
        assert expected in page
    assert poll(program, started).json()["error"] == "authorization_pending"
    assert Client().get("/oauth/device").status_code == 302
    strict = Client(enforce_csrf_checks=True)
    strict.force_login(cast.developer)
    assert strict.post("/oauth/device", {"user_code": started["user_code"], "decision": "allow"}).status_code == 403


def test_a_denial_reaches_the_device_and_a_code_is_good_once(cast: Cast, program: Registered) -> None:
    started = start(program)
    connect(cast.developer, started["user_code"], "deny")
    assert poll(program, started).json()["error"] == "access_denied"
    assert connect(cast.maintainer, started["user_code"]).status_code == 422
    assert poll(program, started).json()["error"] == "access_denied"


def test_a_device_code_expires(cast: Cast, program: Registered) -> None:
    started = start(program)
    DeviceGrant.objects.update(expires="2020-01-01T00:00:00Z")
    assert poll(program, started).json()["error"] == "expired_token"
    assert connect(cast.developer, started["user_code"]).status_code == 422


def test_a_device_code_is_for_its_application(cast: Cast, program: Registered) -> None:
    started = start(program)
    connect(cast.developer, started["user_code"])
    assert poll(application("Other", confidential=False), started).json()["error"] == "invalid_grant"
    assert poll(program, started).status_code == 200


@pytest.mark.one_case
@pytest.mark.parametrize(
    ("more", "error"),
    [
        ({"client_id": "nobody"}, "invalid_request"),
        ({"client_id": None}, "invalid_request"),
        ({"client_id": "no\0body"}, "invalid_request"),
        ({"scope": "sudo"}, "invalid_scope"),
    ],
)
def test_a_wrong_start_is_refused_in_oauths_words(program: Registered, more: dict[str, Any], error: str) -> None:
    answer = program.post("authorize_device", **more)
    assert (answer.status_code, answer.json()["error"]) == (400, error)


def test_a_confidential_application_proves_who_it_is(cast: Cast) -> None:
    own = application()
    assert start(own)
    assert own.post("authorize_device", client_secret="wrong").status_code == 401
    assert own.post("token", grant_type=GRANT).json()["error"] == "invalid_request"


def test_a_person_who_guesses_codes_has_to_wait_and_others_need_not(cast: Cast, program: Registered) -> None:
    started = start(program)
    for _ in range(10):
        connect(cast.outsider, "BCDF-GHJK")
    page = connect(cast.outsider, started["user_code"])
    assert "Too many wrong codes" in page.content.decode()
    assert connect(cast.developer, started["user_code"]).status_code == 302
