"""Who is sent to next."""

from __future__ import annotations

from concurrent.futures import Future
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from hooks.delivery.queue import LOOK_AHEAD, MAX_OF_ONE_HOOK, Sender
from hooks.models import Delivery, Hook
from hooks.services import create_hook
from tests.factories.cast import Cast

pytestmark = [pytest.mark.django_db, pytest.mark.once]


def test_a_long_queue_of_a_slow_receiver_holds_up_no_other_webhook(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> None:
    slow, other = (
        create_hook(place, by=cast.owner, url="https://example.com/", events={}) for place in (cast.library, cast.app)
    )
    now = timezone.now()

    def row(hook: Hook, age: int) -> Delivery:
        return Delivery(hook=hook, event="push_events", payload={}, next_attempt_at=now - timedelta(seconds=age))

    Delivery.objects.bulk_create([*(row(slow, 60) for _ in range(LOOK_AHEAD + 5)), row(other, 30)])
    sender = Sender()

    def submit(*_: Any) -> Future[None]:
        return Future()  # that never ends

    monkeypatch.setattr(sender.pool, "submit", submit)
    assert [sender.start_due(now) for _ in range(3)] == [MAX_OF_ONE_HOOK, 1, 0]
    assert sorted(sender.sending.values()) == sorted([slow.pk] * MAX_OF_ONE_HOOK + [other.pk])
