"""A Maven repository: deploy and resolve (resources.md §2.4). The client writes the metadata; the server checks it."""

from __future__ import annotations

from contextlib import ExitStack
from datetime import timedelta
from typing import Any

from django.conf import settings
from django.http import HttpResponse
from django.http.response import HttpResponseBase
from django.utils import timezone

from api.operations import BINARY, Operation
from api.rest import ApiError, bad_request, not_found
from blobs.receive import receive
from resources.packages import services
from resources.packages.formats import downloads
from resources.packages.formats.group_lookup import find_projects
from resources.packages.formats.maven import documents
from resources.packages.formats.maven.paths import CHECKSUMS, METADATA, MavenPath, read_path
from resources.packages.formats.uploads import CHALLENGE, NO_DUPLICATES, allows_duplicate, publish
from resources.packages.models import PackageFile
from resources.packages.services import DuplicateFile, FileKey
from tokenaccess.access.sql.joined_read import JoinedReadParams
from tokenaccess.adapters.plain import ApiRequest, api_view
from tokenaccess.policy import Action

KIND = "maven"
MAX_CHECKSUM_BYTES = 1024
MAX_RECENT = 20
# How long an upload is still taken back when its client sends another checksum.
UNDO = timedelta(minutes=10)
DOWNLOAD = Operation(returns=BINARY, media_type="application/octet-stream")
EMPTY: dict[str, Any] = {"type": "string", "maxLength": 0}
DEPLOY = Operation(
    status=200, returns=EMPTY, media_type="text/plain", upload="application/octet-stream", others={204: None}
)


def _lookup(values: dict[str, Any]) -> JoinedReadParams[downloads.FileRow] | None:
    found = read_path(values["path"])
    return None if found is None else downloads.file_lookup(_file_key(found))


def _file_key(path: MavenPath) -> FileKey:
    return FileKey(KIND, path.name, path.version, path.file_name)


@api_view(
    GET=Action.READ_PACKAGES,
    PUT=Action.WRITE_PACKAGES,
    challenge=CHALLENGE,
    is_upload=True,
    joined=_lookup,
    operations={"GET": DOWNLOAD, "PUT": DEPLOY},
)
def project_repository(request: ApiRequest[downloads.FileRow], project: str, path: str) -> HttpResponseBase:
    found = _read_path(path)
    if request.method != "PUT":
        return _send(request, request.access.joined, found)
    if found.checksum:
        return _compare_checksum(request, found)
    return _store(request, found)


@api_view(GET=Action.READ_GROUP_PACKAGES, challenge=CHALLENGE, operations={"GET": DOWNLOAD})
def group_repository(request: ApiRequest, group: str, path: str) -> HttpResponseBase:
    return _find_and_send(request, path)


@api_view(GET=Action.FIND_PACKAGES, challenge=CHALLENGE, operations={"GET": DOWNLOAD})
def instance_repository(request: ApiRequest, path: str) -> HttpResponseBase:
    return _find_and_send(request, path)


def _read_path(path: str) -> MavenPath:
    found = read_path(path)
    if found is None:
        raise ApiError(400, {"error": "path is invalid"})
    return found


# --- Resolve ----------------------------------------------------------------------------------------------------------


def _find_and_send(request: ApiRequest, path: str) -> HttpResponseBase:
    """From the oldest project that has the file: a new one cannot replace what others have used."""
    found = _read_path(path)
    key = _file_key(found)
    lookup = downloads.file_lookup(key)
    for project in find_projects(request, key.kind, name=key.name, version=key.version):
        row = downloads.NEWEST_FILE.read_alone(project.id, lookup.values) if lookup else None
        if row is not None:
            return _send(request, row, found)
    raise not_found("Package")


def _send(request: ApiRequest, row: downloads.FileRow | None, path: MavenPath) -> HttpResponseBase:
    if row is None:
        raise not_found("Package")
    checksums = {"md5": row.md5, "sha1": row.sha1, "sha256": row.sha256, "sha512": row.sha512}
    if path.checksum:
        return HttpResponse(checksums[path.checksum], content_type="text/plain")
    response = downloads.send_file(request, row, row.name)
    for name in ("md5", "sha1"):
        response[f"X-Checksum-{name.upper()}"] = checksums[name]
    return response


# --- Deploy -----------------------------------------------------------------------------------------------------------


def _store(request: ApiRequest, path: MavenPath) -> HttpResponseBase:
    extra = [name for name in CHECKSUMS if name != "sha256"]
    with ExitStack() as stack:
        upload = stack.enter_context(receive(request, max_bytes=settings.MAVEN_PACKAGE_BYTES, extra_digests=extra))
        if not documents.is_valid(path.file_name, upload.path, upload.size):
            raise bad_request(f"{path.file_name} is not valid")
        key = _file_key(path)
        # The metadata changes with each deployment.
        is_unique = path.file_name != METADATA and not allows_duplicate(request.access.project, key)
        try:
            return publish(request, stack, upload, key, respond=lambda file: HttpResponse(), is_unique=is_unique)
        except DuplicateFile as error:
            raise bad_request(NO_DUPLICATES) from error


def _compare_checksum(request: ApiRequest, path: MavenPath) -> HttpResponseBase:
    """204 for SHA-1 and 200 for the others, as GitLab answers. Another upload of that name may have come in between."""
    sent = request.read(MAX_CHECKSUM_BYTES).decode(errors="replace").strip().lower().partition(" ")[0]
    package = {"package__project": request.access.project, "package__kind": KIND, "package__name": path.name}
    files = PackageFile.objects.filter(**package, package__version=path.version, name=path.file_name).order_by("-pk")
    if not files.exists():
        raise not_found("Package")
    if sent not in [getattr(file, path.checksum) for file in files[:MAX_RECENT]]:
        _take_back(request, files)
        raise ApiError(409, "409 Conflict")
    return HttpResponse(status=204 if path.checksum == "sha1" else 200)


def _take_back(request: ApiRequest, files: Any) -> None:
    """Deletes the newest upload if it is the caller's own of just now: it arrived otherwise than it was sent."""
    newest = files.select_related("package__project", "pipeline").first()
    job, user = request.access.job, request.access.user
    is_own = newest.creator == user and (newest.pipeline is not None) == (job is not None)
    if is_own and newest.created_at > timezone.now() - UNDO:
        services.delete_file(newest, by=user)
