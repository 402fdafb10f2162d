"""An SSH client with a key of its own, and a server to speak to."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path
from secrets import token_hex
from urllib.parse import urlsplit

from identity.secrets import digest
from resources.repositories.ssh.client import prove
from tests.support.git import Git
from tests.support.server import LiveServer

SSHD = shutil.which("sshd", path=f"{os.environ.get('PATH', '')}:/usr/sbin")
IS_THERE = bool(SSHD and shutil.which("ssh") and shutil.which("ssh-keygen"))


def make_key(path: Path, *options: str) -> str:
    """A new key pair; the public one."""
    command = ["ssh-keygen", "-q", "-N", "", "-C", "a@laptop", "-f", str(path), *(options or ("-t", "ed25519"))]
    subprocess.run(command, check=True)
    return path.with_name(f"{path.name}.pub").read_text().strip()


def server_headers(what: str, content: bytes = b"", *, at: float | None = None, secret: str = "") -> dict[str, str]:
    """Of what the SSH server's program asks."""
    claim = f"{int(time.time() if at is None else at)}.{token_hex(16)}"
    proof = prove(secret or digest("secret of the SSH server"), what, claim, content)
    return {"X-SSH-Proof": f"{claim}.{proof}"}


@dataclass
class Ssh:
    """`folder` holds the key pair `key`, and is where git works. `url`: of the SSH server."""

    folder: Path
    url: str
    public_key: str

    @classmethod
    def create(cls, folder: Path, url: str) -> Ssh:
        folder.mkdir(parents=True, exist_ok=True)
        return cls(folder, url, make_key(folder / "key"))

    @property
    def options(self) -> list[str]:
        """Nobody's settings, agent or other keys."""
        known = ("UserKnownHostsFile=" + str(self.folder / "known_hosts"), "StrictHostKeyChecking=accept-new")
        named = [
            part
            for option in (*known, "IdentitiesOnly=yes", "BatchMode=yes", "LogLevel=ERROR")
            for part in ("-o", option)
        ]
        return ["-F", "none", "-i", str(self.folder / "key"), *named]

    def run(self, *words: str, options: tuple[str, ...] = ()) -> subprocess.CompletedProcess[str]:
        """`ssh git@host words`."""
        at = urlsplit(self.url)
        command = ["ssh", *self.options, *options, "-p", str(at.port), f"{at.username}@{at.hostname}", *words]
        return subprocess.run(
            command, capture_output=True, text=True, timeout=120, check=False, stdin=subprocess.DEVNULL
        )

    @property
    def git(self) -> Git:
        return Git(self.folder, [f"core.sshCommand=ssh {' '.join(self.options)}"])

    def at(self, path: str) -> str:
        return f"{self.url}/{path}.git"


def ssh_variables(port: int) -> dict[str, str]:
    return {"TOKENACCESS_SSH": "1", "TOKENACCESS_SSH_PORT": str(port)}


def ssh_url(live: LiveServer, project_id: int) -> str:
    """The server's part of the address that the API names."""
    address: str = live.call("GET", f"/projects/{project_id}").json["ssh_url_to_repo"]
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.netloc}"
