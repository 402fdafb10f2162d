"""A job's log: one file, appended to at an offset (runner.md §3.2)."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import accumulate
from pathlib import Path

from django.conf import settings

from jobs import masking
from jobs.models import Job

WATCHED_FOR = 30  # seconds
LONGEST_LINE = 64 * 1024  # bytes, for those who take lines one by one
_BLOCK = 1024 * 1024


class OutOfStep(Exception):
    """The patch does not start where the log ends; `length` is where it ends."""

    def __init__(self, length: int) -> None:
        super().__init__(f"the log is {length} bytes long")
        self.length = length


class TooLarge(Exception):
    """The log would grow over `TRACE_BYTES`."""


def append(job: Job, start: int, data: bytes, secret: str) -> int:
    """Adds `data` at `start`, secrets masked; `secret` is the job's own token. Returns the new length.

    The values of the job's masked variables are secrets as well.

    The bytes before the seam are masked once more together with the new ones: a token may have been cut in two there.
    Raises OutOfStep, TooLarge. Locked per log, so that nobody waits for another job.
    """
    secrets = _secrets(job, secret)
    with _locked(job) as file:
        length = os.fstat(file).st_size
        if start != length:
            raise OutOfStep(length)
        if length + len(data) > settings.TRACE_BYTES:
            raise TooLarge
        seam = max(0, length - max(masking.LONGEST, *map(len, secrets)))
        before = os.pread(file, length - seam, seam)
        after = masking.mask(before + data, secrets)
        # Only ever forwards from the first byte that changes: a reader sees old bytes or masked ones.
        position = seam if after[: len(before)] != before else length
        _write(file, after[position - seam :], position)
        return length + len(data)


def _secrets(job: Job, own: str) -> list[bytes]:
    token = getattr(job, "token", None)
    return [own.encode(), *(value.encode() for value in (token.masked_values if token else ()))]


def _write(file: int, data: bytes, position: int) -> None:
    view = memoryview(data)
    while view:
        written = os.pwrite(file, view, position)
        view, position = view[written:], position + written


@contextmanager
def _locked(job: Job) -> Iterator[int]:
    path = job.trace_path
    path.parent.mkdir(parents=True, exist_ok=True)
    file = os.open(path, os.O_RDWR | os.O_CREAT, 0o640)
    try:
        fcntl.flock(file, fcntl.LOCK_EX)
        yield file
    finally:
        os.close(file)


def size(job: Job) -> int:
    try:
        return job.trace_path.stat().st_size
    except FileNotFoundError:
        return 0


def exists(job: Job) -> bool:
    return job.trace_path.exists()


def blocks(job: Job) -> Iterator[bytes]:
    """The log as people may see it, in blocks that end with a line: no secret that is found by its shape goes over one.

    Nothing for a job without one.
    """
    if not exists(job):
        return
    with job.trace_path.open("rb") as file:
        while block := file.read(_BLOCK):
            yield masking.shown(block + file.readline())


def lines(job: Job, start: int, *, unended: bool) -> tuple[list[tuple[int, str]], int]:
    """Each line from byte `start` on, with the byte at which it begins, as people may see it; and where they end. All
    of them: callers keep it short by where they start (`start_of_end`).

    `unended`: also the last one while its end is still to come. What hides secrets changes no line's place: no secret
    that it finds by itself goes over a line's end.
    """
    if not exists(job):
        return [], start
    with job.trace_path.open("rb") as file:
        file.seek(start)
        data = file.read()
    if not unended:
        data = data[: data.rfind(b"\n") + 1]
    if not data:
        return [], start
    places = accumulate((len(line) + 1 for line in data.split(b"\n")), initial=start)
    shown = masking.shown(data).decode(errors="replace")
    return list(zip(places, shown.removesuffix("\n").split("\n"), strict=False)), start + len(data)


def lines_backwards(job: Job) -> Iterator[bytes]:
    """The lines as they are stored, the last one first; of one longer than `LONGEST_LINE` at least that much of its
    end. Nothing for a job without a log."""
    try:
        file = job.trace_path.open("rb")
    except FileNotFoundError:
        return
    with file:
        end, begun = os.fstat(file.fileno()).st_size, b""
        while end > 0:
            start = max(0, end - LONGEST_LINE)
            first, *others = (os.pread(file.fileno(), end - start, start) + begun).split(b"\n")
            yield from reversed(others)
            end, begun = start, first[-LONGEST_LINE:]
        yield begun


def start_of_end(job: Job, most: int) -> int:
    """Where the last `most` bytes begin, cut at a line; 0 when the log is not longer."""
    length = size(job)
    if length <= most:
        return 0
    with job.trace_path.open("rb") as file:
        file.seek(length - most)
        return length - most + len(file.readline())


def remove(job: Job) -> None:
    job.trace_path.unlink(missing_ok=True)
    unwatch(job)


# --- Whether somebody watches: a file beside the log, which every process sees without asking the database -----------


def _mark(job: Job) -> Path:
    return job.trace_path.with_suffix(".watched")


def watch(job: Job) -> None:
    """Somebody has looked at the log just now."""
    _mark(job).parent.mkdir(parents=True, exist_ok=True)
    _mark(job).touch()


def is_watched(job: Job) -> bool:
    """Whether somebody has looked within the last half minute. Tidies up after those who have gone."""
    try:
        age = time.time() - _mark(job).stat().st_mtime
    except FileNotFoundError:
        return False
    if age > WATCHED_FOR:
        unwatch(job)
    return age <= WATCHED_FOR


def unwatch(job: Job) -> None:
    _mark(job).unlink(missing_ok=True)
