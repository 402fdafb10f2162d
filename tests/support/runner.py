"""A runner as strict as the real one: it decodes like it, sends what it sends, and reacts as it would."""

from __future__ import annotations

import json
import zlib
from dataclasses import dataclass
from typing import Any

from tests.support.client import Api
from tests.support.go_decoder import decode

FEATURES = {
    "variables": True,
    "refspecs": True,
    "raw_variables": True,
    "artifacts": True,
    "upload_multiple_artifacts": True,
    "artifacts_exclude": True,
    "cache": True,
    "fallback_cache_keys": True,
    "return_exit_code": True,
    "multi_build_steps": True,
    "cancel_gracefully": False,
}
INFO: dict[str, Any] = {
    "name": "gitlab-runner",
    "version": "19.4.0",
    "revision": "d79f3e7b",
    "platform": "linux",
    "architecture": "amd64",
    "executor": "shell",
    "shell": "bash",
    "features": FEATURES,
}


class FakeRunner:
    def __init__(self, token: str, *, system_id: str = "s_0123456789ab", gracefully: bool = False) -> None:
        self.token = token
        self.system_id = system_id
        self.info: dict[str, Any] = {**INFO, "features": {**FEATURES, "cancel_gracefully": gracefully}}
        self.last_update = ""
        self.api = Api(
            headers={"RUNNER-TOKEN": token, "User-Agent": "gitlab-runner 19.4.0", "Accept": "application/json"}
        )

    def verify(self) -> Any:
        return self.api.post("/runners/verify", {"token": self.token, "system_id": self.system_id, "info": self.info})

    def poll(self) -> Any:
        """One raw job request; keeps the queue's version as the real one does."""
        body: dict[str, Any] = {"token": self.token, "system_id": self.system_id, "info": self.info}
        if self.last_update:
            body["last_update"] = self.last_update
        answer: Any = self.api.post("/jobs/request", body)
        self.last_update = answer.headers.get("X-GitLab-Last-Update") or self.last_update
        return answer

    def take(self) -> Work | None:
        """A job, decoded, or None."""
        answer = self.poll()
        if answer.status_code == 204:
            return None
        assert answer.status_code == 201, (answer.status_code, answer.content)
        assert answer.headers["Content-Type"].split(";")[0] == "application/json"
        return Work(decode(json.loads(answer.content)))

    def work(self) -> Work:
        taken = self.take()
        assert taken is not None, "there is no job for this runner"
        return taken


@dataclass
class Work:
    """A job in the runner's hands."""

    payload: dict[str, Any]
    sent: bytes = b""

    @property
    def id(self) -> int:
        return int(self.payload["id"])

    @property
    def token(self) -> str:
        return str(self.payload["token"])

    @property
    def api(self) -> Api:
        return Api(headers={"JOB-TOKEN": self.token, "User-Agent": "gitlab-runner 19.4.0"})

    @property
    def variables(self) -> dict[str, str]:
        """As the job sees them: of equal keys the last."""
        return {one["key"]: one["value"] for one in self.payload["variables"]}

    def variable(self, key: str) -> dict[str, Any]:
        found: dict[str, Any] = [one for one in self.payload["variables"] if one["key"] == key][-1]
        return found

    def update(self, state: str, **more: Any) -> Any:
        checksum = f"crc32:{zlib.crc32(self.sent):08x}"
        body = {"token": self.token, "state": state, "info": INFO, "checksum": checksum}
        return self.api.put(f"/jobs/{self.id}", {**body, **more})

    def log(self, data: bytes, start: int | None = None) -> Any:
        """Sends a piece of the log, by default the next one."""
        at = len(self.sent) if start is None else start
        answer = self.patch(data, f"{at}-{at + len(data) - 1}")
        if answer.status_code == 202:
            self.sent += data
        return answer

    def patch(self, data: bytes, content_range: str | None) -> Any:
        headers = {} if content_range is None else {"Content-Range": content_range}
        address = f"/jobs/{self.id}/trace?debug_trace=false"
        return self.api.patch(address, data, content_type="text/plain", headers=headers)

    def succeed(self) -> Any:
        return self.update("success")

    def fail(self, reason: str = "script_failure", code: int = 1) -> Any:
        return self.update("failed", failure_reason=reason, exit_code=code)
