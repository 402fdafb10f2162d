"""One worker process: granian's Rust server over an inherited socket, until it receives a signal to stop."""

from __future__ import annotations

import logging
import os
import signal
import socket
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from granian import _granian
from granian.http import HTTP1Settings

from server.dispatcher import Application, Dispatcher
from server.environ import Environ
from server.futures import ImmediateLoop
from server.limits import Limits

log = logging.getLogger(__name__)

_rust: Any = _granian  # its stubs are of another version of it
MAX_CONNECTIONS = 4096
BACKLOG = 2048
# Seconds for the head of a request to come, from the first moment of the connection.
_HEAD_SECONDS = 20
# Threads that wait for work are kept: making one anew would open a new database connection with it.
_IDLE_SECONDS = 600
_RUST_THREADS = 1
_RUST_FILE_THREADS = 16
# Seconds after the signal to stop: until what still runs is broken off, until nobody waits for it any more, and until
# the process is gone in any case.
FINISH_SECONDS = 2.5
UNDO_SECONDS = 3.2
GONE_SECONDS = 4.2
_PARENT_EVERY = 1.0


@dataclass(frozen=True, slots=True)
class Settings:
    """`threads` compute. `on_stop` is called when no request runs any more; `on_thread_end` by a thread that ends."""

    application: Application
    threads: int
    limits: Limits
    waits: Callable[[str], bool] = lambda path: False
    is_upload: Callable[[Environ], bool] = lambda environ: True
    trust_proxy: bool = False
    on_thread_end: Callable[[], None] = lambda: None
    on_stop: Callable[[], None] = lambda: None


def run(listener: socket.socket, settings: Settings, number: int) -> None:
    """Serves until SIGTERM or SIGINT, or until its parent is gone; then ends the process."""
    parent = os.getppid()
    stop_requested, server_ended = threading.Event(), threading.Event()
    for name in (signal.SIGTERM, signal.SIGINT):
        signal.signal(name, lambda *_: stop_requested.set())
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    dispatcher = Dispatcher(
        settings.application,
        settings.limits,
        waits=settings.waits,
        is_upload=settings.is_upload,
        trust_proxy=settings.trust_proxy,
        on_thread_end=settings.on_thread_end,
    )
    stop = _rust.WorkerSignal()
    stop.add_cb(server_ended.set)
    _serve(listener, settings, number, dispatcher, stop)
    while not stop_requested.wait(_PARENT_EVERY) and os.getppid() == parent:
        pass
    _stop(dispatcher, stop, server_ended)
    settings.on_stop()
    # Granian's threads are none of Python's: a usual end would pull the interpreter away from under them.
    logging.shutdown()
    os._exit(0)


def _serve(listener: socket.socket, settings: Settings, number: int, dispatcher: Dispatcher, stop: Any) -> None:
    holder = _rust.SocketHolder(listener.fileno(), False, BACKLOG)
    no_tls: tuple[Any, ...] = (False, None, None, None, "1.3", None, [], False)
    no_metrics = (None, None)
    worker = _rust.ASGIWorker(
        number,
        (None, holder),
        None,
        _RUST_THREADS,
        _RUST_FILE_THREADS,
        settings.threads,
        _IDLE_SECONDS,
        MAX_CONNECTIONS,
        "1",  # HTTP/1 only: git, curl and the runner speak it
        HTTP1Settings(header_read_timeout=_HEAD_SECONDS * 1000),
        None,
        False,
        None,
        *no_tls,
        no_metrics,
    )
    loop = ImmediateLoop()
    scheduler = _rust.CallbackScheduler(loop, dispatcher.schedule, None, None, None)
    scheduler._schedule_fn = dispatcher.schedule
    dispatcher.start()
    worker.serve_mtr(scheduler, loop, stop)


def _stop(dispatcher: Dispatcher, stop: Any, server_ended: threading.Event) -> None:
    """No new connections; what runs may finish, then is broken off."""
    began = time.monotonic()
    threading.Thread(target=_give_up, daemon=True).start()
    stop.set()
    while not server_ended.is_set() and time.monotonic() - began < UNDO_SECONDS:
        if time.monotonic() - began < FINISH_SECONDS:
            dispatcher.refuse_more()  # again and again: what was computed meanwhile may have to wait for its client
        else:
            dispatcher.break_off()
        server_ended.wait(0.1)


def _give_up() -> None:
    time.sleep(GONE_SECONDS)
    os._exit(1)
