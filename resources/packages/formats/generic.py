"""Generic packages: any file under a name and a version (resources.md §2.1)."""

from __future__ import annotations

from contextlib import ExitStack
from functools import partial
from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import Http404, HttpRequest
from django.http.response import HttpResponseBase
from django.urls import URLPattern, path

from blobs import sending
from blobs.hearing import once_heard
from blobs.store import Incoming, TooLarge, let_go
from blobs.uploads import Truncated, blocks_of, is_chunked, promised_length
from config.params import Params
from config.rest import ApiError, bad_request, moment
from resources.packages import downloads, names, services
from resources.packages.models import Kind, PackageFile, Status
from tokenaccess.drf import in_rest
from tokenaccess.gate import Access, confirm
from tokenaccess.plain import ApiRequest, api_view, json_response
from tokenaccess.policy import Action
from tokenaccess.statement import Asked

CHALLENGE = "GitLab Packages Registry"


def _where(package_name: str, package_version: str, file_name: str) -> dict[str, str]:
    """A file in a folder is stored under one name, as the original does."""
    return {"name": package_name, "version": package_version, "file_name": file_name.replace("/", "%2F")}


def _file_asked(values: dict[str, Any]) -> Asked | None:
    """Wrong names find nothing, and are told so afterwards; what cannot be sent to a database is not asked for."""
    where = _where(values["package_name"], values["package_version"], values["file_name"])
    return downloads.asked(kind=Kind.GENERIC, **where) if "".join(where.values()).isprintable() else None


@api_view(GET=Action.READ_PACKAGES, PUT=Action.WRITE_PACKAGES, challenge=CHALLENGE, is_upload=True, along=_file_asked)
def generic_file(
    request: ApiRequest, project: str, package_name: str, package_version: str, file_name: str
) -> HttpResponseBase:
    if request.access.along is not None:
        return _send(request, downloads.Found._make(request.access.along))
    wrong = _wrong(package_name, package_version, file_name)
    if wrong:
        raise ApiError(400, {"error": ", ".join(wrong)})
    if request.method != "PUT":
        raise Http404
    return _store(request, _where(package_name, package_version, file_name))


def _wrong(package_name: str, package_version: str, file_name: str) -> list[str]:
    checks = {
        "package_name": names.is_package_name(package_name),
        "package_version": names.is_version(package_version),
        "file_name": names.is_file_path(file_name),
    }
    return [f"{parameter} is invalid" for parameter, proper in checks.items() if not proper]


def _send(request: ApiRequest, found: downloads.Found) -> HttpResponseBase:
    if request.method != "HEAD":
        downloads.note(found)
    return sending.send(request, sha256=found.sha256, size=found.size, name=found.name.rpartition("%2F")[2])


def _store(request: ApiRequest, where: dict[str, str]) -> HttpResponseBase:
    params = Params(request.GET)
    wants_record = params.choice("select", ["package_file"]) is not None
    status = params.choice("status", Status.values)
    most = settings.GENERIC_PACKAGE_BYTES
    if most and (promised_length(request) or 0) > most:
        raise ApiError(413, "413 Request Entity Too Large")
    with ExitStack() as stack:
        incoming = stack.enter_context(Incoming(most=most))
        _receive(request, incoming)
        stack.enter_context(transaction.atomic())
        with in_rest(CHALLENGE):
            confirm(request, request.access)
        file = _store_file(request.access, incoming, None if status is None else Status(status), where)
        if wants_record:
            answer = json_response(_record(file, request))
        else:
            answer = json_response({"message": "201 Created"}, 201)
        if is_chunked(request):
            return once_heard(answer, stack.pop_all(), partial(let_go, [file.sha256]))
    return answer


def _store_file(access: Access, incoming: Incoming, status: Status | None, where: dict[str, str]) -> PackageFile:
    return services.store_file(
        project=access.project,
        kind=Kind.GENERIC,
        incoming=incoming,
        by=access.user,
        job_id=access.job.id if access.job else None,
        status=status,
        **where,
    )


def _receive(request: HttpRequest, incoming: Incoming) -> None:
    try:
        for block in blocks_of(request):
            incoming.write(block)
    except TooLarge as error:
        raise bad_request("File is too large") from error
    except Truncated as error:
        raise bad_request(str(error)) from error


def _record(file: PackageFile, request: HttpRequest) -> dict[str, Any]:
    package = file.package
    return {
        "id": file.pk,
        "package_id": package.pk,
        "created_at": moment(file.created_at),
        "updated_at": moment(file.created_at),
        "size": file.size,
        "file_store": 1,
        "file_md5": None,
        "file_sha1": None,
        "file_sha256": file.sha256,
        "file_name": file.name,
        "file": {"url": request.build_absolute_uri(file.api_path)},
        "status": package.status,
    }


_FILE = "<str:package_name>/<str:package_version>/<path:file_name>"

urlpatterns: list[URLPattern] = [path(f"projects/<ref:project>/packages/generic/{_FILE}", generic_file)]
