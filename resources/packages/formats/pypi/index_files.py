"""The files of a Python package as its index lists them: asked by every installation, so one prepared statement."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import orjson

from tokenaccess.access.sql.joined_read import JoinedReadParams, TargetJoin
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


# Tells one state of a package's files from any other: ids are never used again, and files never change. What it costs
# is a few probes of an index for each release.
_STATE = """(
    SELECT json_agg(json_build_array(
        package.id,
        (
            SELECT json_build_array(count(*), max(file.id)) FROM packages_packagefile file
            WHERE file.package_id = package.id
        ),
        (SELECT yank.reason FROM packages_yank yank WHERE yank.package_id = package.id)
    ))
    FROM packages_package package
    WHERE package.project_id {projects} AND package.kind = 'pypi' AND package.name = %(name)s
)"""
_FILES = """(
    SELECT json_agg(json_build_array(
        file.id, package.project_id, file.name, package.version, file.sha256, file.size, file.created_at,
        pypi.requires_python, pypi.metadata_id, yank.reason
    ))
    FROM packages_package package
    JOIN packages_packagefile file ON file.package_id = package.id
    JOIN packages_pypifile pypi ON pypi.file_id = file.id
    LEFT JOIN packages_yank yank ON yank.package_id = package.id
    WHERE package.project_id = ANY(%(projects)s) AND package.kind = 'pypi' AND package.name = %(name)s
)"""
_PARAMETERS = {"projects": "bigint[]", "name": "text"}
_STATE_OF_SEVERAL = _STATE.format(projects="= ANY(%(projects)s)")
_STATE_ALONE = Prepared("pypi_index_state", _PARAMETERS, _STATE_OF_SEVERAL, "")
_WHOLE = Prepared("pypi_index_files", _PARAMETERS, f"{_STATE_OF_SEVERAL}, {_FILES}", "")


def fetch_state(projects: Iterable[int], name: str) -> str:
    """As long as it is the same, so is the index. One statement."""
    row = _STATE_ALONE.fetch({"projects": list(projects), "name": name})
    return _to_key(row and row[0])


def state_lookup(name: str) -> JoinedReadParams[str]:
    """The same of the target alone, read together with the check."""
    return JoinedReadParams(_STATE_OF_TARGET, {"name": name})


def fetch_index(projects: Iterable[int], name: str) -> tuple[str, list[IndexFile]]:
    """All files of a package, by its normal name, and the state that they were in. One statement.

    Oldest first, and of several projects' files of one name the oldest: none can replace what another published.
    """
    row = _WHOLE.fetch({"projects": list(projects), "name": name})
    state, rows = row or (None, None)
    files: dict[str, IndexFile] = {}
    for found in sorted(rows or ()):
        file = IndexFile._make(found)
        files.setdefault(file.name, file)
    return _to_key(state), list(files.values())


def _to_key(state: list[list[Any]] | None) -> str:
    """The database gives the rows in any order; the first of each tells it from the others."""
    return orjson.dumps(sorted(state or ())).decode()


_STATE_OF_TARGET = TargetJoin(
    "pypi_index_state_of_target",
    {"name": "text"},
    _STATE.format(projects="= readable.id"),
    "LEFT JOIN projects_project readable ON readable.id = {target}",
    decode=lambda columns: _to_key(columns[0]),
    many=True,
)
