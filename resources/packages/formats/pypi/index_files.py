"""The files of a Python package as its index lists them: asked by every installation, so one prepared statement."""

from __future__ import annotations

from collections.abc import Iterable
from typing import NamedTuple

import orjson

from tokenaccess.access.sql.prepared import Prepared


class IndexFile(NamedTuple):
    """What an index says of one file. `created_at`: for `read_moment`. `yanked`: the reason why its release is, ""
    where nobody gave one; None: not."""

    id: int
    project_id: int
    name: str
    version: str
    sha256: str
    size: int
    created_at: str
    requires_python: str
    metadata_sha256: str | None
    yanked: str | None


_FILES = Prepared(
    "pypi_index_files",
    {"projects": "bigint[]", "name": "text"},
    """json_agg(json_build_array(
        file.id, package.project_id, file.name, package.version, file.sha256, file.size, file.created_at,
        pypi.requires_python, pypi.metadata_id, yank.reason
    ))""",
    """
FROM packages_package package
JOIN packages_packagefile file ON file.package_id = package.id
JOIN packages_pypifile pypi ON pypi.file_id = file.id
LEFT JOIN packages_yank yank ON yank.package_id = package.id
WHERE package.project_id = ANY(%(projects)s) AND package.kind = 'pypi' AND package.name = %(name)s
""",
)


def fetch_index(projects: Iterable[int], name: str) -> str:
    """All files of a package, by its normal name, for `read_index`. One statement."""
    return _FILES.fetch_text({"projects": list(projects), "name": name}) or "[]"


def read_index(rows: str) -> list[IndexFile]:
    """Oldest first, and of several projects' files of one name the oldest: none can replace what another published."""
    found = orjson.loads(rows)
    files: dict[str, IndexFile] = {}
    for row in sorted((found and found[0]) or ()):
        file = IndexFile._make(row)
        files.setdefault(file.name, file)
    return list(files.values())
