"""Mail before a token ends."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.core import mail
from django.core.mail.backends.locmem import EmailBackend
from django.utils import timezone

from identity.models import PersonalToken, today
from tests.factories import people
from tests.factories.cast import Cast
from tokens.services.expiry import warn_of_expiry


@pytest.fixture(autouse=True)
def _mail_server(settings: Any) -> None:
    settings.MAIL_ENABLED = True


def token(cast: Cast, days: int, age: int = 365, **fields: Any) -> str:
    secret = people.token_for(cast.maintainer, expires_at=today() + timedelta(days=days), **fields)
    PersonalToken.objects.update(created_at=timezone.now() - timedelta(days=age))
    return secret


def test_the_person_gets_one_mail_at_each_threshold(cast: Cast) -> None:
    secret = token(cast, 31)
    counts = [len(mail.outbox)]
    for later in (0, 1, 2, 20, 24, 25, 29, 30, 31, 32):
        warn_of_expiry(today() + timedelta(days=later))
        counts.append(len(mail.outbox))
    assert counts == [0, 0, 1, 1, 1, 2, 2, 2, 3, 3, 3]
    first = mail.outbox[0]
    assert first.to == [cast.maintainer.email]
    assert first.subject == "Your token test ends soon"
    assert "/-/user_settings/personal_access_tokens" in first.body
    assert secret not in first.body


def test_a_short_life_needs_no_mail_about_more_than_it_has(cast: Cast) -> None:
    token(cast, 7, age=0)
    assert warn_of_expiry(today()) == 0
    assert warn_of_expiry(today() + timedelta(days=6)) == 1


@pytest.mark.parametrize(
    "ended",
    [{"revoked": True}, {"impersonation": True}, {"expires_at": None}, {"user__email": ""}, {"user__is_active": False}],
)
def test_nobody_gets_mail_about_what_does_not_end_or_is_not_theirs(cast: Cast, ended: dict[str, Any]) -> None:
    token(cast, 5)
    for name, value in ended.items():
        owner, _, field = name.rpartition("__")
        rows: Any = type(cast.maintainer).objects if owner else PersonalToken.objects
        rows.update(**{field: value})
    warn_of_expiry(today())
    assert mail.outbox == []


def test_a_bots_goes_to_the_maintainers_each_by_themselves(cast: Cast, api: Any) -> None:
    day = today() + timedelta(days=5)
    asked = {"name": "robot", "scopes": ["api"], "expires_at": str(day)}
    assert api(cast.maintainer).post(f"/projects/{cast.library.pk}/access_tokens", asked).status_code == 201
    # A name from before line ends were refused.
    stored = {"name": "robot\r\nBcc: evil@example.com", "created_at": timezone.now() - timedelta(days=90)}
    PersonalToken.objects.filter(user__is_bot=True).update(**stored)
    assert warn_of_expiry(today()) == 1
    recipients = [one.to for one in mail.outbox]
    assert [cast.maintainer.email] in recipients
    assert [cast.developer.email] not in recipients
    assert all(len(one) == 1 for one in recipients)
    assert "acme/library" in mail.outbox[0].subject
    assert "acme/library/-/settings/access_tokens" in mail.outbox[0].body


def test_a_server_that_is_down_is_tried_again(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    token(cast, 5)
    with monkeypatch.context() as down:
        down.setattr(EmailBackend, "send_messages", _refuse)
        assert warn_of_expiry(today()) == 0
    assert warn_of_expiry(today()) == 1


def _refuse(*_: Any) -> int:
    raise ConnectionRefusedError


def test_without_a_server_there_is_none(cast: Cast, settings: Any) -> None:
    token(cast, 5)
    settings.MAIL_ENABLED = False
    assert warn_of_expiry(today()) == 0
    assert PersonalToken.objects.get().warned_days is None
