"""Generic packages: any file under a name and a version (resources.md §2.1)."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

from django.conf import settings
from django.http import Http404, HttpResponse
from django.http.response import HttpResponseBase
from django.utils.translation import gettext_noop

from api.input.fields import Choice
from api.input.parameters import Parameters, query_parameters
from api.operations import BINARY, Operation
from api.rest import ApiError, bad_request
from api.serializers import MessageSerializer
from blobs.receive import receive
from pages.commands import CURL
from projects.models import Project
from resources.packages.api.serializers import StoredFileSerializer
from resources.packages.formats import downloads, generic_names
from resources.packages.formats.package_format import PackageFormat
from resources.packages.formats.uploads import CHALLENGE, NO_DUPLICATES, allows_duplicate, publish
from resources.packages.models import PackageFile, PackageStatus
from resources.packages.services import DuplicateFile, FileKey
from tokenaccess.access.sql.joined_read import JoinedReadParams
from tokenaccess.adapters.plain import ApiRequest, api_view, json_response
from tokenaccess.policy import Action

KIND = "generic"


def _file_key(package_name: str, package_version: str, file_name: str) -> FileKey:
    """A file in a folder is stored under one name, as GitLab does."""
    return FileKey(KIND, package_name, package_version, file_name.replace("/", "%2F"))


def _file_lookup(values: dict[str, Any]) -> JoinedReadParams[downloads.FileRow] | None:
    """Wrong names find nothing; the view says what is wrong with them."""
    return downloads.file_lookup(_file_key(values["package_name"], values["package_version"], values["file_name"]))


class UploadParams(Parameters):
    """`select=package_file`: the answer is the file's record."""

    select = Choice(["package_file"])
    status = Choice(PackageStatus.values)


OPERATIONS = {
    "GET": Operation(returns=BINARY, media_type="application/octet-stream"),
    "PUT": Operation(
        UploadParams,
        MessageSerializer,
        status=201,
        others={200: StoredFileSerializer},
        upload="application/octet-stream",
    ),
}


@api_view(
    GET=Action.READ_PACKAGES,
    PUT=Action.WRITE_PACKAGES,
    challenge=CHALLENGE,
    is_upload=True,
    joined=_file_lookup,
    operations=OPERATIONS,
)
def generic_file(
    request: ApiRequest[downloads.FileRow], project: str, package_name: str, package_version: str, file_name: str
) -> HttpResponseBase:
    row = request.access.joined
    if row is not None:
        return downloads.send_file(request, row, row.name.rpartition("%2F")[2])
    errors = FORMAT.invalid_names(package_name=package_name, package_version=package_version, file_name=file_name)
    if errors:
        raise ApiError(400, {"error": ", ".join(errors)})
    if request.method != "PUT":
        raise Http404
    return _store(request, _file_key(package_name, package_version, file_name))


def _store(request: ApiRequest, key: FileKey) -> HttpResponseBase:
    params = UploadParams.read_values(query_parameters(request))
    status = params.get("status")

    def respond(file: PackageFile) -> HttpResponse:
        if "select" not in params:
            return json_response({"message": "201 Created"}, 201)
        context = {"request": request, "download_path": _download_path}
        return json_response(StoredFileSerializer(context=context).render(file))

    is_unique = not allows_duplicate(request.access.project, key)
    chosen = PackageStatus(status) if status else None
    with ExitStack() as stack:
        upload = stack.enter_context(receive(request, max_bytes=FORMAT.max_bytes))
        try:
            return publish(request, stack, upload, key, respond=respond, status=chosen, is_unique=is_unique)
        except DuplicateFile as error:
            raise bad_request(NO_DUPLICATES) from error


def _download_path(file: PackageFile) -> str:
    package = file.package
    return f"/api/v4/projects/{package.project_id}/packages/{KIND}/{package.name}/{package.version}/{file.path}"


def _fetch_command(file: PackageFile) -> str:
    return f"{CURL} -O {settings.EXTERNAL_URL}{_download_path(file)}"


def _publish_command(project: Project) -> str:
    address = f"{settings.EXTERNAL_URL}/api/v4/projects/{project.pk}/packages/{KIND}/tool/1.0/tool.tar.gz"
    return f"{CURL} --upload-file tool.tar.gz {address}"


_FILE = "<str:package_name>/<str:package_version>/<path:file_name>"

FORMAT = PackageFormat(
    kind=KIND,
    label=gettext_noop("Generic"),
    routes={f"projects/<ref:project>/packages/{KIND}/{_FILE}": generic_file},
    max_bytes_setting="GENERIC_PACKAGE_BYTES",
    name_rules={
        "package_name": generic_names.is_package_name,
        "package_version": generic_names.is_version,
        "file_name": generic_names.is_file_path,
    },
    download_path=_download_path,
    fetch_command=_fetch_command,
    publish_command=_publish_command,
    hot=[generic_file],
)
