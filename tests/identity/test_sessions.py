"""The sessions of a person: where they are signed in, and the end of it."""

from __future__ import annotations

import pytest
from allauth.usersessions.models import UserSession
from django.test import Client

from audit.models import AuditEvent
from tests.factories.cast import Cast

AT = "/-/user_settings/sessions"
PASSWORD = "let me in please"


def sign_in(username: str = "maintainer", agent: str = "Firefox on Linux", address: str = "198.51.100.7") -> Client:
    client = Client(REMOTE_ADDR=address, headers={"User-Agent": agent})
    client.post("/users/sign_in", {"username": username, "password": PASSWORD})
    return client


def is_signed_in(client: Client) -> bool:
    return client.get("/-/user_settings/password").status_code == 200


@pytest.fixture
def sessions(cast: Cast) -> list[Client]:
    """Two of the maintainer, one of somebody else."""
    return [sign_in(), sign_in(agent="Safari on a phone", address="2001:db8::1"), sign_in("developer")]


def test_each_shows_device_address_and_when(sessions: list[Client]) -> None:
    page = sessions[0].get(AT).content.decode()
    for words in ("Firefox on Linux", "198.51.100.7", "Safari on a phone", "2001:db8::1", "This session"):
        assert words in page
    assert page.count("198.51.100.7") == 1, "nobody else's"


def test_a_session_is_ended_by_its_owner_alone(sessions: list[Client]) -> None:
    here, there, elses = sessions
    one = UserSession.objects.get(user_agent="Safari on a phone")
    assert elses.post(AT, {"session": one.pk})["Location"] == AT
    assert is_signed_in(there), "not by somebody else"
    here.post(AT, {"session": one.pk})
    assert is_signed_in(here)
    assert not is_signed_in(there)
    assert "Safari" not in here.get(AT).content.decode()
    assert AuditEvent.objects.filter(event="sessions_ended").count() == 1


def test_all_other_sessions_are_ended(sessions: list[Client]) -> None:
    sessions[0].post(AT)
    assert [is_signed_in(client) for client in sessions] == [True, False, True]


@pytest.mark.parametrize("given", ["0", "x", "-1", "9" * 40])
def test_nonsense_ends_no_session(sessions: list[Client], given: str) -> None:
    sessions[0].post(AT, {"session": given})
    assert all(map(is_signed_in, sessions))


def test_a_new_password_ends_the_others_and_keeps_this_one(sessions: list[Client]) -> None:
    here, there, _ = sessions
    new = "a rather better secret"
    here.post("/-/user_settings/password", {"old_password": PASSWORD, "new_password1": new, "new_password2": new})
    assert is_signed_in(here)
    assert not is_signed_in(there)
    page = here.get(AT).content.decode()
    assert "Firefox" in page
    assert "Safari" not in page


def test_signing_out_takes_the_session_off_the_list(sessions: list[Client]) -> None:
    sessions[1].post("/users/sign_out")
    assert "Safari" not in sessions[0].get(AT).content.decode()


def test_the_use_of_a_session_is_written_seldom(sessions: list[Client]) -> None:
    here = sessions[0]
    mine = UserSession.objects.filter(user_agent="Firefox on Linux", user__username="maintainer")
    seen = mine.get().last_seen_at
    is_signed_in(here)
    assert mine.get().last_seen_at == seen
    session = here.session
    session["identity_seen_at"] -= 601
    session.save()
    is_signed_in(here)
    assert mine.get().last_seen_at > seen
