"""Terraform modules: upload to a project, and the registry that terraform itself asks (resources.md §8.3)."""

from __future__ import annotations

import re
from contextlib import ExitStack
from typing import Any
from urllib.parse import unquote, urlencode

from django.conf import settings
from django.db import transaction
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect, JsonResponse
from django.http.response import HttpResponseBase

from api.input.fields import Choice, Text
from api.input.parameters import Parameters, query_parameters
from api.operations import BINARY, Operation
from api.rest import ApiError, forbidden
from api.sent_path import sent_path
from api.serializers import MessageSerializer
from blobs.receive import receive
from resources.packages.formats import downloads
from resources.packages.formats.terraform import names
from resources.packages.formats.terraform.modules import (
    KIND,
    REGISTRY,
    find_module,
    is_taken,
    module_document,
    no_version_error,
    versions_document,
)
from resources.packages.formats.terraform.serializers import ModuleSerializer, VersionsSerializer
from resources.packages.formats.terraform.tickets import check_ticket, create_ticket
from resources.packages.formats.uploads import CHALLENGE, allows_duplicate, publish
from resources.packages.models import Package
from resources.packages.services import DuplicateFile, FileKey
from tokenaccess.access.request_state import record_access
from tokenaccess.adapters.drf import refusal_error
from tokenaccess.adapters.pages import public
from tokenaccess.adapters.plain import ApiRequest, api_view, error_response, json_response
from tokenaccess.policy import Action

TAKEN = "A module with that name already exists in the namespace"
# Terraform takes `archive` out of the address before it asks.
_GIVEN_QUERY = re.compile(r"token=([\w%-]{1,1000})(?:&archive=tgz)?", re.ASCII)
EXISTS = "A module with that name and version already exists"


def file_key(name: str, system: str, version: str) -> FileKey:
    return FileKey(KIND, f"{name}/{system}", version, names.file_name(name, system, version))


def module_path(project_id: int, package_name: str, version: str) -> str:
    return f"/api/v4/projects/{project_id}/packages/terraform/modules/{package_name}/{version}"


# --- At a project -----------------------------------------------------------------------------------------------------


@api_view(
    PUT=Action.WRITE_PACKAGES,
    challenge=CHALLENGE,
    is_upload=True,
    operations={"PUT": Operation(returns=MessageSerializer, status=201, upload="application/octet-stream")},
)
def upload_module(request: ApiRequest, project: str, name: str, system: str, version: str) -> HttpResponseBase:
    _check_names(name, system, version)
    key = file_key(name, system, version)
    with ExitStack() as stack:
        upload = stack.enter_context(receive(request, max_bytes=settings.TERRAFORM_MODULE_BYTES))
        stack.enter_context(transaction.atomic())
        if is_taken(request, f"{name}/{system}"):
            raise forbidden(TAKEN)
        try:
            return publish(
                request,
                stack,
                upload,
                key,
                respond=lambda file: json_response({"message": "201 Created"}, 201),
                is_unique=not allows_duplicate(request.access.project, key),
            )
        except DuplicateFile as error:
            raise forbidden(EXISTS) from error


def _check_names(name: str, system: str, version: str) -> None:
    """Raises ApiError."""
    valid = {"name": names.is_name(name), "system": names.is_name(system), "version": names.is_version(version)}
    if not all(valid.values()):
        wrong = [f"module_{field} is invalid" for field, is_valid in valid.items() if not is_valid]
        raise ApiError(400, {"error": ", ".join(wrong)})


class TicketParams(Parameters):
    token = Text(default="")
    archive = Choice(["tgz"])


class DownloadParams(Parameters):
    """`terraform-get=1`: the address of the archive in a header, as terraform asks for it."""

    archive = Choice(["tgz"])

    def get_fields(self) -> dict[str, Any]:
        return {**super().get_fields(), "terraform-get": Choice(["1"])}


_ARCHIVE = Operation(DownloadParams, BINARY, media_type="application/octet-stream", others={204: None})


def _archive_lookup(values: dict[str, Any]) -> Any:
    if "version" not in values:
        return None
    return downloads.file_lookup(file_key(values["name"], values["system"], values["version"]))


@api_view(GET=Action.READ_PACKAGES, challenge=CHALLENGE, joined=_archive_lookup, operations={"GET": _ARCHIVE})
def download_module(
    request: ApiRequest[downloads.FileRow], project: str, name: str, system: str, version: str
) -> HttpResponseBase:
    asked = DownloadParams.read_values(query_parameters(request))
    row = request.access.joined
    if row is None:
        raise no_version_error(f"{name}/{system}")
    if "terraform-get" in asked:
        address = f"{request.build_absolute_uri(sent_path(request))}?archive=tgz"
        return HttpResponse(status=204, headers={"X-Terraform-Get": address})
    return downloads.send_file(request, row, row.name)


