"""The real npm in a folder of its own, with nobody's settings and an empty cache."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import Any

TIMEOUT = 120


class Npm:
    """`npm("publish", cwd="demo")`; `token` goes to every address below the server's API, as a job's .npmrc has it."""

    def __init__(self, folder: Path, server: str, registry: str, token: str = "") -> None:
        folder.mkdir(exist_ok=True)
        self.folder = folder
        # npm publishes only with a token for the registry's own address; archives of others lie below the API's.
        places = [address.partition(":")[2] for address in (f"{server}/api/v4/", registry)]
        lines = [f"registry={registry}", "update-notifier=false", "fund=false"]
        lines += [f"{place}:_authToken={token}" for place in places] if token else []
        (folder / ".npmrc").write_text("\n".join(lines) + "\n")
        self.env = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "npm_config_userconfig": str(folder / ".npmrc"),
            "npm_config_cache": str(folder / "cache"),
        }

    def package(self, name: str, version: str = "1.0.0", **fields: Any) -> str:
        """A package with one module; returns its folder."""
        place = self.folder / "package"
        place.mkdir(exist_ok=True)
        (place / "package.json").write_text(json.dumps({"name": name, "version": version, **fields}))
        (place / "index.js").write_text(f"module.exports = {version!r}\n")
        return "package"

    def run(self, *arguments: str, cwd: str = ".", **env: str) -> subprocess.CompletedProcess[str]:
        place = self.folder / cwd
        place.mkdir(exist_ok=True)
        return subprocess.run(
            ["npm", *arguments],
            cwd=place,
            env=self.env | env,
            capture_output=True,
            text=True,
            timeout=TIMEOUT,
            check=False,
        )

    def __call__(self, *arguments: str, cwd: str = ".", **env: str) -> str:
        done = self.run(*arguments, cwd=cwd, **env)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def publish(self, name: str, version: str = "1.0.0", *options: str, **fields: Any) -> str:
        return self("publish", *options, cwd=self.package(name, version, **fields))

    def refusal(self, *arguments: str, cwd: str = ".") -> str:
        """What npm prints when it fails."""
        done = self.run(*arguments, cwd=cwd)
        assert done.returncode != 0, done.stdout
        return done.stderr
