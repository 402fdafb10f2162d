"""The registry spoken to in HTTP, for what skopeo does not do."""

from __future__ import annotations

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import requests

from tests.support.server import LiveServer


@dataclass(frozen=True)
class Registry:
    """As the job that holds `work.token`."""

    live: LiveServer
    work: Any

    def token(self, scopes: str) -> str:
        query = {"service": "container_registry", "scope": scopes}
        answer = requests.get(f"{self.live.url}/jwt/auth", query, auth=("gitlab-ci-token", self.work.token), timeout=30)
        assert answer.status_code == 200, answer.text
        return str(answer.json()["token"])

    def ask(self, method: str, path: str, address: str, scopes: str = "", **more: Any) -> requests.Response:
        token = more.pop("token", "") or self.token(scopes or f"repository:{path}:pull,push")
        headers = {"Authorization": f"Bearer {token}", **more.pop("headers", {})}
        port = self.live.env["TOKENACCESS_REGISTRY_PORT"]
        url = address if address.startswith("http") else f"http://127.0.0.1:{port}/v2/{path}/{address}"
        return requests.request(method, url, headers=headers, timeout=30, **more)

    def get(self, path: str, address: str, token: str = "") -> requests.Response:
        accept = "application/vnd.oci.image.manifest.v1+json"
        return self.ask("GET", path, address, headers={"Accept": accept}, token=token)

    def push(self, folder: Path, path: str, tag: str) -> None:
        """The artifact that `images.artifact` has laid out."""
        descriptor = json.loads((folder / "index.json").read_text())["manifests"][0]
        body = (folder / "blobs/sha256" / descriptor["digest"].partition(":")[2]).read_bytes()
        manifest = json.loads(body)
        for blob in [manifest["config"], *manifest["layers"]]:
            content = (folder / "blobs/sha256" / blob["digest"].partition(":")[2]).read_bytes()
            place = self.ask("POST", path, "blobs/uploads/").headers["Location"]
            self._expect(201, self.ask("PUT", path, f"{place}&digest={blob['digest']}", data=content))
        headers = {"Content-Type": descriptor["mediaType"]}
        self._expect(201, self.ask("PUT", path, f"manifests/{tag}", data=body, headers=headers))

    def _expect(self, status: int, answer: requests.Response) -> None:
        assert answer.status_code == status, answer.text
