"""How often each file was downloaded: collected in memory and written as the access log is (`access_log.buffer`), so
that no download waits for it. It is added to the file's row of counts, and the package learns when that was."""

from __future__ import annotations

import threading
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from itertools import islice

from django.db import transaction

from tokenaccess.access_log import buffer, writer

MAX_WAITING = 100_000  # files, in each process

_ADD_COUNTS = """
INSERT INTO packages_downloadcount AS record (file_id, count, last_at)
SELECT file.id, note.count, note.last
FROM {notes}
JOIN packages_packagefile file ON file.id = note.file
WHERE TRUE ORDER BY file.id {lock}
ON CONFLICT (file_id) DO UPDATE SET
    count = record.count + excluded.count, last_at = {later}(record.last_at, excluded.last_at)
"""
_COUNT_FIELDS = {"file": "bigint", "count": "bigint", "last": "timestamptz"}
# An upload may hold its package's row for as long as its client takes. Such a row is passed over: the next download
# sets its time.
_TOUCH_PACKAGES = """
UPDATE packages_package SET last_downloaded_at = seen.at
FROM (
    SELECT package.id, note.last AS at
    FROM {notes}
    JOIN packages_package package ON package.id = note.package
    WHERE package.last_downloaded_at IS NULL OR package.last_downloaded_at < note.last
    ORDER BY package.id {lock}
) seen
WHERE packages_package.id = seen.id
"""
_PACKAGE_FIELDS = {"package": "bigint", "last": "timestamptz"}


@dataclass(slots=True)
class _Tally:
    package: int
    downloads: int
    last: datetime


_lock = threading.Lock()
_waiting: dict[int, _Tally] = {}  # by the file's id


def count(file_id: int, package_id: int) -> None:
    """One download, now."""
    _add(file_id, package_id, 1, datetime.now(UTC))
    buffer.write_soon()


def write(batch_size: int) -> None:
    """Two statements for each batch. Raises what the database raises; what is not written waits for the next time."""
    while batch := _take(batch_size):
        try:
            _write_batch(batch)
        except Exception:
            for file_id, tally in batch.items():
                _add(file_id, tally.package, tally.downloads, tally.last)
            raise


def forget() -> None:
    """For tests: begin anew."""
    with _lock:
        _waiting.clear()


def _add(file_id: int, package_id: int, downloads: int, last: datetime) -> None:
    with _lock:
        tally = _waiting.get(file_id)
        if tally is not None:
            tally.downloads += downloads
            tally.last = max(tally.last, last)
        elif len(_waiting) < MAX_WAITING:
            _waiting[file_id] = _Tally(package_id, downloads, last)


def _take(batch_size: int) -> dict[int, _Tally]:
    with _lock:
        return {file_id: _waiting.pop(file_id) for file_id in list(islice(_waiting, batch_size))}


def _write_batch(batch: Mapping[int, _Tally]) -> None:
    """Files that have been deleted meanwhile are left out. All or nothing: what is tried again must not count twice."""
    counts = [{"file": file_id, "count": tally.downloads, "last": tally.last} for file_id, tally in batch.items()]
    times: dict[int, datetime] = {}
    for tally in batch.values():
        times[tally.package] = max(tally.last, times.get(tally.package, tally.last))
    packages = [{"package": package_id, "last": last} for package_id, last in times.items()]
    with transaction.atomic():
        writer.write_notes(_ADD_COUNTS, _COUNT_FIELDS, counts, lock="FOR KEY SHARE OF file")
        lock = "FOR NO KEY UPDATE OF package SKIP LOCKED"
        writer.write_notes(_TOUCH_PACKAGES, _PACKAGE_FIELDS, packages, lock=lock)
