"""The way to one file: asked more often than anything else of packages, so one fixed statement."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import NamedTuple

from django.db import connection
from django.utils import timezone

from resources.packages.models import Kind, Package

# A fetch is noted at most this often, so that reading does not mean writing.
NOTED_EVERY = timedelta(minutes=10)

SQL = """
SELECT file.sha256, file.size, file.name, package.id, package.last_downloaded_at
FROM packages_package package JOIN packages_packagefile file ON file.package_id = package.id
WHERE package.project_id = %s AND package.kind = %s AND package.name = %s AND package.version = %s AND file.name = %s
ORDER BY file.id DESC LIMIT 1
"""


class Found(NamedTuple):
    """The newest file of that name."""

    sha256: str
    size: int
    name: str
    package_id: int
    last_downloaded_at: datetime | None


def find(*, project_id: int, kind: Kind, name: str, version: str, file_name: str) -> Found | None:
    """One statement."""
    with connection.cursor() as cursor:
        cursor.execute(SQL, [project_id, kind.value, name, version, file_name])
        row = cursor.fetchone()
    return None if row is None else Found._make(row)


def note(found: Found) -> None:
    """Remembers that the package was fetched. One statement every ten minutes, else none."""
    now = timezone.now()
    if found.last_downloaded_at is None or _aware(found.last_downloaded_at) < now - NOTED_EVERY:
        Package.objects.filter(pk=found.package_id).update(last_downloaded_at=now)


def _aware(moment: datetime) -> datetime:
    """SQLite hands raw statements a time without its zone, which is UTC."""
    return moment if timezone.is_aware(moment) else moment.replace(tzinfo=timezone.get_default_timezone())
