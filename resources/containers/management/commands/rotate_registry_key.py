"""`manage.py rotate_registry_key`: sign the registry's tokens with the next key, which it trusts already."""

from __future__ import annotations

from typing import Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from resources.containers.engine import keys
from resources.containers.engine.client import EngineError, accepts
from resources.containers.engine.tokens import PORTAL, sign
from signing import rotation
from signing.models import Purpose


class Command(BaseCommand):
    help = "Sign the container registry's tokens with the next key from now on. Former tokens stay good."

    def handle(self, *args: Any, **options: Any) -> None:
        if not settings.REGISTRY_ENABLED:
            raise CommandError("There is no container registry.")
        keys.ensure_keys()
        try:
            known = accepts(sign([], PORTAL, key=rotation.next_key(Purpose.REGISTRY)))
        except EngineError as error:
            raise CommandError(f"{error} Only a running registry can tell whether it knows the next key.") from error
        if not known:
            raise CommandError("The registry does not know the next key yet. Start it anew, then rotate.")
        rotation.rotate(Purpose.REGISTRY, at_once=True)
        keys.write_bundle()
        self.stdout.write("Rotated. Start the registry anew before the next rotation.")
