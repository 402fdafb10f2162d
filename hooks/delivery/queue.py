"""Sends what is due, several at a time, and none to a receiver that is slow while others wait."""

from __future__ import annotations

import logging
from collections import Counter
from concurrent.futures import Future, ThreadPoolExecutor
from datetime import datetime

from django.db import close_old_connections, connections
from django.db.models import Q
from django.utils import timezone

from hooks.delivery.sender import claim, send
from hooks.models import Delivery, Hook

log = logging.getLogger(__name__)

THREADS = 8
MAX_OF_ONE_HOOK = 2
MAX_OF_ONE_PLACE = 4  # all webhooks of one project, of one group, or of the instance
LOOK_AHEAD = 200


Place = tuple[int | None, int | None]


def _place(hook: Hook) -> Place:
    return hook.project_id, hook.group_id


def _of_busy(hooks: Counter[int], places: Counter[Place]) -> Q:
    """The deliveries of webhooks that send as much as they may at a time."""
    busy = Q(hook__in=[hook for hook, n in hooks.items() if n >= MAX_OF_ONE_HOOK])
    for (project, group), n in places.items():
        if n >= MAX_OF_ONE_PLACE:
            busy |= Q(hook__in=Hook.objects.filter(project=project, group=group))
    return busy


class Sender:
    """Call `start_due` again and again; `close` waits for what is on its way."""

    def __init__(self, threads: int = THREADS) -> None:
        self.pool = ThreadPoolExecutor(threads, thread_name_prefix="webhooks")
        self.threads = threads
        self.sending: dict[Future[None], Hook] = {}

    def start_due(self, now: datetime | None = None) -> int:
        """How many were started."""
        moment = now or timezone.now()
        self._collect()
        started = 0
        if self.threads <= len(self.sending):
            return started
        hooks, places = Counter(hook.pk for hook in self.sending.values()), Counter(map(_place, self.sending.values()))
        # Or a long queue of one webhook would hide those of all others behind it.
        rest = Delivery.objects.due(moment).exclude(_of_busy(hooks, places))
        for delivery in rest.select_related("hook")[:LOOK_AHEAD]:
            if len(self.sending) >= self.threads:
                break
            hook = delivery.hook
            has_room = hooks[hook.pk] < MAX_OF_ONE_HOOK and places[_place(hook)] < MAX_OF_ONE_PLACE
            if has_room and claim(delivery, moment):
                self.sending[self.pool.submit(_send, delivery)] = hook
                hooks[hook.pk] += 1
                places[_place(hook)] += 1
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
