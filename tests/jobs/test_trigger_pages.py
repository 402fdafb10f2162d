"""The page of trigger tokens."""

from __future__ import annotations

from typing import Any

from django.test import Client

from jobs.models import TriggerToken
from tests.factories.cast import Cast

AT = "/acme/library/-/settings/ci_cd/triggers"


def browser(user: Any) -> Client:
    client = Client()
    client.force_login(user)
    return client


def text(answer: Any) -> str:
    return str(answer.content.decode())


def test_a_trigger_is_made_shown_to_its_owner_alone_and_deleted(cast: Cast) -> None:
    client = browser(cast.maintainer)
    assert "No triggers yet" in text(client.get(AT))
    assert client.post(AT, {"description": ""}).status_code == 422
    assert client.post(AT, {"description": "nightly"})["Location"] == AT
    trigger = TriggerToken.objects.get()
    secret = trigger.token_for(cast.maintainer)
    assert secret.startswith("glptt-")
    assert secret not in trigger.sealed
    assert secret in text(client.get(AT))
    others = text(browser(cast.owner).get(AT))
    assert secret not in others
    assert trigger.short in others
    assert "nightly" in text(client.get(f"{AT}/{trigger.pk}/delete"))
    assert client.post(f"{AT}/{trigger.pk}/delete")["Location"] == AT
    assert not TriggerToken.objects.exists()


def test_developers_and_strangers_do_not_come_in(cast: Cast) -> None:
    assert browser(cast.developer).get(AT).status_code == 403
    assert browser(cast.outsider).get(AT).status_code == 404
