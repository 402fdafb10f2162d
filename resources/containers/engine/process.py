"""The registry as a process beside the server."""

from __future__ import annotations

import ctypes
import os
import shutil
import signal
import socket
from pathlib import Path

from django.conf import settings

from resources.containers.engine.config import config_path

PROGRAM = "docker-registry"
_PR_SET_PDEATHSIG = 1


def is_installed() -> bool:
    return shutil.which(PROGRAM) is not None


def is_port_free() -> bool:
    with socket.socket() as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind(("127.0.0.1", settings.REGISTRY_PORT))
        except OSError:
            return False
    return True


def run() -> None:
    """This process becomes the registry, which ends when its parent does. What it says goes to its own log."""
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    _log_to(Path(settings.REGISTRY_DIR) / "registry.log")
    # Variables of the caller's could change its configuration.
    environment = {"PATH": os.environ.get("PATH", os.defpath), "OTEL_TRACES_EXPORTER": "none"}
    os.execvpe(PROGRAM, [PROGRAM, "serve", str(config_path())], environment)  # noqa: S606


def _log_to(path: Path) -> None:
    descriptor = os.open(path, os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.close(descriptor)
