"""Files whose content is kept outside the repository, which then has a pointer in their place.

Apps that keep such files add their own question (in their AppConfig.ready):

    EXTERNAL_FILES.append(describe_pointer)
    EXTERNAL_STORES.append(list_files)
"""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import NamedTuple

from projects.models import Project


class ExternalFile(NamedTuple):
    """`store`: the name of what keeps it, for people. `size` in bytes. `address`: of the page that sends it, and
    `sha256`: of its content among the blobs; "" if it is not there."""

    store: str
    size: int
    address: str
    sha256: str


# (project, content of a file in its repository) → what it points to, None if it is a file like any other.
EXTERNAL_FILES: list[Callable[[Project, bytes], ExternalFile | None]] = []


# (project, most bytes of each) → the SHA-256 of each file that may stand in the place of its pointers, and where it is.
EXTERNAL_STORES: list[Callable[[Project, int], dict[str, Path]]] = []


def list_external_files(project: Project, max_bytes: int) -> dict[str, Path]:
    return {sha256: path for ask in EXTERNAL_STORES for sha256, path in ask(project, max_bytes).items()}


def find_external_file(project: Project, content: bytes) -> ExternalFile | None:
    return next((found for describe in EXTERNAL_FILES if (found := describe(project, content))), None)
