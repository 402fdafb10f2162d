"""Stores each job's log in one file, which patches extend at a given offset (runner.md §3.2)."""

from __future__ import annotations

import fcntl
import os
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from itertools import accumulate
from pathlib import Path

from django.conf import settings

from jobs.logs import line_numbers, masking
from jobs.models import Job

WATCH_SECONDS = 30  # seconds
MAX_LINE_LENGTH = 64 * 1024  # bytes, when reading line by line
_BLOCK = 1024 * 1024


class OffsetMismatch(Exception):
    """The patch does not start at the end of the log. `length`: that of the log."""

    def __init__(self, length: int) -> None:
        super().__init__(f"the log is {length} bytes long")
        self.length = length


class LogTooLarge(Exception):
    """The log would exceed the setting TRACE_BYTES."""


def append(job: Job, start: int, data: bytes, secret: str) -> int:
    """Append `data` at offset `start`, with secrets masked. Returns the new length.

    Secrets are `secret`, the job's own token, and the values of its masked variables. The last bytes of the log are
    masked again together with the new ones, because a secret may have been cut in two. Locks this log only.

    Raises OffsetMismatch, LogTooLarge.
    """
    secrets = _secrets(job, secret)
    with _open_locked(job) as file:
        length = os.fstat(file).st_size
        if start != length:
            raise OffsetMismatch(length)
        if length + len(data) > settings.TRACE_BYTES:
            raise LogTooLarge
        seam = max(0, length - max(masking.MAX_SECRET_LENGTH, *map(len, secrets)))
        before = os.pread(file, length - seam, seam)
        after = masking.mask(before + data, secrets)
        # Write forwards from the first byte that changes, so that readers see old or masked bytes, never half of each.
        position = seam if after[: len(before)] != before else length
        _write(file, after[position - seam :], position)
        return length + len(data)


def _secrets(job: Job, own: str) -> list[bytes]:
    token = getattr(job, "token", None)
    return [own.encode(), *(value.encode() for value in (token.masked_values if token else ()))]


def _write(file: int, data: bytes, position: int) -> None:
    """All of it, or the log stays as long as it was: the runner sends again from there."""
    length, view = os.fstat(file).st_size, memoryview(data)
    try:
        while view:
            written = os.pwrite(file, view, position)
            view, position = view[written:], position + written
    except OSError:
        os.ftruncate(file, length)
        raise


@contextmanager
def _open_locked(job: Job) -> Iterator[int]:
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
    """The redacted log in blocks of whole lines; no block if there is no log.

    Secrets recognized by their shape never span lines, so a block can be redacted by itself.
    """
    if not exists(job):
        return
    with job.trace_path.open("rb") as file:
        while block := file.read(_BLOCK):
            yield masking.redact(block + file.readline())


def visible_end(job: Job) -> int:
    """How much of the log is shown: while the job runs, only lines that have ended, since the rest of a secret may be
    still to come. Of a long line without an end all but the last MAX_LINE_LENGTH bytes."""
    length = size(job)
    if not job.executing or not length:
        return length
    with job.trace_path.open("rb") as file:
        end = length
        while end > 0:
            start = max(0, end - _BLOCK)
            position = os.pread(file.fileno(), end - start, start).rfind(b"\n")
            if position >= 0:
                end = start + position + 1
                break
            end = start
    return length - MAX_LINE_LENGTH if length - end > 2 * MAX_LINE_LENGTH else end


def lines(job: Job, start: int, end: int) -> list[tuple[int, str]]:
    """The redacted lines between two bytes of the log, each with the offset at which it begins."""
    data = _read(job, start, end)
    if not data:
        return []
    offsets = accumulate((len(line) + 1 for line in data.split(b"\n")), initial=start)
    text = masking.redact(data).decode(errors="replace")
    return list(zip(offsets, text.removesuffix("\n").split("\n"), strict=False))


def end_of_line(job: Job, end: int) -> tuple[int, list[str]]:
    """Where the line begins that ends at `end`, and its end, at most MAX_LINE_LENGTH bytes, in the pieces in which the
    runner sent it."""
    start = position = max(0, end - MAX_LINE_LENGTH)
    while position > 0:
        before = max(0, position - _BLOCK)
        # A little more than the block: whether a line continues another is seen at its beginning.
        data = _read(job, before, min(end, position + line_numbers.STAMP_LENGTH))
        found = line_numbers.line_start(data, position - before)
        if found or not before:
            position = before + found
            break
        position = before
    around = max(position, start - masking.MAX_SECRET_LENGTH)
    text = masking.redact(_read(job, around, end)).decode(errors="replace").removesuffix("\n")
    return position, text[-MAX_LINE_LENGTH:].split("\n")


def _read(job: Job, start: int, end: int) -> bytes:
    try:
        with job.trace_path.open("rb") as file:
            file.seek(start)
            return file.read(max(0, end - start))
    except FileNotFoundError:
        return b""


def lines_backwards(job: Job) -> Iterator[bytes]:
    """The stored lines, last one first; none if there is no log.

    Of a line longer than MAX_LINE_LENGTH, at least that much of its end is returned.
    """
    try:
        file = job.trace_path.open("rb")
    except FileNotFoundError:
        return
    with file:
        end, rest = os.fstat(file.fileno()).st_size, b""
        while end > 0:
            start = max(0, end - MAX_LINE_LENGTH)
            first, *others = (os.pread(file.fileno(), end - start, start) + rest).split(b"\n")
            yield from reversed(others)
            end, rest = start, first[-MAX_LINE_LENGTH:]
        yield rest


def tail_offset(job: Job, max_bytes: int, end: int) -> int | None:
    """The offset of the first line that begins within the last `max_bytes` before `end`, 0 if the log is not longer;
    None if no line begins there."""
    if end <= max_bytes:
        return 0
    found = line_numbers.first_line_start(_read(job, end - max_bytes - 1, end))
    return None if found is None else end - max_bytes - 1 + found


def remove(job: Job) -> None:
    job.trace_path.unlink(missing_ok=True)
    unwatch(job)


# --- Whether somebody watches: a file beside the log, which all processes see without a database query ----------------


def _watch_marker(job: Job) -> Path:
    return job.trace_path.with_suffix(".watched")


def watch(job: Job) -> None:
    """Store that somebody is looking at the log right now."""
    with suppress(OSError):  # a full disk keeps nobody from reading
        _watch_marker(job).parent.mkdir(parents=True, exist_ok=True)
        _watch_marker(job).touch()


def is_watched(job: Job) -> bool:
    """Whether somebody has looked within the last WATCH_SECONDS. Removes the marker if not."""
    try:
        age = time.time() - _watch_marker(job).stat().st_mtime
    except FileNotFoundError:
        return False
    if age > WATCH_SECONDS:
        unwatch(job)
    return age <= WATCH_SECONDS


def unwatch(job: Job) -> None:
    _watch_marker(job).unlink(missing_ok=True)
