"""`manage.py rotate_signing_key`: sign ID tokens with the next key, which is published already."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandError

from signing import rotation
from signing.models import Purpose


class Command(BaseCommand):
    help = "Sign the ID tokens of jobs with the next key from now on. Tokens of the former key stay good."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--at-once", action="store_true", help="even if verifiers may not know the next key yet")
        parser.add_argument("--withdraw", action="store_true", help="the former key leaked: refuse what it signed")

    def handle(self, *args: Any, **options: Any) -> None:
        try:
            former = rotation.rotate(Purpose.ID_TOKENS, at_once=options["at_once"] or options["withdraw"])
        except rotation.TooEarly as error:
            raise CommandError(f"{error} --at-once rotates all the same.") from error
        if options["withdraw"]:
            rotation.withdraw(former)
        self.stdout.write("Rotated. The former key is withdrawn." if options["withdraw"] else "Rotated.")
