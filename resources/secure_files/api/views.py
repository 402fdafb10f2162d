"""Secure files by REST (resources.md §10)."""

from __future__ import annotations

from django.db import transaction
from django.db.models import QuerySet
from django.http import Http404, HttpResponse
from django.utils.http import content_disposition_header
from rest_framework.request import Request

from api.input.nested_form import nest
from api.input.parameters import merge, query_parameters
from api.operations import BINARY, Operation, operation
from api.rest import ApiError
from blobs.receive import receive_small_form
from identity.encryption import DecryptionError
from resources.secure_files import services
from resources.secure_files.api.params import NewSecureFile
from resources.secure_files.api.serializers import SecureFileSerializer
from resources.secure_files.models import SecureFile
from tokenaccess.access.gate import confirm
from tokenaccess.access.result import Access
from tokenaccess.adapters.drf import GatedView
from tokenaccess.adapters.plain import ApiRequest, api_view, json_response
from tokenaccess.policy import Action

UNREADABLE = "422 Unprocessable Entity - the file was encrypted with a key that this server no longer has"
UPLOAD = Operation(NewSecureFile, SecureFileSerializer, upload="multipart/form-data")


def _files(access: Access) -> QuerySet[SecureFile]:
    assert access.facts.target is not None
    return SecureFile.objects.filter(project=access.facts.target.id)


def _find(access: Access, pk: int) -> SecureFile:
    found = _files(access).select_related("project").filter(pk=pk).first()
    if found is None:
        raise Http404
    return found


class SecureFileList(GatedView):
    actions = {"GET": Action.READ_SECURE_FILES}

    @operation(returns=SecureFileSerializer, many=True)
    def get(self, request: Request, project: str) -> QuerySet[SecureFile]:
        return _files(self.access).order_by("id")


class OneSecureFile(GatedView):
    actions = {"GET": Action.READ_SECURE_FILES, "DELETE": Action.MANAGE_SECURE_FILES}

    @operation(returns=SecureFileSerializer)
    def get(self, request: Request, project: str, secure_file_id: int) -> SecureFile:
        return _find(self.access, secure_file_id)

    @operation()
    def delete(self, request: Request, project: str, secure_file_id: int) -> None:
        try:
            services.delete_file(_find(self.access, secure_file_id), by=self.access.user)
        except SecureFile.DoesNotExist as error:
            raise Http404 from error


@api_view(POST=Action.MANAGE_SECURE_FILES, is_upload=True, operations={"POST": UPLOAD})
def add(request: ApiRequest, project: str) -> HttpResponse:
    """A form with `name` and the part `file`, which the right to store is asked for again once it is in."""
    form = receive_small_form(request, "file", max_bytes=services.MAX_BYTES)
    pairs = [(name, value) for name, values in form.fields.items() for value in values]
    name = NewSecureFile.read_values(merge(query_parameters(request), nest(pairs)))["name"]
    with services.encrypt_file(name, form.file.content) as upload, transaction.atomic():
        access = confirm(request, request.access)
        file = services.store_file(access.project, upload, by=access.user)
    return json_response(SecureFileSerializer().render(file), 201)


@api_view(
    GET=Action.READ_SECURE_FILES,
    operations={"GET": Operation(returns=BINARY, media_type="application/octet-stream")},
)
def download(request: ApiRequest, project: str, secure_file_id: int) -> HttpResponse:
    file = _find(request.access, secure_file_id)
    try:
        content = services.read_file(file)
    except DecryptionError as error:
        raise ApiError(422, UNREADABLE) from error
    headers = {
        "Cache-Control": "no-store",
        "Content-Disposition": content_disposition_header(True, file.name) or "attachment",
    }
    return HttpResponse(content, content_type="application/octet-stream", headers=headers)
