"""What was sent, or dropped, is known for a week; what waits of a hook that is off is given up."""

from __future__ import annotations

from datetime import datetime

from hooks.models import Delivery, Hook
from hooks.querysets import KEPT_FOR, MAX_FAILURES

BATCH = 5000


def forget_old_deliveries(now: datetime) -> int:
    Delivery.objects.filter(next_attempt_at__isnull=False, hook__failures__gte=MAX_FAILURES).update(
        next_attempt_at=None
    )
    Hook.objects.filter(dropped_at__lt=now - KEPT_FOR).update(dropped=0, dropped_at=None)
    old = Delivery.objects.filter(created_at__lt=now - KEPT_FOR).order_by("created_at").values_list("pk", flat=True)
    return Delivery.objects.filter(pk__in=list(old[:BATCH])).delete()[0]
