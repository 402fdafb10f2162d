"""The state backend of Terraform and OpenTofu (resources.md §8.1)."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

from django.conf import settings
from django.db import transaction
from django.http import Http404, HttpRequest, HttpResponse
from django.utils.http import content_disposition_header

from api.input.parameters import query_parameters
from api.operations import BINARY, Operation
from api.rest import ApiError, bad_request
from blobs.receive import receive_bytes
from identity.encryption import DecryptionError
from resources.terraform_states import documents, services
from resources.terraform_states.api.params import StateParams
from resources.terraform_states.api.serializers import LockSerializer, StateField
from resources.terraform_states.documents import LOCK_FIELDS, InvalidDocument, StateDocument
from resources.terraform_states.models import StateVersion, TerraformState
from text.numbers import parse_number
from tokenaccess.access.gate import confirm
from tokenaccess.adapters.method_dispatch import dispatch_by_method
from tokenaccess.adapters.plain import ApiRequest, api_view, json_response
from tokenaccess.policy import Action

CHALLENGE = "Terraform state"
READ, WRITE = Action.READ_TERRAFORM_STATES, Action.WRITE_TERRAFORM_STATES
LOCKED = "409 Conflict - the state is locked"
NOT_LOCKED_SO = "409 Conflict - the state is not locked with this ID"
SERIAL_EXISTS = "422 Unprocessable Entity - another state is stored under this serial"
UNREADABLE = "422 Unprocessable Entity - the state was encrypted with a key that this server no longer has"
EMPTY: dict[str, Any] = {"type": "string", "maxLength": 0}
_PLAIN, _JSON = "text/plain", "application/json"
_DOWNLOAD = Operation(returns=BINARY, media_type="application/octet-stream", others={204: None})


def _find(request: ApiRequest, name: str) -> TerraformState:
    """Raises Http404, and ApiError for what no state is called."""
    target = request.access.facts.target
    assert target is not None
    _check_name(name)
    found = TerraformState.objects.filter(project=target.id, name=name).first()
    if found is None:
        raise Http404
    return found


def _check_name(name: str) -> None:
    if not documents.is_state_name(name):
        raise ApiError(400, {"error": "name is invalid"})


@contextmanager
def _refusals() -> Iterator[None]:
    """What a service refuses, as an ApiError."""
    try:
        yield
    except services.StateLocked as error:
        raise ApiError(409, LOCKED) from error
    except services.LockMismatch as error:
        raise ApiError(409, NOT_LOCKED_SO) from error
    except services.SerialExists as error:
        raise ApiError(422, SERIAL_EXISTS) from error
    except InvalidDocument as error:
        raise bad_request(str(error)) from error
    except TerraformState.DoesNotExist as error:
        raise Http404 from error
    except DecryptionError as error:
        raise ApiError(422, UNREADABLE) from error


def _receive(request: HttpRequest, max_bytes: int) -> bytes:
    """Whole before anything is done: what is cut off is no JSON. Raises UploadError, ApiError."""
    content = receive_bytes(request, max_bytes=max_bytes)
    if not documents.has_md5(content, request.META.get("HTTP_CONTENT_MD5", "")):
        raise bad_request("Content-MD5 is not that of the body")
    return content


def _job_id(request: ApiRequest) -> int | None:
    return request.access.job.id if request.access.job else None


def _send(version: StateVersion) -> HttpResponse:
    with _refusals():
        content = services.read_version(version)
    headers = {
        "Cache-Control": "no-store",
        "Content-Disposition": content_disposition_header(True, f"{version.serial}.tfstate") or "attachment",
    }
    return HttpResponse(content, content_type="application/octet-stream", headers=headers)


# --- The state --------------------------------------------------------------------------------------------------------


@api_view(GET=READ, challenge=CHALLENGE, operations={"GET": _DOWNLOAD})
def read_state(request: ApiRequest, project: str, name: str) -> HttpResponse:
    """The current version."""
    newest = _find(request, name).versions.newest()
    return HttpResponse(status=204) if newest is None else _send(newest)


@api_view(
    POST=WRITE,
    challenge=CHALLENGE,
    is_upload=True,
    operations={
        "POST": Operation(
            StateParams, EMPTY, False, 200, _PLAIN, upload=_JSON, content=StateField(), others={204: None}
        )
    },
)
def write_state(request: ApiRequest, project: str, name: str) -> HttpResponse:
    """A new version, while the lock is held under the given ID, or nobody holds it."""
    asked = StateParams.read_values(query_parameters(request))
    _check_name(name)
    content = _receive(request, settings.TERRAFORM_STATE_BYTES)
    if not content:
        return HttpResponse(status=204)
    with _refusals(), services.encrypt_state(StateDocument.parse(content)) as upload, transaction.atomic():
        access = confirm(request, request.access)
        services.store_version(access.project, name, upload, asked["ID"], by=access.user, job_id=_job_id(request))
    return HttpResponse(content_type=_PLAIN)


@api_view(
    DELETE=WRITE, challenge=CHALLENGE, operations={"DELETE": Operation(returns=EMPTY, status=200, media_type=_PLAIN)}
)
def delete_state(request: ApiRequest, project: str, name: str) -> HttpResponse:
    """With all versions. Not while it is locked."""
    with _refusals():
        services.delete_state(_find(request, name), by=request.access.user)
    return HttpResponse(content_type=_PLAIN)


state = dispatch_by_method(GET=read_state, POST=write_state, DELETE=delete_state)


# --- Its lock ---------------------------------------------------------------------------------------------------------


@api_view(
    POST=WRITE,
    challenge=CHALLENGE,
    is_upload=True,
    operations={
        "POST": Operation(
            returns=LockSerializer, status=200, upload=_JSON, content=LockSerializer, others={409: LockSerializer}
        )
    },
)
def lock_state(request: ApiRequest, project: str, name: str) -> HttpResponse:
    """One holder at a time; 409 says who it is. `LOCK` is the same."""
    _check_name(name)
    with _refusals():
        holder = _read_lock(_receive(request, documents.MAX_LOCK_BYTES))
    access = request.access
    try:
        services.lock_state(access.project, name, holder, by=access.user, job_id=access.job.id if access.job else None)
    except services.StateLocked as error:
        return json_response(error.lock, 409)
    return json_response(holder)


def _read_lock(content: bytes) -> dict[str, Any]:
    """Raises InvalidDocument, and ApiError that names what is wrong."""
    holder = documents.parse_object(content or b"{}")
    faults = [f"{field} is missing" for field in LOCK_FIELDS if holder.get(field) is None]
    faults += [f"{field} is invalid" for field in LOCK_FIELDS if not documents.is_lock_field(field, holder.get(field))]
    if faults:
        raise ApiError(400, {"error": ", ".join(faults)})
    return {field: holder[field] for field in LOCK_FIELDS}


@api_view(
    DELETE=WRITE,
    challenge=CHALLENGE,
    is_upload=True,
    operations={
        "DELETE": Operation(returns=EMPTY, status=200, media_type=_PLAIN, upload=_JSON, content=LockSerializer)
    },
)
def unlock_state(request: ApiRequest, project: str, name: str) -> HttpResponse:
    """With the holder's lock as the body; without a body by force. `UNLOCK` is the same."""
    found = _find(request, name)
    with _refusals():
        content = _receive(request, documents.MAX_LOCK_BYTES)
        lock_id = documents.parse_object(content or b"{}").get("ID", "")
    if lock_id != "" and not documents.is_lock_id(lock_id):
        raise ApiError(400, {"error": "ID is invalid"})
    try:
        services.unlock_state(found, lock_id, by=request.access.user)
    except services.LockMismatch:
        return HttpResponse(status=409, content_type=_PLAIN)
    except TerraformState.DoesNotExist as error:
        raise Http404 from error
    return HttpResponse(content_type=_PLAIN)


lock = dispatch_by_method(POST=lock_state, DELETE=unlock_state, aliases={"LOCK": "POST", "UNLOCK": "DELETE"})


# --- Its versions -----------------------------------------------------------------------------------------------------


def _find_version(request: ApiRequest, name: str, serial: str) -> StateVersion:
    number = parse_number(serial)
    if number is None:
        raise ApiError(400, {"error": "serial is invalid"})
    found = _find(request, name).versions.filter(serial=number).select_related("state__project").first()
    if found is None:
        raise Http404
    return found


@api_view(GET=READ, challenge=CHALLENGE, operations={"GET": _DOWNLOAD})
def read_version(request: ApiRequest, project: str, name: str, serial: str) -> HttpResponse:
    return _send(_find_version(request, name, serial))


@api_view(DELETE=WRITE, challenge=CHALLENGE, operations={"DELETE": Operation()})
def delete_version(request: ApiRequest, project: str, name: str, serial: str) -> HttpResponse:
    """Not while the state is locked."""
    with _refusals():
        services.delete_version(_find_version(request, name, serial), by=request.access.user)
    return HttpResponse(status=204)


version = dispatch_by_method(GET=read_version, DELETE=delete_version)
