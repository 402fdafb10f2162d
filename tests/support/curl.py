"""The real curl, run without anybody's settings."""

from __future__ import annotations

import subprocess
from dataclasses import dataclass
from pathlib import Path


@dataclass(frozen=True)
class Reply:
    status: int
    headers: dict[str, str]
    body: bytes
    exit_code: int
    said: str

    @property
    def text(self) -> str:
        return self.body.decode()


def curl(folder: Path, *arguments: str, stdin: bytes | None = None) -> Reply:
    """One request; headers by lower-case name. `said` is what `-v` would have shown."""
    head, body = folder / "curl-head", folder / "curl-body"
    for path in (head, body):
        path.unlink(missing_ok=True)
    command = ["curl", "-q", "-s", "-v", "-D", str(head), "-o", str(body), "-w", "%{http_code}", *arguments]
    done = subprocess.run(command, input=stdin, cwd=folder, capture_output=True, timeout=120, check=False)
    lines = head.read_bytes().decode().split("\r\n") if head.exists() else []
    headers = {name.lower(): value for name, found, value in (line.partition(": ") for line in lines) if found}
    return Reply(
        int(done.stdout or 0),
        headers,
        body.read_bytes() if body.exists() else b"",
        done.returncode,
        done.stderr.decode(errors="replace"),
    )
