"""What `npm publish` sends, and a client that sends it."""

from __future__ import annotations

import base64
import hashlib
from typing import Any

ARCHIVE = b"not really a gzip file, and nobody minds" * 10
ABBREVIATED = {"Accept": "application/vnd.npm.install-v1+json; q=1.0, application/json; q=0.8, */*"}


def base(project: Any) -> str:
    return f"/projects/{project.pk}/packages/npm"


def publication(name: str = "@acme/demo", version: str = "1.0.0", data: bytes = ARCHIVE, **manifest: Any) -> Any:
    """What `npm publish` sends."""
    integrity = "sha512-" + base64.b64encode(hashlib.sha512(data).digest()).decode()
    dist = {"integrity": integrity, "shasum": hashlib.sha1(data).hexdigest(), "tarball": "http://anywhere/"}
    attachment = {
        "content_type": "application/octet-stream",
        "data": base64.b64encode(data).decode(),
        "length": len(data),
    }
    return {
        "_id": name,
        "name": name,
        "dist-tags": {"latest": version},
        "versions": {version: {"name": name, "version": version, "readme": "long", "_x": 1, "dist": dist, **manifest}},
        "access": None,
        "_attachments": {f"{name}-{version}.tgz": attachment},
    }


def put(client: Any, project: Any, document: Any = None) -> Any:
    document = document or publication()
    return client.put(f"{base(project)}/{document.get('name', 'x').replace('/', '%2f')}", document)


def publish(client: Any, project: Any, *versions: str, name: str = "@acme/demo", **manifest: Any) -> None:
    for version in versions:
        answer = put(client, project, publication(name, version, **manifest))
        assert answer.status_code == 200, answer.content
