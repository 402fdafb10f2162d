"""Python packages: upload, index and download (resources.md §2.2)."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial
from typing import Any

from django.conf import settings
from django.http import Http404, HttpResponseRedirect
from django.http.response import HttpResponseBase
from django.utils.encoding import iri_to_uri

from api.operations import BINARY, Operation
from api.rest import bad_request, not_found
from api.serializers import MessageSerializer
from blobs import respond, store
from blobs.receive import receive_form
from blobs.store import TemporaryBlob
from resources.packages.formats import downloads
from resources.packages.formats.group_lookup import find_projects
from resources.packages.formats.pypi import names, simple_index
from resources.packages.formats.pypi.distribution import EXTRA_DIGESTS, Distribution, read_distribution
from resources.packages.formats.pypi.index_files import fetch_state, state_lookup
from resources.packages.formats.uploads import CHALLENGE, publish
from resources.packages.models import Package, PackageFile, PypiFile
from resources.packages.services import DuplicateFile, FileKey
from tokenaccess.access.sql.joined_read import JoinedReadParams
from tokenaccess.adapters.plain import ApiRequest, api_view, json_response
from tokenaccess.policy import Action

KIND = "pypi"
METADATA = ".metadata"

INDEX = {"GET": Operation(returns=BINARY, media_type="text/html")}
FILE = {"GET": Operation(returns=BINARY, media_type="application/octet-stream")}
UPLOAD = {"POST": Operation(returns=MessageSerializer, upload="multipart/form-data")}


# --- Upload -----------------------------------------------------------------------------------------------------------


@api_view(POST=Action.UPLOAD_PACKAGE, challenge=CHALLENGE, is_upload=True, operations=UPLOAD)
def upload(request: ApiRequest, project: str) -> HttpResponseBase:
    """What `twine upload` sends. A file that is there already is never replaced: its digest stands in lock files."""
    with ExitStack() as stack:
        received = receive_form(request, "content", max_bytes=settings.PYPI_PACKAGE_BYTES, extra_digests=EXTRA_DIGESTS)
        form = stack.enter_context(received)
        found = read_distribution(form)
        details = partial(_store_details, found, _temporary_metadata(stack, found.metadata))
        key = FileKey(KIND, *found.release, found.file_name)
        try:
            return publish(request, stack, form.file, key, respond=_created_response, is_unique=True, details=details)
        except DuplicateFile as error:
            raise bad_request("Validation failed: File name has already been taken") from error


def _created_response(file: PackageFile) -> Any:
    return json_response({"message": "201 Created"}, 201)


def _temporary_metadata(stack: ExitStack, metadata: bytes | None) -> TemporaryBlob | None:
    """Held by the stack, as the file itself, until the transaction around both has ended."""
    if metadata is None:
        return None
    blob = stack.enter_context(TemporaryBlob())
    blob.write(metadata)
    return blob


def _store_details(found: Distribution, metadata: TemporaryBlob | None, file: PackageFile) -> None:
    entry = PypiFile(file=file, requires_python=found.requires_python)
    if metadata is None:
        entry.save(force_insert=True)
        return
    with store.commit(metadata) as blob:
        entry.metadata = blob
        entry.save(force_insert=True)


# --- Index ------------------------------------------------------------------------------------------------------------


def _index_lookup(values: dict[str, Any]) -> JoinedReadParams[str] | None:
    name = values["package_name"]
    return state_lookup(names.normalize_name(name)) if names.is_name(name) else None


@api_view(GET=Action.READ_PACKAGES, challenge=CHALLENGE, joined=_index_lookup, operations=INDEX)
def package_index(request: ApiRequest[str], project: str, package_name: str) -> HttpResponseBase:
    """By any form of its name."""
    state = request.access.joined
    if state is None:
        raise not_found("Package")
    return simple_index.files_response(request, names.normalize_name(package_name), [_project_id(request)], state)


@api_view(GET=Action.READ_PACKAGES, challenge=CHALLENGE, operations=INDEX)
def name_index(request: ApiRequest, project: str) -> HttpResponseBase:
    return simple_index.names_response(request, _names_in([_project_id(request)]))


@api_view(GET=Action.READ_GROUP_PACKAGES, challenge=CHALLENGE, operations=INDEX)
def group_package_index(request: ApiRequest, group: str, package_name: str) -> HttpResponseBase:
    """Of all projects below the group whose packages the caller may read."""
    if not names.is_name(package_name):
        raise not_found("Package")
    name = names.normalize_name(package_name)
    projects = [project.id for project in find_projects(request, KIND, name=name)]
    return simple_index.files_response(request, name, projects, fetch_state(projects, name))


@api_view(GET=Action.READ_GROUP_PACKAGES, challenge=CHALLENGE, operations=INDEX)
def group_name_index(request: ApiRequest, group: str) -> HttpResponseBase:
    projects = find_projects(request, KIND)
    return simple_index.names_response(request, _names_in([project.id for project in projects]))


def _project_id(request: ApiRequest) -> int:
    target = request.access.facts.target
    assert target is not None
    return target.id


def _names_in(projects: list[int]) -> list[str]:
    packages = Package.objects.filter(project__in=projects, kind=KIND)
    return list(packages.order_by("name").values_list("name", flat=True).distinct())


# --- Download ---------------------------------------------------------------------------------------------------------


def _file_lookup(values: dict[str, Any]) -> JoinedReadParams[downloads.FileRow] | None:
    """The release is in the file's name."""
    file_name = values["file_name"].removesuffix(METADATA)
    release = names.release_of_file(file_name)
    return None if release is None else downloads.file_lookup(FileKey(KIND, *release, file_name))


@api_view(GET=Action.READ_PACKAGES, challenge=CHALLENGE, joined=_file_lookup, operations=FILE)
def package_file(request: ApiRequest[downloads.FileRow], project: str, sha256: str, file_name: str) -> HttpResponseBase:
    """A file with that digest, or with `.metadata` behind its name the metadata of that wheel."""
    row = request.access.joined
    if row is None or row.sha256 != sha256:
        raise Http404
    if file_name.endswith(METADATA):
        return _send_metadata(request, row, file_name)
    return downloads.send_file(request, row, row.name)


def _send_metadata(request: ApiRequest, row: downloads.FileRow, file_name: str) -> HttpResponseBase:
    entries = PypiFile.objects.select_related("metadata", "file").exclude(metadata=None)
    entry = entries.filter(file__package=row.package_id, file__name=row.name).first()
    if entry is None or entry.metadata is None:
        raise Http404
    blob = entry.metadata
    return respond.send(request, sha256=blob.sha256, size=blob.size, name=file_name, modified=entry.file.created_at)


@api_view(GET=Action.READ_GROUP_PACKAGES, challenge=CHALLENGE, operations=FILE)
def group_package_file(request: ApiRequest, group: str, sha256: str, file_name: str) -> HttpResponseBase:
    """Sends on to the file's project; the index names that one at once."""
    release = names.release_of_file(file_name.removesuffix(METADATA))
    if release is None:
        raise Http404
    for project in find_projects(request, KIND, **release._asdict()):
        if PackageFile.objects.filter(package__project=project.id, package__kind=KIND, blob=sha256).exists():
            return HttpResponseRedirect(iri_to_uri(simple_index.file_path(project.id, sha256, file_name)))
    raise Http404
