"""`manage.py collect_registry_garbage`: free the disk of the layers that no image has any more.

The registry need not be stopped. While it runs nobody pushes: no token to push is given out, and it begins when those
given out before have ended. Pulls go on. It can be ended at any time.

The registry could delete images without a tag too, but 2.8 takes the images of an index for such.
"""

from __future__ import annotations

import os
import subprocess
import time
from pathlib import Path
from typing import IO, Any

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError, CommandParser

from resources.containers.cleanup import TOKENS_END_AFTER
from resources.containers.engine import process
from resources.containers.engine.config import config_path
from resources.containers.engine.read_only import read_only


class Command(BaseCommand):
    help = "Delete the layers of deleted images from the container registry's disk; nobody can push meanwhile."

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="only say what would be deleted")

    def handle(self, *args: Any, **options: Any) -> None:
        if not process.is_installed() or not config_path().exists():
            raise CommandError("There is no container registry here.")
        if not (Path(settings.REGISTRY_DIR) / "storage/docker/registry/v2/repositories").exists():
            self.stdout.write("The registry holds nothing.")
        elif options["dry_run"]:
            self._collect("--dry-run")
        else:
            with read_only() as lock:
                self._wait_for_tokens(TOKENS_END_AFTER.total_seconds())
                self._collect(lock=lock)

    def _wait_for_tokens(self, seconds: float) -> None:
        self.stdout.write(f"Nobody gets a token to push now. It begins in {seconds:.0f} s, when the last has ended.")
        self.stdout.flush()
        time.sleep(seconds)

    def _collect(self, *arguments: str, lock: IO[Any] | None = None) -> None:
        """The program holds the lock itself, too, should this process be killed."""
        command = [process.PROGRAM, "garbage-collect", *arguments, str(config_path())]
        environment = {"PATH": os.environ.get("PATH", os.defpath), "OTEL_TRACES_EXPORTER": "none"}
        kept = () if lock is None else (lock.fileno(),)
        with subprocess.Popen(
            command, env=environment, pass_fds=kept, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, text=True
        ) as run:
            assert run.stdout is not None
            last = ""
            for line in run.stdout:
                last = line.strip() or last
                if "eligible for deletion" in line:
                    self.stdout.write(line.strip())
        if run.returncode:
            raise CommandError(f"The registry's own collection failed: {last}")
