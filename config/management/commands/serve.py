"""`manage.py serve`: makes everything ready that is not, says where it is, and becomes the server.

A first start migrates, makes the administrator and the demo world; later ones find all that done and start in seconds.
"""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import connection, connections
from django.db.migrations.executor import MigrationExecutor

from config import statics
from config.first_start import Administrator, ensure_administrator

BACKLOG = 2048
# Threads that wait for work are kept: making one anew would open a new database connection with it.
THREAD_IDLE_SECONDS = 600
KILL_AFTER_SECONDS = 30


class Command(BaseCommand):
    help = "Prepare the database, the static files, the first administrator and the demo world, then serve."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--prepare-only", action="store_true", help="do everything but serve")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["prepare_only"]:
            require_free_port()
        try:
            self._migrate()
            statics.collect()
            administrator = ensure_administrator()
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from error
        if settings.DEMO:
            self._demo()
        self._welcome(administrator)
        if not options["prepare_only"]:
            self._become_the_server()

    def _migrate(self) -> None:
        executor = MigrationExecutor(connection)
        if executor.migration_plan(executor.loader.graph.leaf_nodes()):
            self.stdout.write("Preparing the database …")
            call_command("migrate", interactive=False, verbosity=0)

    def _demo(self) -> None:
        try:
            call_command("demo", stdout=self.stdout)
        except CommandError as error:  # no reason not to serve
            self.stderr.write(f"{error} TOKENACCESS_DEMO=0 leaves it out.")

    def _welcome(self, administrator: Administrator) -> None:
        say = self.stdout.write
        say("")
        say(f"Token Access is on {settings.EXTERNAL_URL}")
        say(f"Sign in as {administrator.user.username}{_password_words(administrator)}")
        if settings.DEMO:
            say("What to try: the walk-through in README.md, with the demo world's acme/library and acme/app.")
        say("Stop with Ctrl-C; the data stays in " + str(settings.DATA_DIR))
        self.stdout.flush()

    def _become_the_server(self) -> None:
        connections.close_all()
        start_housekeeping()
        command = granian_command()
        os.execv(command[0], command)  # noqa: S606 - an argument list, and the server keeps our process id


def start_housekeeping() -> None:
    """A process of its own beside the server, which ends with it."""
    if settings.HOUSEKEEPING_SECONDS:
        every = str(settings.HOUSEKEEPING_SECONDS)
        manage = str(settings.BASE_DIR / "manage.py")
        subprocess.Popen([sys.executable, manage, "housekeeping", "--every", every, "--with-parent"])


def require_free_port() -> None:
    """The server would share a port with another one without a word, and each get some of the requests."""
    family = socket.AF_INET6 if ":" in settings.BIND else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.BIND, settings.PORT))
        except OSError as error:
            raise CommandError(f"Cannot listen on {settings.BIND} port {settings.PORT}: {error.strerror}.") from error


def _password_words(administrator: Administrator) -> str:
    if administrator.password:
        return f" with the password {administrator.password}  (shown this once; change it after signing in)"
    if administrator.made:
        return " with the password of TOKENACCESS_ADMIN_PASSWORD"
    return "; the password was set on the first start (forgotten: manage.py changepassword)"


def granian_command() -> list[str]:
    """HTTP/1 only: git, curl and the runner speak it, and chunked bodies are tested with it."""
    granian = Path(sys.executable).with_name("granian")
    options = {
        "--interface": "wsgi",
        "--http": "1",
        "--host": settings.BIND,
        "--port": str(settings.PORT),
        "--workers": str(settings.WEB_CONCURRENCY),
        "--blocking-threads": str(settings.THREADS),
        "--blocking-threads-idle-timeout": str(THREAD_IDLE_SECONDS),
        "--backlog": str(BACKLOG),
        # Requests beyond the threads wait in the server, not at the client.
        "--backpressure": str(max(BACKLOG // settings.WEB_CONCURRENCY, settings.THREADS)),
        "--workers-kill-timeout": str(KILL_AFTER_SECONDS),
        "--log-level": "warning",
    }
    flags = ["--no-ws", "--respawn-failed-workers"]
    return [str(granian), *(part for pair in options.items() for part in pair), *flags, "config.wsgi:application"]
