"""`manage.py serve`: makes everything ready that is not, says where it is, and serves.

A first start migrates, makes the administrator and the demo world; later ones find all that done and start in seconds.
"""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ImproperlyConfigured
from django.core.management import call_command
from django.core.management.base import BaseCommand, CommandError
from django.db import OperationalError, connection, connections
from django.db.migrations.executor import MigrationExecutor

from config import statics
from config.management.serving import processes
from outages.kinds import outage_of
from projects.repository.leftovers import remove_leftovers
from resources.containers.engine import process
from resources.containers.engine.config import write_config
from resources.repositories.ssh import daemon
from resources.repositories.ssh.sessions import end_unfinished
from server.supervisor import Supervisor
from setup.first_start import Administrator, ensure_administrator
from signing.models import Purpose
from signing.rotation import ensure_keys


class Command(BaseCommand):
    help = "Prepare the database, the static files, the first administrator and the demo world, then serve."

    def add_arguments(self, parser: Any) -> None:
        parser.add_argument("--prepare-only", action="store_true", help="do everything but serve")

    def handle(self, *args: Any, **options: Any) -> None:
        if not options["prepare_only"]:
            require_free_port()
        try:
            with flush_at_end():
                administrator = self._prepare()
        except ImproperlyConfigured as error:
            raise CommandError(str(error)) from error
        except OperationalError as error:
            outage = outage_of(error)
            raise CommandError(f"{outage.what if outage else 'The database cannot be used'}: {error}") from error
        self._welcome(administrator)
        if options["prepare_only"]:
            self.stdout.write(f"Nothing was started; the data is in {settings.DATA_DIR}")
        else:
            self.stdout.write(f"Stop with Ctrl-C; the data stays in {settings.DATA_DIR}")
            self.stdout.flush()
            self.serve()

    def _prepare(self) -> Administrator:
        self._migrate()
        statics.collect()
        remove_leftovers(Path(settings.REPOSITORIES_DIR))
        administrator = ensure_administrator()
        ensure_keys(Purpose.ID_TOKENS)
        if settings.REGISTRY_ENABLED:
            write_config()
        if settings.SSH_ENABLED:
            end_unfinished()
            daemon.write_config()
        if settings.DEMO:
            self._demo()
        return administrator

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
        say(_registry_words())
        say(_ssh_words())
        if settings.DEMO:
            say("What to try: the walk-through in README.md, with the demo world's acme/library and acme/app.")

    def serve(self) -> None:
        """In processes of their own; this one ends with them. A first start takes long enough for another server to
        take the port meanwhile."""
        require_free_port()
        supervisor = Supervisor(processes())
        connections.close_all()
        sys.exit(supervisor.run())


def _registry_words() -> str:
    at = f"The container registry is on {settings.REGISTRY_URL}"
    if not settings.REGISTRY_ENABLED:
        if process.is_installed():
            return "No container registry, as TOKENACCESS_REGISTRY is 0"
        return "No container registry (TOKENACCESS_REGISTRY). On Debian: apt-get install docker-registry"
    if not process.is_port_free():
        port = f"port {settings.REGISTRY_PORT} is in use (TOKENACCESS_REGISTRY_PORT, docs/registry.md)"
        return f"{at}; not started here, as {port}"
    if not process.is_installed():
        return f"{at}; not started here, as it is not installed (docs/registry.md)"
    return at


def _ssh_words() -> str:
    at = f"git over SSH is on {settings.SSH_URL}"
    if not settings.SSH_ENABLED:
        if daemon.is_installed():
            return "No git over SSH, as TOKENACCESS_SSH is 0"
        return "No git over SSH (TOKENACCESS_SSH). On Debian: apt-get install openssh-server"
    if not daemon.is_port_free():
        port = f"port {settings.SSH_PORT} is in use (TOKENACCESS_SSH_PORT, docs/ssh.md)"
        return f"{at}; not started here, as {port}"
    if not daemon.is_installed():
        return f"{at}; not started here, as sshd is not installed (docs/ssh.md)"
    return at


@contextmanager
def flush_at_end() -> Iterator[None]:
    """SQLite waits for the disk once, not at the end of each of hundreds of transactions: what a power failure takes
    away of a first start is made anew by the next one."""
    if connection.vendor != "sqlite":
        yield
        return
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA synchronous=NORMAL")
    yield
    with connection.cursor() as cursor:
        cursor.execute("PRAGMA synchronous=FULL")
        cursor.execute("PRAGMA wal_checkpoint")


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
    if administrator.is_new:
        return " with the password of TOKENACCESS_ADMIN_PASSWORD"
    return "; the password was set on the first start (forgotten: manage.py changepassword)"
