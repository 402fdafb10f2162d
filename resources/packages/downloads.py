"""The way to one file: asked more often than anything else of packages, so a part of the check's own statement."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import NamedTuple

from resources.packages.models import Kind, Package
from tokenaccess.prepared import read_moment
from tokenaccess.statement import Along, Asked

# A fetch is noted at most this often, so that reading does not mean writing.
NOTED_EVERY = timedelta(minutes=10)

# The newest file of a name, for each kind of package.
FILES = {
    kind: Along(
        f"package_file_{kind}",
        {"name": "text", "version": "text", "file_name": "text"},
        "file.sha256, file.size, file.name, package.id, package.last_downloaded_at",
        f"""
LEFT JOIN packages_package package ON package.project_id = {{opened}} AND package.kind = '{kind}'
    AND package.name = %(name)s AND package.version = %(version)s
LEFT JOIN packages_packagefile file ON file.id = (
    SELECT newest.id FROM packages_packagefile newest
    WHERE newest.package_id = package.id AND newest.name = %(file_name)s ORDER BY newest.id DESC LIMIT 1
)
""",  # noqa: S608 - put together from our own words
    )
    for kind in Kind
}


class Found(NamedTuple):
    """The newest file of that name: a row of FILES."""

    sha256: str
    size: int
    name: str
    package_id: int
    last_downloaded_at: str | None


def asked(*, kind: Kind, name: str, version: str, file_name: str) -> Asked:
    return Asked(FILES[kind], {"name": name, "version": version, "file_name": file_name})


def note(found: Found) -> None:
    """Remembers that the package was fetched. One statement every ten minutes, else none."""
    now = datetime.now(UTC)
    if found.last_downloaded_at is None or read_moment(found.last_downloaded_at) < now - NOTED_EVERY:
        Package.objects.filter(pk=found.package_id).update(last_downloaded_at=now)
