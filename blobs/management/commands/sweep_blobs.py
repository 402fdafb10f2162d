"""`manage.py sweep_blobs`: for a nightly timer."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand

from blobs.store import collect_all_garbage


class Command(BaseCommand):
    help = "Remove stored files that nothing refers to any longer, such as those of deleted projects."

    def handle(self, *args: Any, **options: Any) -> None:
        self.stdout.write(f"Removed {collect_all_garbage()} files.")
