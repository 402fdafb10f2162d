"""`manage.py housekeeping`: what time alone brings about, once, or again and again. Safe on several machines at once.

A timer may call it every minute; `manage.py serve` keeps one running beside the server.
"""

from __future__ import annotations

import logging
import os
import signal
import time
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.management import call_command
from django.core.management.base import BaseCommand
from django.db import connections
from django.utils import timezone

from blobs.store import clear_stale_uploads
from jobs.housekeeping import run_housekeeping
from projects.repository.leftovers import remove_unexpected_leftovers
from projects.roles import effective_roles
from tokens.services.expiry import warn_of_expiry

log = logging.getLogger(__name__)

# Sessions and memberships end by the day, and are refused by their date before they are swept.
DAILY_EVERY = 3600


class Command(BaseCommand):
    help = "End lost jobs, start what is due, expire artifacts, sweep ended memberships and sessions."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--every", type=int, metavar="SECONDS", help="go on, with so many seconds between passes")
        parser.add_argument("--with-parent", action="store_true", help="end with the process that started this one")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["every"]:
            self._report({**run_housekeeping(), **sweep()})
            return
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._stop())
        self._go_on(max(options["every"], 1), os.getppid() if options["with_parent"] else None)

    stopped = False

    def _stop(self) -> None:
        self.stopped = True

    def _go_on(self, every: int, parent: int | None) -> None:
        swept = 0.0
        while not self.stopped:
            run_housekeeping()
            if time.monotonic() - swept >= DAILY_EVERY or not swept:
                sweep()
                swept = time.monotonic()
            connections.close_all()  # none is held while there is nothing to do
            self._rest(every, parent)

    def _rest(self, seconds: int, parent: int | None) -> None:
        until = time.monotonic() + seconds
        while not self.stopped and time.monotonic() < until:
            time.sleep(min(1.0, seconds))
            if parent is not None and os.getppid() != parent:
                self.stopped = True

    def _report(self, done: dict[str, int]) -> None:
        for what, count in done.items():
            if count:
                self.stdout.write(f"{count} {what}")


def sweep() -> dict[str, int]:
    """Ends rows that count no longer (memberships, sessions), removes what killed processes left of uploads and in any
    repository, and writes mail about tokens that will end."""
    try:
        ended = effective_roles.delete_expired(timezone.now().date())
        call_command("clearsessions")
        warned = warn_of_expiry(timezone.now().date())
        uploads = clear_stale_uploads()
        removed = remove_unexpected_leftovers(Path(settings.REPOSITORIES_DIR))
    except Exception:
        log.exception("Housekeeping: sweeping failed")
        return {}
    return {
        "memberships ended": ended,
        "mails about tokens that end soon": warned,
        "uploads that never ended removed": uploads,
        "leftovers in repositories removed": removed,
    }
