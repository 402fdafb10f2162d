"""`manage.py demo`: a small world to try things in, made once."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from setup import demo


class Command(BaseCommand):
    help = "Make the demo world; does nothing when it was made before."

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            message = demo.ensure()
        except ValidationError as error:
            raise CommandError(f"The demo world cannot be made: {' '.join(error.messages)}") from error
        self.stdout.write(message or "The demo world was created before.")
