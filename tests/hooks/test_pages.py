"""The pages of webhooks, of projects, groups and the instance."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.test import Client

from hooks.models import Delivery, Hook
from tests.factories import projects
from tests.factories.cast import Cast
from tests.support.receiver import receiver

LIST = "/acme/library/-/hooks"


@pytest.fixture
def maintainer(client: Client, cast: Cast) -> Client:
    client.force_login(cast.maintainer)
    return client


def read(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return str(answer.content.decode())


def fields(**more: Any) -> dict[str, Any]:
    return {"url": "https://example.com/x", "filter_strategy": "wildcard", "verifies_tls": "on", **more}


def test_a_webhook_is_added_changed_tried_out_and_deleted(maintainer: Client, cast: Cast, settings: Any) -> None:
    settings.REMOTE_INCLUDE_NETWORKS = ["127.0.0.0/8"]
    projects.commit(cast.library, {"a.txt": "a"})
    assert "No webhooks yet" in read(maintainer, LIST)
    with receiver() as made:
        given = fields(
            url=made.url, name="Chat", token="very-secret", headers="X-Own: hidden-value", events=["push_events"]
        )
        added = maintainer.post(LIST, given)
        hook = Hook.objects.get()
        assert added["Location"] == f"{LIST}/{hook.pk}"
        page = read(maintainer, added["Location"])
        assert "very-secret" not in page
        assert "hidden-value" not in page
        assert "Set: X-Own" in page
        saved = maintainer.post(f"{LIST}/{hook.pk}", fields(url=made.url, name="Talk", events=["job_events"]))
        assert saved.status_code == 302
        hook.refresh_from_db()
        assert (hook.name, hook.events, hook.secrets["token"]) == ("Talk", ["job_events"], "very-secret")
        maintainer.post(f"{LIST}/{hook.pk}/test", {"trigger": "push_events"})
        assert [got.headers["x-own"] for got in made.got] == ["hidden-value"]
        assert "The event arrived: status 200." in read(maintainer, f"{LIST}/{hook.pk}")
        delivery = Delivery.objects.get()
        shown = read(maintainer, f"{LIST}/{hook.pk}/events/{delivery.pk}")
        assert "[REDACTED]" in shown
        assert "thanks" in shown
        assert maintainer.post(f"{LIST}/{hook.pk}/events/{delivery.pk}/resend").status_code == 302
        assert len(made.got) == 2
    assert "Delete Talk?" in read(maintainer, f"{LIST}/{hook.pk}/delete")
    assert maintainer.post(f"{LIST}/{hook.pk}/delete")["Location"] == LIST
    assert not Hook.objects.exists()


def test_why_an_event_did_not_arrive_is_said_in_the_readers_language(maintainer: Client, cast: Cast) -> None:
    projects.commit(cast.library, {"a.txt": "a"})
    page = maintainer.post(LIST, fields(url="http://127.0.0.1/x", events=["push_events"]))["Location"]
    maintainer.post("/-/preferences/language", {"language": "ja"})
    maintainer.post(f"{page}/test", {"trigger": "push_events"})
    why = "ローカルネットワークへのリクエストは許可されていません"
    delivery = Delivery.objects.get()
    assert delivery.error == "Requests to the local network are not allowed"
    assert read(maintainer, page).count(why) == 2  # in the message and in the table
    assert why in read(maintainer, f"{page}/events/{delivery.pk}")


def test_what_is_wrong_stands_at_its_field(maintainer: Client, cast: Cast) -> None:
    for given, text in (
        (fields(url="nowhere"), "Must be a valid URL"),
        (fields(headers="Host: x"), "Cannot set Host"),
        (fields(headers="no colon"), "Write “name: value” on each line."),
        (fields(signing_token="short"), "Must be whsec_ and 32 bytes in base64"),
    ):
        answer = maintainer.post(LIST, given)
        assert answer.status_code == 422
        assert text in answer.content.decode()


def test_each_place_shows_its_own_to_those_who_manage_it(client: Client, cast: Cast) -> None:
    for place, user, other in (
        (LIST, cast.maintainer, cast.developer),
        ("/groups/acme/-/hooks", cast.owner, cast.maintainer),
        ("/-/hooks", cast.admin, cast.owner),
    ):
        client.force_login(user)
        added = client.post(place, fields(events=["push_events"]))
        assert "What was sent" in read(client, added["Location"])
        assert "example.com" in read(client, place)
        client.force_login(other)
        assert client.get(place).status_code in {403, 404}
        assert client.get(added["Location"]).status_code in {403, 404}


@pytest.mark.once
def test_the_page_says_how_many_events_were_dropped_and_when(maintainer: Client, cast: Cast) -> None:
    maintainer.post(LIST, fields())
    page = f"{LIST}/{Hook.objects.get().pk}"
    assert "not kept" not in read(maintainer, page)
    Hook.objects.update(dropped=3, dropped_at=datetime(2026, 1, 2, 3, 4, tzinfo=UTC))
    said = " ".join(read(maintainer, page).split())
    assert "3 events were not kept, because too many waited for the receiver already. The last one:" in said
    assert "2026-01-02T03:04" in said
