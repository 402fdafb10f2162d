"""Which objects are there, and their bytes both ways (resources.md §1.5): the batch API and its basic transfer."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.parse import quote

from django.conf import settings
from django.db import transaction
from django.http import HttpResponse
from django.http.response import HttpResponseBase

from blobs import respond
from blobs.errors import TooLarge
from blobs.receive import content_length, receive
from identity.credentials.table import Surface
from resources.lfs import objects
from resources.lfs.documents import UPLOAD, Batch, BatchObject, InvalidDocument
from resources.lfs.models import LfsObject
from resources.lfs.pointers import is_oid
from resources.lfs.refusals import NOT_FOUND, error_response, lfs_response
from resources.lfs.views.entrance import LfsRequest, lfs_view, read_document, require, target_id
from text.numbers import parse_number
from tokenaccess.access.gate import confirm
from tokenaccess.policy import Action

ABSENT = "Object does not exist on the server or you don't have permissions to access it"
OTHER_SIZE = "The object has another size here"
MISMATCH = "The content does not have the announced SHA-256 and size; nothing was stored"


@lfs_view(**{"POST": Action.DOWNLOAD_CODE, "POST operation=upload": Action.PUSH_CODE})
def batch(request: LfsRequest, project_path: str) -> HttpResponse:
    """For each object what to do with it: nothing, if it need not be uploaded; or an error of its own."""
    asked = Batch.parse(read_document(request))
    if asked.operation == UPLOAD:
        require(request, Action.PUSH_CODE)
    oids = [one.oid for one in asked.objects if not one.fault]
    if asked.operation == UPLOAD:
        objects.note_asked(target_id(request), oids)  # first: what is found after it is not deleted before the push
    known = objects.sizes_of(target_id(request), oids)
    answer = _upload if asked.operation == UPLOAD else _download
    found = [answer(request, project_path, one, known) for one in asked.objects]
    return lfs_response({"transfer": "basic", "objects": found, "hash_algo": "sha256"})


def _download(request: LfsRequest, project_path: str, item: BatchObject, known: Mapping[str, int]) -> dict[str, Any]:
    if item.fault:
        return _error(item, 422, item.fault)
    if item.oid not in known:
        return _error(item, 404, ABSENT)
    if known[item.oid] != item.size:
        return _error(item, 422, OTHER_SIZE)
    actions = {"download": _link(request, f"/{project_path}.git/gitlab-lfs/objects/{item.oid}")}
    return {"oid": item.oid, "size": item.size, "authenticated": True, "actions": actions}


def _upload(request: LfsRequest, project_path: str, item: BatchObject, known: Mapping[str, int]) -> dict[str, Any]:
    if item.fault:
        return _error(item, 422, item.fault)
    if known.get(item.oid, item.size) != item.size:
        return _error(item, 422, OTHER_SIZE)
    if _is_too_large(item.size):
        return _error(item, 422, _too_large())
    found = {"oid": item.oid, "size": item.size, "authenticated": True}
    if item.oid in known:
        return found
    return found | {
        "actions": {
            "upload": _link(request, f"/{project_path}.git/gitlab-lfs/objects/{item.oid}/{item.size}"),
            "verify": _link(request, f"/{project_path}.git/info/lfs/verify"),
        }
    }


def _error(item: BatchObject, code: int, message: str) -> dict[str, Any]:
    return {"oid": item.oid, "size": item.size, "error": {"code": code, "message": message}}


def _link(request: LfsRequest, path: str) -> dict[str, Any]:
    """With the credential that the client came with, so that it need not ask for one again."""
    authorization = request.headers.get("Authorization")
    header = {"Authorization": authorization} if authorization else {}
    return {"href": request.build_absolute_uri(quote(path)), "header": header}


def _is_too_large(size: int) -> bool:
    return bool(settings.LFS_OBJECT_BYTES) and size > settings.LFS_OBJECT_BYTES


def _too_large() -> str:
    return f"The object is larger than {settings.LFS_OBJECT_BYTES} bytes, which is the limit here"


@lfs_view(GET=Action.DOWNLOAD_CODE)
def download(request: LfsRequest, project_path: str, oid: str) -> HttpResponseBase:
    """Whole or in part: git-lfs goes on where a download was broken off."""
    row = LfsObject.objects.filter(project=target_id(request), blob=oid).first() if is_oid(oid) else None
    if row is None:
        return error_response(404, NOT_FOUND)
    return respond.send(request, sha256=oid, size=row.size, name=oid, modified=row.created_at)


@lfs_view(PUT=Action.PUSH_CODE)
def upload(request: LfsRequest, project_path: str, oid: str, size: str) -> HttpResponse:
    """The content is proof and key at once: it is stored only if it has this SHA-256 and size.

    No 422: git-lfs takes that for a matter of content types, and pushes the commit all the same.
    """
    wanted = parse_number(size)
    if not is_oid(oid) or wanted is None:
        return error_response(404, NOT_FOUND)
    if _is_too_large(wanted):
        return error_response(413, _too_large())
    if (content_length(request) or wanted) != wanted:
        return error_response(400, MISMATCH)
    try:
        with receive(request, max_bytes=max(wanted, 1)) as received, transaction.atomic():
            access, job = confirm(request, request.access, surface=Surface.LFS), request.access.job
            by, job_id = access.user, job.id if job else None
            objects.store_object(access.project, received, oid=oid, size=wanted, by=by, job_id=job_id)
    except (objects.ContentMismatch, TooLarge):
        return error_response(400, MISMATCH)
    return lfs_response({})


@lfs_view(POST=Action.PUSH_CODE)
def verify(request: LfsRequest, project_path: str) -> HttpResponse:
    """Whether an upload has arrived. It only looks."""
    document = read_document(request)
    item = BatchObject(document.get("oid"), document.get("size"))
    if item.fault:
        raise InvalidDocument(item.fault)
    known = objects.sizes_of(target_id(request), [item.oid])
    if item.oid not in known:
        return error_response(404, ABSENT)
    return lfs_response({}) if known[item.oid] == item.size else error_response(422, OTHER_SIZE)
