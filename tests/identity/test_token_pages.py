"""The page of one's own tokens."""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client

from audit.models import AuditEvent
from identity.models import PersonalToken, User, today
from tests.factories import people
from tests.factories.cast import Cast

AT = "/-/user_settings/personal_access_tokens"


@pytest.fixture
def browser(client: Client, cast: Cast) -> Client:
    client.force_login(cast.developer)
    return client


def make(browser: Client, **fields: Any) -> Any:
    return browser.post(AT, {"name": "deploy", "scopes": ["api"], **fields})


def secret_on(page: str) -> str:
    found = re.search(r"glpat-\w+", page)
    assert found is not None
    return found.group()


def test_the_page_shows_a_new_token_once_and_the_token_works(browser: Client, cast: Cast, api: Any) -> None:
    answer = make(browser)
    token = secret_on(answer.content.decode())
    assert "no-store" in answer["Cache-Control"]
    assert api(token=token).get("/user").json()["username"] == "developer"
    later = browser.get(AT).content.decode()
    assert "deploy" in later
    assert token not in later
    assert AuditEvent.objects.filter(event="token_created", actor_name="developer").exists()


def test_a_new_token_is_not_stored_in_the_session(browser: Client, cast: Cast) -> None:
    token = secret_on(make(browser).content.decode())
    assert token not in str(dict(browser.session))


@pytest.mark.parametrize(
    ("fields", "words"),
    [
        ({"scopes": []}, "Select at least one scope."),
        ({"scopes": ["everything"]}, "Select a valid choice"),
        ({"name": ""}, "This field is required."),
        ({"name": "x" * 300}, "at most 255 characters"),
        ({"name": "a\0b"}, "Null characters are not allowed"),
        ({"expires_at": "soon"}, "Enter a valid date"),
        ({"expires_at": "2001-01-01"}, "The date is in the past."),
    ],
)
def test_a_refusal_is_tied_to_its_field(browser: Client, cast: Cast, fields: Any, words: str) -> None:
    answer = make(browser, **fields)
    page = answer.content.decode()
    assert answer.status_code == 422
    assert words in page
    assert "invalid-feedback" in page
    assert not PersonalToken.objects.exists()


def test_a_token_may_expire_today(browser: Client, cast: Cast) -> None:
    assert make(browser, expires_at=today().isoformat()).status_code == 200
    assert PersonalToken.objects.get().active


def test_the_page_asks_before_it_revokes_a_token(browser: Client, cast: Cast, api: Any) -> None:
    token = people.token_for(cast.developer)
    at = f"{AT}/{PersonalToken.objects.get().pk}/revoke"
    assert "Revoke test?" in browser.get(at).content.decode()
    assert api(token=token).get("/user").status_code == 200
    assert browser.post(at)["Location"] == AT
    assert api(token=token).get("/user").status_code == 401
    assert "Revoked" in browser.get(AT).content.decode()


def test_ended_ones_stay_on_the_page(browser: Client, cast: Cast) -> None:
    people.token_for(cast.developer, expires_at=today() - timedelta(days=3))
    assert "Expired" in browser.get(AT).content.decode()


def test_nobody_sees_or_revokes_anothers(browser: Client, cast: Cast) -> None:
    people.token_for(cast.maintainer, revoked=False)
    other = PersonalToken.objects.get()
    PersonalToken.objects.update(name="a name of its own")
    assert "a name of its own" not in browser.get(AT).content.decode()
    for token_id in (other.pk, 999999, "9" * 30):
        assert browser.post(f"{AT}/{token_id}/revoke").status_code == 404
    other.refresh_from_db()
    assert other.active


def test_a_form_of_another_site_makes_none(cast: Cast) -> None:
    browser = Client(enforce_csrf_checks=True)
    browser.force_login(User.objects.get(username="developer"))
    assert make(browser).status_code == 403
    assert not PersonalToken.objects.exists()
