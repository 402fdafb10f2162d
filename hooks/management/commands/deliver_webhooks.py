"""`manage.py deliver_webhooks`: sends what waits for its receivers, once, or again and again.

`manage.py serve` keeps one running beside the server; several at once are safe.
"""

from __future__ import annotations

import logging
import os
import signal
import time
from typing import Any

from django.core.management.base import BaseCommand
from django.db import connections

from hooks.delivery.queue import Sender, send_due

log = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Send the events that wait for webhooks."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--every", type=float, metavar="SECONDS", help="go on, and look so often for new ones")
        parser.add_argument("--with-parent", action="store_true", help="end with the process that started this one")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["every"]:
            self.stdout.write(f"{send_due()} sent")
            return
        for number in (signal.SIGTERM, signal.SIGINT):
            signal.signal(number, lambda *_: self._stop())
        parent = os.getppid() if options["with_parent"] else None
        self._go_on(Sender(), max(options["every"], 0.1), parent)

    stopped = False

    def _stop(self) -> None:
        self.stopped = True

    def _go_on(self, sender: Sender, every: float, parent: int | None) -> None:
        while not self.stopped and parent in {None, os.getppid()}:
            try:
                sender.start_due()
            except Exception:
                log.exception("Webhooks: what is due could not be found")
                connections.close_all()
            time.sleep(every)
        sender.close()
