"""Uploads as twine sends them, and the index as pip reads it."""

from __future__ import annotations

import hashlib
from typing import Any

import orjson
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test.client import BOUNDARY, MULTIPART_CONTENT, encode_multipart

from projects.models import Project
from tests.support.wheels import Built, wheel

JSON = "application/vnd.pypi.simple.v1+json"
WHEEL = wheel("My.Pkg", "1.0", "Requires-Python: >=3.7")
SHA256 = hashlib.sha256(WHEEL.content).hexdigest()


def base(project: Project) -> str:
    return f"/projects/{project.pk}/packages/pypi"


def upload(
    client: Any, project: Project, built: Built = WHEEL, /, name: str = "My.Pkg", **fields: str | list[str]
) -> Any:
    """As twine sends it."""
    file = SimpleUploadedFile(built.file_name, built.content)
    sent = {":action": "file_upload", "protocol_version": "1", "name": name, "version": "1.0", **fields}
    body = encode_multipart(BOUNDARY, {**sent, "content": file})
    return client.post(base(project), body, content_type=MULTIPART_CONTENT)


def body_of(response: Any) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


def index(client: Any, project: Project, name: str = "my-pkg") -> dict[str, Any]:
    answer = client.get(f"{base(project)}/simple/{name}/", headers={"Accept": JSON})
    assert answer.status_code == 200, answer.content
    found: dict[str, Any] = orjson.loads(answer.content)
    return found
