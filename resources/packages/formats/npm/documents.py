"""The documents that npm reads: a package with its versions, whole or abbreviated (resources.md §2.3)."""

from __future__ import annotations

import hashlib
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson

from api.rest import moment
from resources.packages.formats.npm import names
from tokenaccess.access.sql.joined_read import JoinedReadParams, TargetJoin
from tokenaccess.access.sql.prepared import Prepared, read_moment

KIND = "npm"
ABBREVIATED = "application/vnd.npm.install-v1+json"
# What an installation needs of a version.
_ABBREVIATED_KEYS = (
    "name", "version", "deprecated", "dependencies", "devDependencies", "optionalDependencies", "peerDependencies",
    "peerDependenciesMeta", "acceptDependencies", "bundleDependencies", "bundledDependencies", "bin", "directories",
    "engines", "os", "cpu", "libc", "funding", "hasInstallScript", "hasShrinkwrap", "dist",
)  # fmt: skip
# What the whole document says of the package itself: what its latest version says.
COMMON_KEYS = ("description", "author", "bugs", "contributors", "homepage", "keywords", "license", "repository")


@dataclass(frozen=True, slots=True)
class Version:
    """One version; of several projects' the oldest counts: none can replace what another published."""

    package_id: int
    project_id: int
    version: str
    manifest: dict[str, Any]
    file_name: str
    created_at: datetime


# Tells one state of a package from any other: versions are added and taken away, their manifests change, tags move.
_STATE = """
    (
        SELECT json_agg(json_build_array(
            package.id,
            (
                SELECT jsonb_hash_extended(npm.manifest, 0) FROM packages_npmversion npm
                WHERE npm.package_id = package.id
            ),
            (SELECT min(file.id) FROM packages_packagefile file WHERE file.package_id = package.id)
        ))
        FROM packages_package package
        WHERE package.project_id {projects} AND package.kind = 'npm' AND package.name = %(name)s
    ),
    (
        SELECT json_agg(json_build_array(tag.name, tag.package_id)) FROM packages_npmtag tag
        WHERE tag.project_id {projects} AND tag.package_name = %(name)s
    )
"""
# Subqueries, each of which is a probe of an index: as joins they are planned as if there were thousands of versions.
_ROWS = """
    (
        SELECT json_agg(json_build_array(
            package.id, package.project_id, package.version, package.created_at,
            (SELECT CAST(npm.manifest AS text) FROM packages_npmversion npm WHERE npm.package_id = package.id),
            (
                SELECT file.name FROM packages_packagefile file
                WHERE file.package_id = package.id ORDER BY file.id LIMIT 1
            )
        ))
        FROM packages_package package
        WHERE package.project_id = ANY(%(projects)s) AND package.kind = 'npm' AND package.name = %(name)s
    ),
    (
        SELECT json_agg(json_build_array(tag.id, tag.name, package.version))
        FROM packages_npmtag tag JOIN packages_package package ON package.id = tag.package_id
        WHERE tag.project_id = ANY(%(projects)s) AND tag.package_name = %(name)s
    )
"""
_PARAMETERS = {"projects": "bigint[]", "name": "text"}
_STATE_OF_SEVERAL = _STATE.format(projects="= ANY(%(projects)s)")
_STATE_ALONE = Prepared("npm_package_state", _PARAMETERS, _STATE_OF_SEVERAL, "")
_PACKAGE = Prepared("npm_package", _PARAMETERS, f"{_STATE_OF_SEVERAL}, {_ROWS}", "")


def fetch_state(name: str, project_ids: Sequence[int]) -> str:
    """As long as it is the same, so are the documents. One statement."""
    return _to_key(_STATE_ALONE.fetch({"projects": list(project_ids), "name": name}) or [])


def state_lookup(name: str) -> JoinedReadParams[str]:
    """The same of the target alone, read together with the check."""
    return JoinedReadParams(_STATE_OF_TARGET, {"name": name})


def _to_key(state: Sequence[list[Any] | None]) -> str:
    """The database gives rows in any order."""
    return orjson.dumps([sorted(rows or ()) for rows in state]).decode()


_STATE_OF_TARGET = TargetJoin(
    "npm_package_state_of_target",
    {"name": "text"},
    _STATE.format(projects="= readable.id"),
    "LEFT JOIN projects_project readable ON readable.id = {target}",
    decode=_to_key,
    many=True,
)


class NpmPackage:
    """All versions of a name in some projects, and its dist-tags. One statement."""

    def __init__(self, name: str, project_ids: Sequence[int]) -> None:
        self.name = name
        row = _PACKAGE.fetch({"projects": list(project_ids), "name": name}) or [None] * 4
        self.state = _to_key(row[:2])
        versions, tags = (sorted(found or ()) for found in row[2:])
        self.versions: dict[str, Version] = {}
        for package_id, project_id, version, created_at, manifest, file_name in versions:
            if version not in self.versions and manifest is not None and file_name is not None:
                about, at = orjson.loads(manifest), read_moment(created_at)
                self.versions[version] = Version(package_id, project_id, version, about, file_name, at)
        self.tags: dict[str, str] = {tag: version for _, tag, version in reversed(tags)}
        if self.versions and "latest" not in self.tags:
            self.tags["latest"] = str(names.newest(list(self.versions)))

    @property
    def revision(self) -> str:
        """Changes whenever the package does: what `npm unpublish` hands back to say what it saw."""
        seen = [[version.package_id, version.manifest.get("deprecated")] for version in self.versions.values()]
        digest = hashlib.sha256(orjson.dumps([seen, sorted(self.tags.items())])).hexdigest()
        return f"{len(self.versions)}-{digest[:32]}"

    def document(self, url: Callable[[Version], str]) -> dict[str, Any]:
        """`url`: where a version's archive is downloaded."""
        latest = self.versions.get(self.tags.get("latest", ""))
        about = latest.manifest if latest else {}
        dates = {version: moment(row.created_at) for version, row in self.versions.items()}
        return {
            "_id": self.name,
            "_rev": self.revision,
            "name": self.name,
            **{key: about[key] for key in COMMON_KEYS if key in about},
            "dist-tags": self.tags,
            "versions": {
                version: {"_id": f"{self.name}@{version}", **_with_tarball(row, url)}
                for version, row in self.versions.items()
            },
            "time": {"created": self.created, "modified": self.modified, **dates},
        }

    def abbreviated_document(self, url: Callable[[Version], str]) -> dict[str, Any]:
        versions = {version: _abbreviate(_with_tarball(row, url)) for version, row in self.versions.items()}
        return {"name": self.name, "modified": self.modified, "dist-tags": self.tags, "versions": versions}

    @property
    def created(self) -> str | None:
        return moment(min((row.created_at for row in self.versions.values()), default=None))

    @property
    def modified(self) -> str | None:
        return moment(max((row.created_at for row in self.versions.values()), default=None))


def _with_tarball(version: Version, url: Callable[[Version], str]) -> dict[str, Any]:
    return version.manifest | {"dist": {**version.manifest["dist"], "tarball": url(version)}}


def _abbreviate(manifest: dict[str, Any]) -> dict[str, Any]:
    return {key: manifest[key] for key in _ABBREVIATED_KEYS if key in manifest}
