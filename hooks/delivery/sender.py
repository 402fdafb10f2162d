"""Sends a delivery once, keeps the answer, and says when to try again."""

from __future__ import annotations

import logging
import time
from datetime import datetime, timedelta
from typing import Any

import orjson
from django.conf import settings
from django.db.models import F
from django.utils import timezone
from django.utils.translation import gettext_noop

from hooks.delivery.request import Answer, post
from hooks.delivery.signature import signature_headers
from hooks.delivery.template import fill_in, mask
from hooks.events import EVENTS, SYSTEM_HEADER, Event
from hooks.models import FAILURES_TO_REST, Delivery, Hook
from hooks.payloads.parts import REDACTED
from hooks.payloads.token_access import payloads_for
from hooks.querysets import MAX_FAILURES
from identity.encryption import DecryptionError
from tokenaccess.models import InstanceSettings
from tokenaccess.models.instance import LOCAL_REQUESTS, LOCAL_REQUESTS_OF_INSTANCE

log = logging.getLogger(__name__)

MAX_ATTEMPTS = 8
FIRST_PAUSE = timedelta(seconds=10)
PAUSE_FACTOR = 4
MAX_PAUSE = timedelta(hours=6)
FIRST_REST = timedelta(minutes=1)
MAX_REST = timedelta(days=1)
TRIM_EVERY = 100  # of all that is sent: what is kept of a webhook may be as many more
# How long a sender has for one delivery before another may take it.
LEASE = timedelta(minutes=1)
_OF_ATTEMPT = (
    "attempts", "next_attempt_at", "sent_at", "duration", "url", "request_headers",
    "response_status", "response_headers", "response_body", "error",
)  # fmt: skip


def claim(delivery: Delivery, now: datetime) -> bool:
    """Several senders may come by at once: one of them sends."""
    taken = Delivery.objects.filter(pk=delivery.pk, next_attempt_at=delivery.next_attempt_at)
    return bool(taken.update(next_attempt_at=now + LEASE))


def send(delivery: Delivery) -> Delivery:
    """Once, now. A process that ends in between leaves it to be sent again: with the same Idempotency-Key."""
    try:
        answer, headers = _exchange(delivery)
    except Exception:
        # It counts like any failure, or it would be tried for ever.
        log.exception("Delivery %s of webhook %s could not be sent", delivery.pk, delivery.hook_id)
        answer, headers = Answer(error=gettext_noop("The server could not send the event; its log says why")), {}
    return _keep(delivery, answer, headers)


def _exchange(delivery: Delivery) -> tuple[Answer, dict[str, str]]:
    """The answer, and the headers that were sent, without secrets."""
    hook = delivery.hook
    try:
        secrets = hook.secrets
    except DecryptionError:
        return Answer(error=gettext_noop("The secrets of the webhook were encrypted with another key")), {}
    # Whoever the hook is of may see less by now than when it was written, or than who had the hook then.
    (payload,) = payloads_for([delivery.payload], hook.creator)
    body = orjson.dumps(payload)
    plain, secret = _headers(delivery, secrets, body)
    url = fill_in(secrets["url"], secrets.get("variables", {}))
    delivery.url = mask(secrets["url"])
    answer = post(url, body, {**plain, **secret}, verifies_tls=hook.verifies_tls, any_network=allows_local(hook))
    return answer, {**plain, **dict.fromkeys(secret, REDACTED)}


def allows_local(hook: Hook) -> bool:
    """Whether it may go to addresses that are none of the internet's: as an administrator says."""
    name = LOCAL_REQUESTS_OF_INSTANCE if hook.kind == "instance" else LOCAL_REQUESTS
    return bool(getattr(InstanceSettings.current(), name))


def _headers(delivery: Delivery, secrets: dict[str, Any], body: bytes) -> tuple[dict[str, str], dict[str, str]]:
    """Those that may be shown, and those whose values may not."""
    hook, key = delivery.hook, str(delivery.idempotency_key)
    header = SYSTEM_HEADER if hook.kind == "instance" else EVENTS[Event(delivery.event)].header
    plain = {
        "Content-Type": "application/json",
        "User-Agent": "Token Access",
        "Idempotency-Key": key,
        "X-Gitlab-Event": header,
        "X-Gitlab-Webhook-UUID": str(hook.uuid),
        "X-Gitlab-Instance": settings.EXTERNAL_URL,
        "X-Gitlab-Event-UUID": str(delivery.event_uuid),
        **signature_headers(secrets.get("signing_token", ""), key, int(time.time()), body),
    }
    token = {"X-Gitlab-Token": secrets["token"]} if secrets.get("token") else {}
    return plain, {**secrets.get("headers", {}), **token}


def _keep(delivery: Delivery, answer: Answer, headers: dict[str, str]) -> Delivery:
    now = timezone.now()
    delivery.attempts += 1
    delivery.sent_at, delivery.duration, delivery.request_headers = now, answer.seconds, headers
    delivery.response_status, delivery.response_headers = answer.status, answer.headers
    delivery.response_body, delivery.error = answer.body, answer.error
    again = not delivery.succeeded and not delivery.manual and delivery.attempts < MAX_ATTEMPTS
    delivery.next_attempt_at = now + pause_after(delivery.attempts) if again else None
    # No save(): it would bring back the delivery of a webhook that was deleted meanwhile.
    Delivery.objects.filter(pk=delivery.pk).update(**{name: getattr(delivery, name) for name in _OF_ATTEMPT})
    if delivery.pk % TRIM_EVERY == 0:
        Delivery.objects.beyond_kept(delivery.hook_id).delete()
    _count(delivery.hook, delivery.succeeded, now)
    return delivery


def pause_after(attempts: int) -> timedelta:
    return min(FIRST_PAUSE * PAUSE_FACTOR ** (attempts - 1), MAX_PAUSE)


def _count(hook: Hook, succeeded: bool, now: datetime) -> None:
    """A hook rests after a few failures in a row, longer each time, and is off after many."""
    row = Hook.objects.filter(pk=hook.pk)
    if succeeded:
        row.exclude(failures=0).update(failures=0, disabled_until=None)
        return
    row.update(failures=F("failures") + 1)
    failures = row.values_list("failures", flat=True).first() or 0
    if failures >= FAILURES_TO_REST:
        rest = min(FIRST_REST * 2 ** min(failures - FAILURES_TO_REST, 20), MAX_REST)
        row.update(disabled_until=None if failures >= MAX_FAILURES else now + rest)
