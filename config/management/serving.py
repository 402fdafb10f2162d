"""How the product is served: its processes, and what the server may know of a request before it runs."""

from __future__ import annotations

import os
import signal
from functools import partial

from django.conf import settings
from django.core.management import call_command
from django.db import connections

from config.middleware import GIT, is_git
from portal.api.description_file import ensure_description, state_of_code
from resources.containers.engine import process
from resources.repositories.ssh import daemon
from server import worker
from server.environ import Environ
from server.limits import Limits
from server.sockets import listening_socket
from server.supervisor import Child
from tokenaccess.access_log import buffer

_CREDENTIALS = ("HTTP_PRIVATE_TOKEN", "HTTP_JOB_TOKEN", "HTTP_AUTHORIZATION")
_READ_WHOLE = ("application/json", "application/x-www-form-urlencoded")
# Added to the priority of what nobody waits for, so that it takes no processor time from a request.
_BACKGROUND_NICENESS = 10


def processes() -> list[Child]:
    """The workers and beside them housekeeping, the sender of webhooks, the container registry, the SSH server and,
    until it is done, what describes the API. All of the product is loaded here, once for all of them."""
    serving = worker_settings()
    listeners = [listening_socket(settings.BIND, settings.PORT) for _ in range(settings.WEB_CONCURRENCY)]
    children = [
        Child(f"Worker {number}", partial(worker.run, listener, serving, number))
        for number, listener in enumerate(listeners, start=1)
    ]
    state_of_code()  # looked up once, for all of them
    children.append(Child("Description of the API", describe_api, once=True))
    if settings.HOUSEKEEPING_SECONDS:
        children.append(Child("Housekeeping", keep_house))
        children.append(Child("Webhooks", deliver_webhooks))
    if starts_registry():
        children.append(Child("Container registry", process.run))
    if starts_ssh():
        children.append(Child("SSH server", daemon.run))
    return children


def starts_registry() -> bool:
    """One that listens already may be run by somebody else (docs/registry.md)."""
    return settings.REGISTRY_ENABLED and process.is_installed() and process.is_port_free()


def starts_ssh() -> bool:
    """One that listens already may be the system's own (docs/ssh.md)."""
    return settings.SSH_ENABLED and daemon.is_installed() and daemon.is_port_free()


def worker_settings() -> worker.Settings:
    from config.wsgi import application  # loads every route, and freezes what it finds in memory

    return worker.Settings(
        application,
        threads=settings.THREADS,
        limits=Limits(
            min_rate=settings.MIN_BYTES_PER_SECOND,
            transfer_threads=settings.TRANSFERS,
            transfer_share=max(settings.TRANSFERS // 2, 1),
        ),
        waits=waits,
        is_upload=is_upload,
        trust_proxy=settings.BEHIND_PROXY,
        on_thread_end=connections.close_all,
        on_stop=buffer.write_at_end,
    )


def waits(path: str) -> bool:
    """Whether git makes the answer (resources.repositories, projects.views.archives)."""
    return path.endswith(GIT) or "/-/archive/" in path or "/repository/archive" in path


def is_upload(environ: Environ) -> bool:
    """Whether the views check who asks before they read the body: the API and git, unless the body holds parameters."""
    path: str = environ["PATH_INFO"]
    if not path.startswith("/api/") and not is_git(path):
        return False
    if environ.get("CONTENT_TYPE", "").startswith(_READ_WHOLE):
        return False
    return "token=" in environ["QUERY_STRING"] or any(name in environ for name in _CREDENTIALS)


def describe_api() -> None:
    os.nice(_BACKGROUND_NICENESS)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    ensure_description()


def keep_house() -> None:
    os.nice(_BACKGROUND_NICENESS)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    call_command("housekeeping", every=settings.HOUSEKEEPING_SECONDS, with_parent=True)


def deliver_webhooks() -> None:
    os.nice(_BACKGROUND_NICENESS)
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    call_command("deliver_webhooks", every=settings.WEBHOOK_SECONDS, with_parent=True)
