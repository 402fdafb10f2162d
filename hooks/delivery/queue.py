"""Sends what is due, several at a time, and none to a receiver that is slow while others wait."""

from __future__ import annotations

import logging
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime

from django.db import close_old_connections, connections
from django.utils import timezone

from hooks.delivery.sender import claim, send
from hooks.models import Delivery

log = logging.getLogger(__name__)

THREADS = 8
MAX_OF_ONE_HOOK = 2
LOOK_AHEAD = 200


class Sender:
    """Call `start_due` again and again; `close` waits for what is on its way."""

    def __init__(self, threads: int = THREADS) -> None:
        self.pool = ThreadPoolExecutor(threads, thread_name_prefix="webhooks")
        self.free = threads
        self.sending: dict[Future[None], int] = {}  # → the id of the hook

    def start_due(self, now: datetime | None = None) -> int:
        """How many were started."""
        moment = now or timezone.now()
        self._collect()
        started = 0
        if self.free <= len(self.sending):
            return started
        counts = Counter(self.sending.values())
        # Or a long queue of one webhook would hide those of all others behind it.
        rest = Delivery.objects.due(moment).exclude(
            hook__in=[hook for hook, n in counts.items() if n >= MAX_OF_ONE_HOOK]
        )
        for delivery in rest.select_related("hook")[:LOOK_AHEAD]:
            if len(self.sending) >= self.free:
                break
            if counts[delivery.hook_id] < MAX_OF_ONE_HOOK and claim(delivery, moment):
                self.sending[self.pool.submit(_send, delivery)] = delivery.hook_id
                counts[delivery.hook_id] += 1
                started += 1
        return started

    def _collect(self) -> None:
        self.sending = {future: hook for future, hook in self.sending.items() if not future.done()}

    def close(self) -> None:
        self.pool.shutdown(wait=True)


def send_due(now: datetime | None = None) -> int:
    """All that is due, one after the other, in this thread; how many."""
    moment, count = now or timezone.now(), 0
    for delivery in Delivery.objects.due(moment).select_related("hook")[:LOOK_AHEAD]:
        if claim(delivery, moment):
            send(delivery)
            count += 1
    return count


def _send(delivery: Delivery) -> None:
    try:
        close_old_connections()
        send(delivery)
    except Exception:
        log.exception("A webhook could not be sent")
    finally:
        connections.close_all()
