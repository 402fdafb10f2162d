"""The process that was started: it forks the workers and what runs beside them, and ends with all of them."""

from __future__ import annotations

import logging
import os
import resource
import signal
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field

log = logging.getLogger(__name__)

# Seconds from the signal to stop until a process that is still there is killed.
KILL_AFTER = 4.5
# A process that ends by itself is started anew: so many seconds after its last start, and after its end. A signal to
# stop that went to the whole group may still be on its way to this process.
_AFTER_START = 2.0
_AFTER_END = 0.5
_SIGNALS = {signal.SIGTERM, signal.SIGINT, signal.SIGCHLD, signal.SIGALRM}


@dataclass
class Child:
    """`run` is called in a process of its own, in which the signals of `_SIGNALS` are still held back. `once`: it is
    not started anew when it ends."""

    name: str
    run: Callable[[], None]
    once: bool = False
    pid: int = 0
    start_at: float = 0.0
    status: int = 0


@dataclass
class Supervisor:
    """Call `hold_signals` before anything that should not be cut off, then `run` with no thread but the main one."""

    children: list[Child] = field(default_factory=list)

    @staticmethod
    def hold_signals() -> None:
        """From here on a signal waits until `run` looks."""
        signal.pthread_sigmask(signal.SIG_BLOCK, _SIGNALS)

    def run(self) -> int:
        """The exit status, when all children have ended after SIGTERM or SIGINT."""
        self.hold_signals()
        # Without a handler of any kind the kernel would throw these two away.
        for number in (signal.SIGCHLD, signal.SIGALRM):
            signal.signal(number, lambda *_: None)
        raise_file_limit()
        for child in self.children:
            self._start(child)
        while True:
            match signal.sigwait(_SIGNALS):
                case signal.SIGTERM | signal.SIGINT:
                    return self._stop()
                case _:
                    self._reap()
                    self._start_due()

    def _start(self, child: Child) -> None:
        child.start_at = time.monotonic() + _AFTER_START
        child.pid = os.fork()
        if child.pid == 0:
            status = 1
            try:
                child.run()
                status = 0
            except BaseException:
                log.exception("%s failed", child.name)
            finally:
                os._exit(status)

    def _reap(self) -> None:
        """Takes note of those that have ended, and forgets those that were to run once."""
        for child in self.children:
            status = _status_of_ended(child.pid) if child.pid else None
            if status is not None:
                child.pid, child.status = 0, status
                child.start_at = max(child.start_at, time.monotonic() + _AFTER_END)
        self.children = [child for child in self.children if child.pid or not child.once]

    def _start_due(self) -> None:
        ended = [child for child in self.children if not child.pid]
        for child in ended:
            if child.start_at <= time.monotonic():
                log.error("%s ended by itself (status %s) and is started anew.", child.name, child.status)
                self._start(child)
        waits = [child.start_at - time.monotonic() for child in ended if not child.pid]
        if waits:
            signal.setitimer(signal.ITIMER_REAL, max(min(waits), 0.01))

    def _stop(self) -> int:
        self._tell_all(signal.SIGTERM)
        until = time.monotonic() + KILL_AFTER
        signal.setitimer(signal.ITIMER_REAL, KILL_AFTER)
        self._reap()
        while any(child.pid for child in self.children):
            signal.sigwait({signal.SIGCHLD, signal.SIGALRM})
            if time.monotonic() >= until:
                self._tell_all(signal.SIGKILL)
            self._reap()
        return 0

    def _tell_all(self, number: signal.Signals) -> None:
        for child in self.children:
            if child.pid:
                with suppress(ProcessLookupError):
                    os.kill(child.pid, number)


def _status_of_ended(pid: int) -> int | None:
    """Negative for a signal; None while it runs."""
    try:
        ended, status = os.waitpid(pid, os.WNOHANG)
    except ChildProcessError:
        return 0
    return os.waitstatus_to_exitcode(status) if ended else None


def raise_file_limit() -> None:
    """Each connection is an open file, and many systems begin with 1,024 of them."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    wanted = 65_536 if hard == resource.RLIM_INFINITY else min(hard, 65_536)
    if soft != resource.RLIM_INFINITY and soft < wanted:
        with suppress(OSError, ValueError):
            resource.setrlimit(resource.RLIMIT_NOFILE, (wanted, hard))
