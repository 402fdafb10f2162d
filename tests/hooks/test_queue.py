"""Who is sent to next."""

from __future__ import annotations

from collections import Counter
from concurrent.futures import Future
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from hooks.delivery.queue import LOOK_AHEAD, MAX_OF_ONE_HOOK, MAX_OF_ONE_PLACE, Sender, send_due
from hooks.delivery.sender import FIRST_PAUSE
from hooks.models import Delivery, Hook
from hooks.services import create_hook
from tests.factories.cast import Cast

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def due(hook: Hook, age: int) -> Delivery:
    at = timezone.now() - timedelta(seconds=age)
    return Delivery(hook=hook, event="push_events", payload={}, next_attempt_at=at)


def stuck_sender(monkeypatch: pytest.MonkeyPatch) -> Sender:
    """Whose receivers never answer."""
    sender = Sender()

    def submit(*_: Any) -> Future[None]:
        return Future()

    monkeypatch.setattr(sender.pool, "submit", submit)
    return sender


def test_a_long_queue_of_a_slow_receiver_holds_up_no_other_webhook(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    slow, other = (
        create_hook(place, by=cast.owner, url="https://example.com/", events={}) for place in (cast.library, cast.app)
    )
    Delivery.objects.bulk_create([*(due(slow, 60) for _ in range(LOOK_AHEAD + 5)), due(other, 30)])
    sender = stuck_sender(monkeypatch)
    assert [sender.start_due() for _ in range(3)] == [MAX_OF_ONE_HOOK, 1, 0]
    assert Counter(sender.sending.values()) == {slow: MAX_OF_ONE_HOOK, other: 1}


def test_many_slow_receivers_of_one_project_hold_up_no_other_project(
    cast: Cast, monkeypatch: pytest.MonkeyPatch
) -> None:
    *slow, other = (
        create_hook(place, by=cast.owner, url=f"https://example.com/{number}", events={})
        for number, place in enumerate([cast.library] * 5 + [cast.app])
    )
    Delivery.objects.bulk_create([*(due(hook, 60) for hook in slow for _ in range(3)), due(other, 30)])
    sender = stuck_sender(monkeypatch)
    sender.start_due()
    sender.start_due()
    assert Counter(hook.project for hook in sender.sending.values()) == {cast.library: MAX_OF_ONE_PLACE, cast.app: 1}


def test_an_event_that_the_server_itself_cannot_send_counts_as_tried_and_holds_up_no_other(cast: Cast) -> None:
    broken = create_hook(cast.library, by=cast.owner, url="https://example.com/", events={})
    broken.encrypt_secrets({})  # without an address
    broken.save()
    Delivery.objects.bulk_create([due(broken, 60), due(broken, 30)])
    assert send_due() == 2
    for delivery in Delivery.objects.all():
        assert (delivery.attempts, delivery.error) == (1, "The server could not send the event; its log says why")
        assert delivery.next_attempt_at is not None
        assert delivery.sent_at is not None
        assert delivery.next_attempt_at - delivery.sent_at == FIRST_PAUSE
    broken.refresh_from_db()
    assert broken.failures == 2
