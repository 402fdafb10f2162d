"""When a token was used last, and from where: a few addresses, so that an unknown one among them is noticed."""

from __future__ import annotations

import logging
from datetime import timedelta

from django.db import OperationalError
from django.utils import timezone

from identity.models import UsedCredential

log = logging.getLogger(__name__)

# The same address is noted at most this often, so that reading does not mean writing.
LAST_USED_INTERVAL = timedelta(minutes=10)
MAX_ADDRESSES = 5


def record_use(token: UsedCredential, address: str | None) -> None:
    """One statement, if any. A read goes on when nothing can be written."""
    now, known = timezone.now(), token.last_used_addresses
    recent = token.last_used_at is not None and token.last_used_at >= now - LAST_USED_INTERVAL
    if recent and (address is None or any(use["address"] == address for use in known)):
        return
    others = [use for use in known if use["address"] != address]
    if address is not None:
        others.insert(0, {"address": address, "at": now.isoformat()})
    try:
        type(token)._default_manager.filter(pk=token.pk).update(
            last_used_at=now, last_used_addresses=others[:MAX_ADDRESSES]
        )
    except OperationalError:
        log.exception("It could not be stored that a token was used")
