"""The real podman, with a store and settings of its own. It runs no container: it moves images."""

from __future__ import annotations

import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path

from tests.support.skopeo import POLICY, Run


@dataclass(frozen=True)
class Podman:
    folder: Path
    host: str

    @property
    def works(self) -> bool:
        return shutil.which("podman") is not None and self.run("images").ok

    def run(self, *arguments: str, stdin: str = "") -> Run:
        (self.folder / "policy.json").write_text(POLICY)
        store = ["--root", str(self.folder / "store"), "--runroot", str(self.folder / "run")]
        kinds = ["--storage-driver", "vfs", "--cgroup-manager", "cgroupfs", "--events-backend", "none"]
        environment = {
            "PATH": "/usr/sbin:/usr/bin:/sbin:/bin",
            "HOME": str(self.folder),
            "XDG_RUNTIME_DIR": str(self.folder),
            "REGISTRY_AUTH_FILE": str(self.folder / "auth.json"),
        }
        done = subprocess.run(
            ["podman", *store, *kinds, *arguments],
            env=environment,
            input=stdin,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )
        return Run.of(done)

    def __call__(self, *arguments: str, stdin: str = "") -> str:
        done = self.run(*arguments, stdin=stdin)
        assert done.ok, done.errors
        return done.output

    def sign_in(self, login: str, secret: str) -> Run:
        return self.run("login", "--tls-verify=false", "-u", login, "--password-stdin", self.host, stdin=secret)

    def push(self, image: str, name: str) -> Run:
        return self.run("push", "--tls-verify=false", image, f"{self.host}/{name}")

    def pull(self, name: str) -> Run:
        return self.run("pull", "--tls-verify=false", f"{self.host}/{name}")
