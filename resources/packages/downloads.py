"""The way to one file: asked more often than anything else of packages, so one fixed statement."""

from __future__ import annotations

from datetime import timedelta
from typing import NamedTuple

from django.utils import timezone

from resources.packages.models import Kind, Package
from tokenaccess.prepared import Prepared, read_moment

# A fetch is noted at most this often, so that reading does not mean writing.
NOTED_EVERY = timedelta(minutes=10)

STATEMENT = Prepared(
    "package_download",
    {"project": "bigint", "kind": "text", "name": "text", "version": "text", "file_name": "text"},
    "file.sha256, file.size, file.name, package.id, package.last_downloaded_at",
    """
FROM packages_package package JOIN packages_packagefile file ON file.package_id = package.id
WHERE package.project_id = %(project)s AND package.kind = %(kind)s AND package.name = %(name)s
    AND package.version = %(version)s AND file.name = %(file_name)s
ORDER BY file.id DESC LIMIT 1
""",
)


class Found(NamedTuple):
    """The newest file of that name."""

    sha256: str
    size: int
    name: str
    package_id: int
    last_downloaded_at: str | None


def find(*, project_id: int, kind: Kind, name: str, version: str, file_name: str) -> Found | None:
    """One statement."""
    values = {"project": project_id, "kind": kind.value, "name": name, "version": version, "file_name": file_name}
    row = STATEMENT.fetch(values)
    return None if row is None else Found._make(row)


def note(found: Found) -> None:
    """Remembers that the package was fetched. One statement every ten minutes, else none."""
    now = timezone.now()
    if found.last_downloaded_at is None or read_moment(found.last_downloaded_at) < now - NOTED_EVERY:
        Package.objects.filter(pk=found.package_id).update(last_downloaded_at=now)
