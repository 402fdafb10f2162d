"""npm's addresses at a project: publish, read, dist-tags, deprecate, unpublish (resources.md §2.3)."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import ExitStack
from typing import Any

import orjson
from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse
from django.http.response import HttpResponseBase

from api.operations import BINARY, Operation
from blobs.receive import BLOCK, read_blocks
from blobs.store import TemporaryBlob
from resources.packages.formats import downloads
from resources.packages.formats.group_lookup import find_projects
from resources.packages.formats.index_cache import StateChanged, document_response, get_document
from resources.packages.formats.npm import changes, names
from resources.packages.formats.npm.bodies import (
    AUDIT,
    PUT_DOCUMENT,
    PUT_TAG,
    TAGS,
    OkSerializer,
    PackageDocumentSerializer,
)
from resources.packages.formats.npm.documents import ABBREVIATED, KIND, NpmPackage, Version, fetch_state, state_lookup
from resources.packages.formats.npm.publication import DIGESTS, InvalidPublication, Publication, read_publication
from resources.packages.formats.npm.request_body import read_document
from resources.packages.formats.npm.responses import npm_error, npm_view, packages_not_found
from resources.packages.formats.uploads import publish
from resources.packages.models import PackageFile
from resources.packages.protection.refusals import require_unprotected
from resources.packages.services import DuplicateFile, FileKey
from tokenaccess.access.gate import authorize
from tokenaccess.access.id_or_path import IdOrPath
from tokenaccess.access.sql.joined_read import JoinedReadParams
from tokenaccess.adapters.plain import ApiRequest, json_response
from tokenaccess.policy import Action

DEPRECATING = {"deprecate", "undeprecate"}
MAX_DEPRECATION = 4096


def tarball_path(project_id: int, name: str, file_name: str) -> str:
    return f"/api/v4/projects/{project_id}/packages/{KIND}/{name}/-/{file_name}"


# --- A package --------------------------------------------------------------------------------------------------------


def _package_lookup(values: dict[str, Any]) -> JoinedReadParams[str] | None:
    name = values["package"]
    return state_lookup(name) if name.isprintable() else None


@npm_view(
    GET=Action.READ_PACKAGES,
    PUT=Action.WRITE_PACKAGES,
    joined=_package_lookup,
    operations={
        "GET": Operation(returns=PackageDocumentSerializer),
        "PUT": PUT_DOCUMENT,
    },
)
def npm_package(request: ApiRequest[str], project: str, package: str) -> HttpResponseBase:
    """PUT publishes; with the header of `npm deprecate` it changes what the versions say of themselves."""
    if request.method != "PUT":
        if request.access.joined is None:
            raise packages_not_found()
        return package_response(request, package, [_project_id(request)], request.access.joined)
    if request.META.get("HTTP_NPM_COMMAND", "") in DEPRECATING:
        return _deprecate(request, package)
    return _publish(request, package)


def package_response(request: HttpRequest, name: str, projects: Sequence[int], state: str) -> HttpResponseBase:
    """`state`: what `fetch_state` says of it. No statement, or one when the package has changed. Raises ApiError if
    there is none."""
    site = request.build_absolute_uri("/").rstrip("/")
    is_abbreviated = ABBREVIATED in request.META.get("HTTP_ACCEPT", "")

    def url(version: Version) -> str:
        return site + tarball_path(version.project_id, name, version.file_name)

    def make() -> bytes:
        package = NpmPackage(name, projects)
        if not package.versions:
            raise packages_not_found()
        if package.state != state:
            raise StateChanged
        return orjson.dumps(package.abbreviated_document(url) if is_abbreviated else package.document(url))

    try:
        document = get_document(state, (KIND, name, site, is_abbreviated), make)
    except StateChanged:
        return package_response(request, name, projects, fetch_state(name, projects))
    return document_response(request, document, ABBREVIATED if is_abbreviated else "application/json")


def _project_id(request: ApiRequest) -> int:
    assert request.access.facts.target is not None
    return request.access.facts.target.id


def _publish(request: ApiRequest, name: str) -> HttpResponseBase:
    with ExitStack() as stack:
        upload = stack.enter_context(TemporaryBlob(max_bytes=settings.NPM_PACKAGE_BYTES, extra_digests=DIGESTS))
        document = read_document(read_blocks(request), upload)
        try:
            publication = read_publication(name, document, upload)
        except InvalidPublication as error:
            raise npm_error(400, str(error)) from error
        return _store(request, stack, upload, publication)


def _store(request: ApiRequest, stack: ExitStack, upload: TemporaryBlob, asked: Publication) -> HttpResponseBase:
    def details(file: PackageFile) -> None:
        changes.store_version(file.package, asked.manifest, asked.tags)

    def respond(file: PackageFile) -> HttpResponse:
        return json_response({"ok": True})

    key = FileKey(KIND, asked.name, asked.version, asked.file_name)
    try:
        return publish(request, stack, upload, key, respond=respond, is_unique=True, details=details)
    except DuplicateFile as error:
        raise npm_error(403, "Package already exists.") from error


# --- Its archives -----------------------------------------------------------------------------------------------------


def file_key(package: str, file_name: str) -> FileKey:
    """Of an address like `@scope/name/-/@scope/name-1.0.0.tgz`; some registries leave out the scope at its end."""
    base = file_name.rpartition("/")[2]
    version = base.removeprefix(f"{package.rpartition('/')[2]}-").removesuffix(".tgz")
    return FileKey(KIND, package, version, names.file_name(package, version))


def _tarball_lookup(values: dict[str, Any]) -> JoinedReadParams[downloads.FileRow] | None:
    return downloads.file_lookup(file_key(values["package"], values["file_name"]))


@npm_view(
    GET=Action.READ_PACKAGES,
    joined=_tarball_lookup,
    operations={"GET": Operation(returns=BINARY, media_type="application/octet-stream")},
)
def npm_tarball(request: ApiRequest[downloads.FileRow], project: str, package: str, file_name: str) -> HttpResponseBase:
    row = request.access.joined
    if row is None:
        raise npm_error(404, "404 Package Not Found")
    return downloads.send_file(request, row, row.name.rpartition("/")[2])


# --- Dist-tags --------------------------------------------------------------------------------------------------------


@npm_view(GET=Action.READ_PACKAGES, operations={"GET": Operation(returns=TAGS)})
def npm_tags(request: ApiRequest, project: str, package: str) -> HttpResponse:
    return tags_response(NpmPackage(package, [_project_id(request)]))


def tags_response(package: NpmPackage) -> HttpResponse:
    if not package.versions:
        raise packages_not_found()
    return json_response(package.tags)


@npm_view(
    PUT=Action.WRITE_PACKAGES,
    DELETE=Action.DELETE_PACKAGES,
    operations={"PUT": PUT_TAG, "DELETE": Operation()},
)
def npm_tag(request: ApiRequest, project: str, package: str, tag: str) -> HttpResponse:
    """The body of PUT is the version as a JSON string."""
    if request.method == "DELETE":
        if not changes.delete_tag(request.access.project, package, tag):
            raise npm_error(404, "404 Tag Not Found")
        return HttpResponse(status=204)
    if not names.is_tag(tag):
        raise npm_error(400, "Tag name must not be a version or a range of versions.")
    version = _read_json(request)
    found = changes.versions_of(request.access.project, package).filter(version=version).first()
    if found is None:
        raise packages_not_found()
    changes.set_tags(found, [tag])
    return HttpResponse(status=204)


def _read_json(request: HttpRequest) -> str:
    """A short text. Raises ApiError."""
    try:
        text = orjson.loads(request.read(BLOCK))
    except orjson.JSONDecodeError:
        text = None
    if not isinstance(text, str) or not names.is_version(text):
        raise npm_error(400, "Version is invalid.")
    return text


# --- Deprecating and unpublishing -------------------------------------------------------------------------------------


def _deprecate(request: ApiRequest, package: str) -> HttpResponse:
    authorize(request, Action.DELETE_PACKAGES, IdOrPath("id", _project_id(request)))
    words = deprecations(read_body(request))
    known = NpmPackage(package, [_project_id(request)])
    if not known.versions:
        raise packages_not_found()
    words = {version: text for version, text in words.items() if version in known.versions}
    changes.deprecate(request.access.project, package, words)
    return json_response({"ok": True})


def read_body(request: HttpRequest) -> dict[str, Any]:
    """A document without an archive."""
    with TemporaryBlob(max_bytes=1) as nothing:
        document = read_document(read_blocks(request), nothing)
    versions = document.get("versions")
    if not isinstance(versions, dict) or not all(isinstance(row, dict) for row in versions.values()):
        raise npm_error(400, "Versions are missing.")
    return document


def deprecations(document: Mapping[str, Any]) -> dict[str, str]:
    """Version → what the document says of it, "" for nothing."""
    words = {version: row.get("deprecated") or "" for version, row in document["versions"].items()}
    for text in words.values():
        if not isinstance(text, str) or len(text) > MAX_DEPRECATION or "\0" in text:
            raise npm_error(400, f"A deprecation message is a text of at most {MAX_DEPRECATION} characters.")
    return words


@npm_view(
    PUT=Action.DELETE_PACKAGES,
    DELETE=Action.DELETE_PACKAGES,
    operations={
        "PUT": PUT_DOCUMENT,
        "DELETE": Operation(returns=OkSerializer, status=200),
    },
)
@transaction.atomic
def npm_revision(request: ApiRequest, project: str, package: str, revision: str) -> HttpResponse:
    """What `npm unpublish` does: PUT is the document without a version, DELETE the end of all versions.

    Refused when the package is not any more what the client saw.
    """
    target, by = request.access.project, request.access.user
    require_unprotected(request, request.access, Action.DELETE_PACKAGES, KIND, package)
    known = NpmPackage(package, [target.pk])
    if not known.versions:
        raise packages_not_found()
    if revision != known.revision:
        raise npm_error(409, "The package has changed meanwhile.")
    if request.method == "DELETE":
        changes.unpublish(target, package, known.versions, by=by)
        return json_response({"ok": True})
    document = read_body(request)
    _check_reduced(document, known)
    changes.unpublish(target, package, known.versions.keys() - document["versions"].keys(), by=by)
    changes.replace_tags(target, package, document["dist-tags"])
    return json_response({"ok": True})


def _check_reduced(document: Mapping[str, Any], known: NpmPackage) -> None:
    """Raises ApiError unless the document leaves out versions and moves tags, no more."""
    tags, versions = document.get("dist-tags"), document["versions"]
    if not versions.keys() <= known.versions.keys():
        raise npm_error(400, "Versions are published one at a time, with their archive.")
    if not isinstance(tags, dict) or not tags.keys() <= known.tags.keys():
        raise npm_error(400, "dist-tags must be those of the package.")
    if not all(isinstance(version, str) and version in versions for version in tags.values()):
        raise npm_error(400, "dist-tags must name versions of the package.")


@npm_view(DELETE=Action.DELETE_PACKAGES, operations={"DELETE": Operation(returns=OkSerializer, status=200)})
def npm_tarball_revision(
    request: ApiRequest, project: str, package: str, file_name: str, revision: str
) -> HttpResponse:
    """The last step of `npm unpublish`. The version went with the document, so that there is nothing left to do."""
    require_unprotected(request, request.access, Action.DELETE_PACKAGES, KIND, package)
    key = file_key(package, file_name)
    changes.unpublish(request.access.project, package, [key.version], by=request.access.user)
    return json_response({"ok": True})


# --- What npm asks besides --------------------------------------------------------------------------------------------


@npm_view(POST=Action.READ_PACKAGES, operations={"POST": AUDIT})
def npm_audit(request: ApiRequest, project: str, rest: str) -> HttpResponse:
    """No advisories are known here."""
    return json_response({})


# --- Below a group, and on the whole instance -------------------------------------------------------------------------


@npm_view(GET=Action.READ_GROUP_PACKAGES, operations={"GET": Operation(returns=PackageDocumentSerializer)})
def npm_group_package(request: ApiRequest, group: str, package: str) -> HttpResponseBase:
    return _package_of_several(request, package, _find_in_group(request, package))


@npm_view(GET=Action.READ_GROUP_PACKAGES, operations={"GET": Operation(returns=TAGS)})
def npm_group_tags(request: ApiRequest, group: str, package: str) -> HttpResponse:
    return tags_response(NpmPackage(package, _find_in_group(request, package)))


@npm_view(POST=Action.READ_GROUP_PACKAGES, operations={"POST": AUDIT})
def npm_group_audit(request: ApiRequest, group: str, rest: str) -> HttpResponse:
    return json_response({})


@npm_view(GET=Action.FIND_PACKAGES, operations={"GET": Operation(returns=PackageDocumentSerializer)})
def npm_instance_package(request: ApiRequest, package: str) -> HttpResponseBase:
    return _package_of_several(request, package, _find_by_scope(request, package))


@npm_view(GET=Action.FIND_PACKAGES, operations={"GET": Operation(returns=TAGS)})
def npm_instance_tags(request: ApiRequest, package: str) -> HttpResponse:
    return tags_response(NpmPackage(package, _find_by_scope(request, package)))


@npm_view(POST=Action.FIND_PACKAGES, operations={"POST": AUDIT})
def npm_instance_audit(request: ApiRequest, rest: str) -> HttpResponse:
    return json_response({})


def _package_of_several(request: ApiRequest, package: str, projects: list[int]) -> HttpResponseBase:
    return package_response(request, package, projects, fetch_state(package, projects))


def _find_in_group(request: ApiRequest, package: str, namespace: str | None = None) -> list[int]:
    """The projects that have it."""
    if not names.is_package_name(package):
        raise packages_not_found()
    projects = find_projects(request, KIND, name=package, namespace=namespace)
    return [project.id for project in projects]


def _find_by_scope(request: ApiRequest, package: str) -> list[int]:
    """The scope says in which top-level group to look; without one there is nowhere to."""
    scope, slash, _ = package.removeprefix("@").partition("/")
    if not slash:
        raise packages_not_found()
    return _find_in_group(request, package, namespace=scope)
