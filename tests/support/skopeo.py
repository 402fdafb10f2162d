"""The real skopeo, without anybody's settings."""

from __future__ import annotations

import json
import re
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

POLICY = '{"default": [{"type": "insecureAcceptAnything"}]}'


@dataclass(frozen=True)
class Run:
    """`errors` is without the times its lines begin with, so that two runs can be compared."""

    ok: bool
    output: str
    errors: str

    @classmethod
    def of(cls, done: subprocess.CompletedProcess[str]) -> Run:
        return cls(done.returncode == 0, done.stdout, re.sub(r'^time="[^"]*" ', "", done.stderr, flags=re.MULTILINE))


@dataclass(frozen=True)
class Skopeo:
    """Signed in as `credentials` ("user:secret"), or as nobody. `host` is the registry's."""

    folder: Path
    host: str
    credentials: str = ""

    def __call__(self, *arguments: str) -> str:
        done = self.run(*arguments)
        assert done.ok, done.errors
        return done.output

    def run(self, *arguments: str) -> Run:
        policy = self.folder / "policy.json"
        policy.write_text(POLICY)
        command = ["skopeo", "--policy", str(policy), "--insecure-policy", *arguments]
        environment = {"PATH": "/usr/bin:/bin", "HOME": str(self.folder), "XDG_RUNTIME_DIR": str(self.folder)}
        done = subprocess.run(command, env=environment, capture_output=True, text=True, timeout=120, check=False)
        return Run.of(done)

    def push(self, folder: Path, image: str, *options: str) -> Run:
        login = self._login("--dest-creds", "--dest-no-creds")
        return self.run("copy", *options, "--dest-tls-verify=false", *login, f"oci:{folder}", self.address(image))

    def pull(self, image: str, folder: Path, *options: str) -> Run:
        login = self._login("--src-creds", "--src-no-creds")
        return self.run("copy", *options, "--src-tls-verify=false", *login, self.address(image), f"oci:{folder}")

    def copy(self, source: str, target: str) -> Run:
        logins = self._login("--src-creds", "--src-no-creds") + self._login("--dest-creds", "--dest-no-creds")
        flags = ["--src-tls-verify=false", "--dest-tls-verify=false", *logins]
        return self.run("copy", "--all", *flags, self.address(source), self.address(target))

    def delete(self, image: str) -> Run:
        return self.run("delete", "--tls-verify=false", *self._login("--creds", "--no-creds"), self.address(image))

    def tags(self, image: str) -> list[str]:
        login = self._login("--creds", "--no-creds")
        listed: dict[str, Any] = json.loads(self("list-tags", "--tls-verify=false", *login, self.address(image)))
        return sorted(listed["Tags"])

    def address(self, image: str) -> str:
        return f"docker://{self.host}/{image}"

    def _login(self, option: str, without: str) -> list[str]:
        return [option, self.credentials] if self.credentials else [without]
