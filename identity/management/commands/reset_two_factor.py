"""For an administrator who lost their devices and recovery codes, when no other administrator is there to help."""

from __future__ import annotations

from typing import Any

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError, CommandParser

from identity.models import User
from identity.sign_in.two_factor import reset_two_factor


class Command(BaseCommand):
    help = "Take the second factors and recovery codes of a person away, so that the password alone signs in."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("username")

    def handle(self, *args: Any, **options: Any) -> None:
        user = User.objects.filter(username__iexact=options["username"]).first()
        if user is None:
            raise CommandError("There is no such person.")
        try:
            reset_two_factor(user, by=None)
        except ValidationError as error:
            raise CommandError(" ".join(error.messages)) from error
        self.stdout.write(f"{user.username} signs in with the password alone.")