@api_view(GET=Action.READ_PACKAGES, challenge=CHALLENGE, operations={"GET": _ARCHIVE})
def download_latest_module(request: ApiRequest, project: str, name: str, system: str) -> HttpResponseBase:
    """Sends on to the highest version."""
    target = request.access.project
    versions = Package.objects.filter(project=target, kind=KIND, name=f"{name}/{system}"[:255])
    known = list(versions.values_list("version", flat=True)) if name.isprintable() and system.isprintable() else []
    if not known:
        raise no_version_error(f"{name}/{system}")
    query = request.META.get("QUERY_STRING", "")
    address = module_path(target.pk, f"{name}/{system}", names.newest(known))
    return HttpResponseRedirect(f"{address}?{query}" if query else address)


# --- The registry -----------------------------------------------------------------------------------------------------


@public
def discovery(request: HttpRequest) -> JsonResponse:
    """Where terraform finds modules on this host."""
    return JsonResponse({"modules.v1": REGISTRY})


def _site(request: HttpRequest) -> str:
    return request.build_absolute_uri("/").rstrip("/")


@api_view(GET=Action.FIND_PACKAGES, challenge=CHALLENGE, operations={"GET": Operation(returns=VersionsSerializer)})
def module_versions(request: ApiRequest, namespace: str, name: str, system: str) -> HttpResponse:
    return json_response(versions_document(find_module(request, namespace, name, system), _site(request)))


@api_view(GET=Action.FIND_PACKAGES, challenge=CHALLENGE, operations={"GET": Operation(returns=ModuleSerializer)})
def module(request: ApiRequest, namespace: str, name: str, system: str, version: str = "") -> HttpResponse:
    """One version, or the highest."""
    found = find_module(request, namespace, name, system)
    return json_response(module_document(found, found.choose(version), _site(request)))


@api_view(GET=Action.FIND_PACKAGES, challenge=CHALLENGE, operations={"GET": Operation(status=204)})
def latest_module_download(request: ApiRequest, namespace: str, name: str, system: str) -> HttpResponse:
    found = find_module(request, namespace, name, system)
    return HttpResponseRedirect(f"{found.address}/{found.choose(None)}/download")


@api_view(GET=Action.FIND_PACKAGES, challenge=CHALLENGE, operations={"GET": Operation(status=204)})
def module_download(request: ApiRequest, namespace: str, name: str, system: str, version: str) -> HttpResponse:
    """Where the archive is; terraform goes there without its credential."""
    found = find_module(request, namespace, name, system)
    chosen = found.choose(version)
    query = urlencode({"token": create_ticket(request, request.access, found.project.id), "archive": "tgz"})
    return HttpResponse(status=204, headers={"X-Terraform-Get": f"{found.address}/{chosen}/file?{query}"})


def module_file(request: HttpRequest, namespace: str, name: str, system: str, version: str) -> HttpResponseBase:
    """The archive, for the ticket in the address alone."""
    try:
        return _send_module(request, file_key(name, system, version))
    except Exception as error:
        return error_response(error)


def _send_module(request: HttpRequest, key: FileKey) -> HttpResponseBase:
    if request.method not in {"GET", "HEAD"}:
        raise ApiError(405, "405 Method Not Allowed", {"Allow": "GET"})
    access = check_ticket(_ticket_of(request), downloads.file_lookup(key))
    record_access(request, access)
    if not access.decision.allowed:
        raise refusal_error(access, CHALLENGE)
    if access.joined is None:
        raise no_version_error(key.name)
    return downloads.send_file(request, access.joined, access.joined.name)


def _ticket_of(request: HttpRequest) -> str:
    """Nearly all come with the address that they were given, whose words need not be looked at one by one."""
    given = _GIVEN_QUERY.fullmatch(request.META.get("QUERY_STRING", ""))
    if given:
        return unquote(given[1])
    return str(TicketParams.read_values(query_parameters(request))["token"])


module_file.own_credential = {"GET": "a ticket that the registry signed"}  # type: ignore[attr-defined]
module_file.operations = {  # type: ignore[attr-defined]
    "GET": Operation(TicketParams, BINARY, media_type="application/octet-stream")
}
