"""A client of the REST API, as curl would be one."""

from __future__ import annotations

import json
from typing import Any

from tests.support.response_schema import CheckedClient


class Api:
    """`api.get("/projects/1")`; a dict body is sent as JSON. Answers are Django's responses; `.json()` reads them."""

    def __init__(self, *, token: str = "", job: str = "", headers: dict[str, str] | None = None) -> None:
        self.client = CheckedClient(enforce_csrf_checks=True, raise_request_exception=True)
        self.headers = {name.replace("_", "-"): value for name, value in (headers or {}).items()}
        if token:
            self.headers["PRIVATE-TOKEN"] = token
        if job:
            self.headers["JOB-TOKEN"] = job

    def request(self, method: str, path: str, body: Any = None, **more: Any) -> Any:
        address = path if path.startswith(("/api/", "/access/", "http")) else f"/api/v4{path}"
        headers = {**self.headers, **more.pop("headers", {})}
        kind = more.pop("content_type", "application/json")
        if body is None:
            data: bytes | str = b""
        elif isinstance(body, bytes):
            data = body
        else:
            data = json.dumps(body)
        return self.client.generic(method, address, data, content_type=kind, headers=headers, **more)

    def get(self, path: str, **more: Any) -> Any:
        return self.request("GET", path, **more)

    def post(self, path: str, body: Any = None, **more: Any) -> Any:
        return self.request("POST", path, body, **more)

    def put(self, path: str, body: Any = None, **more: Any) -> Any:
        return self.request("PUT", path, body, **more)

    def patch(self, path: str, body: Any = None, **more: Any) -> Any:
        return self.request("PATCH", path, body, **more)

    def delete(self, path: str, body: Any = None, **more: Any) -> Any:
        return self.request("DELETE", path, body, **more)
