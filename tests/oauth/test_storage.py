"""No secret of OAuth stands in clear in the database or the log."""

from __future__ import annotations

import logging
from typing import Any

import pytest
from django.db import connection
from django.test import Client

from tests.factories.cast import Cast
from tests.factories.oauth import Registered, application
from tests.oauth.test_devices import connect, poll, start

pytestmark = pytest.mark.django_db


def everything_stored() -> str:
    tables = connection.introspection.table_names()
    with connection.cursor() as cursor:
        rows = []
        for table in tables:
            cursor.execute(f"SELECT * FROM {connection.ops.quote_name(table)}")
            rows += [str(value) for row in cursor.fetchall() for value in row]
    return "\n".join(rows)


def test_only_digests_are_stored(cast: Cast, caplog: Any, settings: Any) -> None:
    caplog.set_level(logging.DEBUG)
    own = application()
    code = own.code_for(cast.developer)
    unused = own.code_for(cast.developer)
    tokens = own.exchange(code).json()
    next_tokens = own.refresh(tokens["refresh_token"]).json()
    guess = "gloas-a-wrong-secret-that-was-nearly-right"
    Registered(own.row, guess).refresh(next_tokens["refresh_token"])
    waiting, agreed = start(own), start(own)
    connect(cast.developer, agreed["user_code"])
    browser = Client()
    browser.force_login(cast.developer)
    browser.post("/oauth/device", {"user_code": waiting["user_code"]})
    page = browser.post(
        "/-/user_settings/applications",
        {"name": "Mine", "redirect_uri": "https://a.example/", "scopes": ["api"], "confidential": "on"},
    )
    shown = page.content.decode().split("gloas-", 1)[1][:49]
    device_tokens = poll(own, agreed).json()
    secrets = {
        "client secret": own.secret,
        "client secret of the page": shown,
        "guess": guess,
        "code": code,
        "unused code": unused,
        **{f"device {name}": device_tokens[name] for name in ("access_token", "refresh_token")},
        **{f"first {name}": tokens[name] for name in ("access_token", "refresh_token")},
        **{f"second {name}": next_tokens[name] for name in ("access_token", "refresh_token")},
        **{f"waiting {name}": waiting[name] for name in ("device_code", "user_code")},
        "user code without a dash": waiting["user_code"].replace("-", ""),
    }
    assert all(len(secret) > 7 for secret in secrets.values())
    stored = everything_stored()
    assert "developer@example.org" in stored
    assert [name for name, secret in secrets.items() if secret in stored] == []
    assert [name for name, secret in secrets.items() if secret in caplog.text] == []


def test_a_changed_key_ends_nothing(cast: Cast, settings: Any) -> None:
    own = application()
    tokens = own.tokens_for(cast.developer)
    former = settings.SECRET_KEY
    settings.SECRET_KEY, settings.SECRET_KEY_FALLBACKS = "another-key-that-is-long-enough-to-be-one", [former]
    headers = {"Authorization": f"Bearer {tokens['access_token']}"}
    assert Client().get("/api/v4/user", headers=headers).status_code == 200
    assert own.refresh(tokens["refresh_token"]).status_code == 200
