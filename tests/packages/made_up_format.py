"""A package format that only the tests have: a form with its fields and a file, as twine sends one."""

from __future__ import annotations

from contextlib import ExitStack
from typing import Any

from django.http import Http404
from django.http.response import HttpResponseBase

from api.rest import ApiError
from blobs.receive import receive_form
from resources.packages.formats import downloads
from resources.packages.formats.package_format import PackageFormat
from resources.packages.formats.uploads import publish
from resources.packages.services import FileKey
from tokenaccess.adapters.plain import ApiRequest, api_view, json_response
from tokenaccess.policy import Action

KIND = "madeup"


def _lookup(values: dict[str, Any]) -> Any:
    return downloads.file_lookup(FileKey(KIND, values["name"], "1", "data")) if "name" in values else None


@api_view(POST=Action.WRITE_PACKAGES, is_upload=True)
def upload(request: ApiRequest, project: str) -> HttpResponseBase:
    with ExitStack() as stack:
        form = stack.enter_context(receive_form(request, "content", max_bytes=FORMAT.max_bytes))
        name = form.fields["name"][0]
        if errors := FORMAT.invalid_names(name=name):
            raise ApiError(400, {"error": ", ".join(errors)})
        key = FileKey(KIND, name, "1", "data")
        return publish(request, stack, form.file, key, respond=lambda file: json_response({"size": file.size}, 201))


@api_view(GET=Action.READ_PACKAGES, joined=_lookup)
def download(request: ApiRequest, project: str, name: str) -> HttpResponseBase:
    if request.access.joined is None:
        raise Http404
    return downloads.send_file(request, request.access.joined, name)


FORMAT = PackageFormat(
    kind=KIND,
    label="Made up",
    routes={
        "projects/<ref:project>/packages/madeup": upload,
        "projects/<ref:project>/packages/madeup/<str:name>": download,
    },
    max_bytes_setting="GENERIC_PACKAGE_BYTES",
    name_rules={"name": str.islower},
    download_path=lambda file: f"/api/v4/projects/{file.package.project_id}/packages/madeup/{file.package.name}",
    fetch_command=lambda file: f"madeup get {file.package.name}",
    publish_command=lambda project: f"madeup put {project.pk}",
)
