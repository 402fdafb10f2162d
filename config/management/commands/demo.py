"""`manage.py demo`: a small world to try things in, made once."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from config import demo


class Command(BaseCommand):
    help = "Make the demo world; does nothing when it is there."

    def handle(self, *args: Any, **options: Any) -> None:
        made = demo.ensure()
        if made is None:
            self.stdout.write("The demo world is there already.")
            return
        self.stdout.write(made)
