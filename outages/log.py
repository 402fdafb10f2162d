"""The log says an outage once, whoever reports it."""

from __future__ import annotations

import logging
import threading
import time

from outages.kinds import Outage, outage_of

# After so many seconds without such an error the next one is a new outage.
OVER_AFTER = 60.0


class OncePerOutage(logging.Filter):
    """Makes the first record of an outage one line without a traceback, and drops those that follow."""

    def __init__(self) -> None:
        super().__init__()
        self._last: dict[Outage, float] = {}
        self._lock = threading.Lock()

    def filter(self, record: logging.LogRecord) -> bool:
        error = record.exc_info[1] if record.exc_info else None
        outage = outage_of(error)
        if outage is None:
            return True
        reason, answered = " ".join(str(error).split()), f"What needs it is answered {outage.line}"
        record.msg = f"{outage.what} ({reason}). {answered}; this is said once for all of it."
        record.args = record.exc_info = record.exc_text = None
        record.levelno, record.levelname = logging.ERROR, "ERROR"
        return self._begins(outage)

    def _begins(self, outage: Outage) -> bool:
        now = time.monotonic()
        with self._lock:
            last = self._last.get(outage)
            self._last[outage] = now
        return last is None or now - last > OVER_AFTER
