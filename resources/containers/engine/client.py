"""The registry's own API, asked by this server with tokens that it signs itself (resources.md §3.4)."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from functools import cached_property
from typing import Any, NamedTuple
from urllib.parse import urlencode

import urllib3
from django.conf import settings

from resources.containers.engine.read_only import is_read_only
from resources.containers.engine.tokens import PORTAL, Grant, sign

OCI_MANIFEST = "application/vnd.oci.image.manifest.v1+json"
OCI_INDEX = "application/vnd.oci.image.index.v1+json"
DOCKER_MANIFEST = "application/vnd.docker.distribution.manifest.v2+json"
DOCKER_LIST = "application/vnd.docker.distribution.manifest.list.v2+json"
INDEXES = frozenset({OCI_INDEX, DOCKER_LIST})
MANIFESTS = INDEXES | {OCI_MANIFEST, DOCKER_MANIFEST}
EMPTY_CONFIG = b"{}"
# What we read of a registry that anybody may push to: more is not read.
MAX_DOCUMENT = 4 * 1024**2
_pool = urllib3.PoolManager(
    maxsize=4, retries=False, timeout=urllib3.Timeout(connect=2, read=15), headers={"User-Agent": "token-access"}
)


class EngineError(Exception):
    """The registry cannot be reached, or answers what nobody expects."""


class Reply(NamedTuple):
    status: int
    headers: Mapping[str, str]
    data: bytes


@dataclass(frozen=True, slots=True)
class Document:
    digest: str
    media_type: str
    content: dict[str, Any]
    size: int


@dataclass(frozen=True)
class Engine:
    """One repository of the registry. Every method raises EngineError."""

    path: str

    def tags(self) -> list[str]:
        answer = self._ask("GET", "tags/list", {200, 404})
        if answer.status == 404:
            return []
        return [str(name) for name in _object(answer.data).get("tags") or []]

    def manifest(self, reference: str) -> Document | None:
        """By tag or digest."""
        answer = self._ask("GET", f"manifests/{reference}", {200, 404}, {"Accept": ", ".join(sorted(MANIFESTS))})
        if answer.status == 404:
            return None
        media_type = answer.headers.get("Content-Type", "").partition(";")[0]
        content = _object(answer.data)
        return Document(answer.headers.get("Docker-Content-Digest", ""), media_type, content, len(answer.data))

    def json_blob(self, digest: str) -> dict[str, Any]:
        """Empty for what is missing, too large, or no object."""
        answer = self._ask("GET", f"blobs/{digest}", {200, 404})
        return _object(answer.data) if answer.status == 200 else {}

    def delete_manifest(self, digest: str) -> None:
        """With all tags that lead to it. One that is gone already is as good."""
        self._ask("DELETE", f"manifests/{digest}", {202, 404})

    def delete_tag(self, name: str) -> None:
        """This one alone: it is moved to a manifest of its own, which is deleted. Not while nobody may push."""
        if is_read_only():
            raise EngineError("The container registry's disk is being cleaned up.")
        config = self._put_blob(EMPTY_CONFIG)
        body = {
            "schemaVersion": 2,
            "mediaType": OCI_MANIFEST,
            "config": {"mediaType": "application/vnd.oci.empty.v1+json", "digest": config, "size": len(EMPTY_CONFIG)},
            "layers": [],
            "annotations": {"token-access.deleted-tag": f"{self.path}:{name}"},
        }
        answer = self._ask("PUT", f"manifests/{name}", {201}, {"Content-Type": OCI_MANIFEST}, json.dumps(body).encode())
        self.delete_manifest(answer.headers["Docker-Content-Digest"])

    def _put_blob(self, content: bytes) -> str:
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        if self._ask("HEAD", f"blobs/{digest}", {200, 404}).status == 404:
            place = self._ask("POST", "blobs/uploads/", {202}).headers["Location"]
            # The registry names itself as its clients know it; here it is asked directly.
            upload = place.partition("/v2/")[2].removeprefix(f"{self.path}/")
            headers = {"Content-Type": "application/octet-stream"}
            address = f"{upload}{'&' if '?' in upload else '?'}{urlencode({'digest': digest})}"
            self._ask("PUT", address, {201}, headers, content)
        return digest

    @cached_property
    def _authorization(self) -> str:
        return f"Bearer {sign([Grant('repository', self.path, ('pull', 'push', 'delete'))], PORTAL)}"

    def _ask(
        self,
        method: str,
        address: str,
        expected: set[int],
        headers: Mapping[str, str] | None = None,
        body: bytes | None = None,
    ) -> Reply:
        path = f"/v2/{self.path}/{address}"
        reply = _request(method, path, self._authorization, headers, body)
        if reply.status not in expected or len(reply.data) > MAX_DOCUMENT:
            raise EngineError(f"The container registry answered {reply.status} to {method} {path.partition('?')[0]}")
        return reply


def _request(
    method: str, path: str, authorization: str, headers: Mapping[str, str] | None = None, body: bytes | None = None
) -> Reply:
    """At most one byte more than MAX_DOCUMENT is read."""
    sent = {**(headers or {}), "Authorization": authorization}
    address = f"http://127.0.0.1:{settings.REGISTRY_PORT}{path}"
    try:
        answer = _pool.request(method, address, body=body, headers=sent, preload_content=False, redirect=False)
        try:
            return Reply(answer.status, answer.headers, answer.read(MAX_DOCUMENT + 1))
        finally:
            answer.release_conn()
    except (urllib3.exceptions.HTTPError, OSError) as error:
        raise EngineError(f"The container registry cannot be reached ({type(error).__name__}).") from error


def accepts(token: str) -> bool:
    """Whether the registry takes this token. Raises EngineError."""
    return _request("GET", "/v2/", f"Bearer {token}").status == 200


def _object(data: bytes) -> dict[str, Any]:
    try:
        content = json.loads(data)
    except (ValueError, RecursionError):
        return {}
    return content if isinstance(content, dict) else {}
