"""Downloading one file: asked more often than anything else of packages, so a part of the check's own statement."""

from __future__ import annotations

from typing import NamedTuple

from django.http import HttpRequest
from django.http.response import HttpResponseBase

from blobs import respond
from resources.packages import download_counts
from resources.packages.services import FileKey
from tokenaccess.access.sql.joined_read import JoinedReadParams, TargetJoin
from tokenaccess.access.sql.prepared import read_moment


class FileRow(NamedTuple):
    """A row of NEWEST_FILE."""

    sha256: str
    size: int
    name: str
    created_at: str
    package_id: int
    file_id: int
    md5: str
    sha1: str
    sha512: str


# The newest file of a name.
NEWEST_FILE = TargetJoin(
    "package_file",
    {"kind": "text", "name": "text", "version": "text", "file_name": "text"},
    "file.sha256, file.size, file.name, file.created_at, package.id, file.id, file.md5, file.sha1, file.sha512",
    """
LEFT JOIN packages_package package ON package.project_id = {target} AND package.kind = %(kind)s
    AND package.name = %(name)s AND package.version = %(version)s
LEFT JOIN packages_packagefile file ON file.id = (
    SELECT newest.id FROM packages_packagefile newest
    WHERE newest.package_id = package.id AND newest.name = %(file_name)s ORDER BY newest.id DESC LIMIT 1
)
""",
    decode=FileRow._make,
)


def file_lookup(key: FileKey) -> JoinedReadParams[FileRow] | None:
    """What to read together with the check; None for a key that no database can be asked for."""
    if not (key.name + key.version + key.file_name).isprintable():
        return None
    values = {"kind": key.kind, "name": key.name, "version": key.version, "file_name": key.file_name}
    return JoinedReadParams(NEWEST_FILE, values)


def send_file(request: HttpRequest, row: FileRow, name: str) -> HttpResponseBase:
    """The response to a download; `name` is what the client saves it as."""
    modified = read_moment(row.created_at)
    response = respond.send(request, sha256=row.sha256, size=row.size, name=name, modified=modified)
    if respond.sends_beginning(request, response, row.size):
        download_counts.count(row.file_id, row.package_id)
    return response
