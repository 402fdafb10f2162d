"""The bytes of a large file, read from git while they are sent: it is never held in memory."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator

from projects.repository.git_command import GitCommand
from projects.repository.objects import FileTooLarge
from projects.repository.repository import Repository

MAX_HELD = 1024 * 1024  # bytes; a smaller file is read at once
MAX_BYTES = 1024**3


class BlobStream:
    """Raises GitFailed when git fails in the middle. To be closed."""

    def __init__(self, repository: Repository, blob_id: str) -> None:
        self._command = GitCommand(repository.path, "cat-file", "blob", blob_id)

    def __iter__(self) -> Iterator[bytes]:
        return iter(self._command)

    def close(self) -> None:
        self._command.close()


def check_streamed(repository: Repository, blob_id: str) -> int:
    """The size of a file if it is to be streamed, 0 if it is small. Raises NoSuchFile, FileTooLarge."""
    size = repository.blob_size(blob_id)
    if size > MAX_BYTES:
        raise FileTooLarge(blob_id)
    return size if size > MAX_HELD else 0


def sha256_of(repository: Repository, blob_id: str) -> str:
    """Raises GitFailed."""
    digest, stream = hashlib.sha256(), BlobStream(repository, blob_id)
    try:
        for block in stream:
            digest.update(block)
    finally:
        stream.close()
    return digest.hexdigest()
