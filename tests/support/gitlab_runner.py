"""The real gitlab-runner, registered and running in a folder of its own with the shell executor.

with running_runner(tmp_path, live, token) as runner:
    …                      # it asks for jobs once a second
runner.log.read_text()
"""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from tests.support.git import NOBODY
from tests.support.server import LiveServer

STOPS_WITHIN = 30


def find_binary() -> str | None:
    """What `GITLAB_RUNNER` names, or `gitlab-runner` on PATH."""
    return shutil.which(os.environ.get("GITLAB_RUNNER") or "gitlab-runner")


@dataclass(frozen=True)
class Installation:
    """The binary with a home of its own; `log` is what `run` prints."""

    binary: str
    home: Path

    @property
    def config(self) -> Path:
        return self.home / "config.toml"

    @property
    def log(self) -> Path:
        return self.home / "runner.log"

    def command(self, name: str, *arguments: str) -> list[str]:
        return [self.binary, name, "--config", str(self.config), *arguments]

    @property
    def env(self) -> dict[str, str]:
        return {"PATH": os.environ["PATH"], "HOME": str(self.home), **NOBODY}

    def __call__(self, name: str, *arguments: str) -> str:
        """One short command, such as `register`; what it printed. Fails when it does."""
        status, said = self.run(name, *arguments)
        assert status == 0, said
        return said

    def refusal(self, name: str, *arguments: str) -> str:
        """What it complained about; fails when it does not."""
        status, said = self.run(name, *arguments)
        assert status != 0, said
        return said

    def run(self, name: str, *arguments: str) -> tuple[int, str]:
        command = self.command(name, *arguments)
        done = subprocess.run(
            command, env=self.env, cwd=self.home, capture_output=True, text=True, timeout=120, check=False
        )
        return done.returncode, done.stdout + done.stderr


def install(folder: Path) -> Installation:
    """Asks for a job every second, and for one at a time."""
    binary = find_binary()
    assert binary is not None, "there is no gitlab-runner here"
    folder.mkdir(parents=True)
    made = Installation(binary, folder)
    made.config.write_text("concurrent = 1\ncheck_interval = 1\nshutdown_timeout = 5\n")
    return made


@contextmanager
def running_runner(folder: Path, live: LiveServer, token: str) -> Iterator[Installation]:
    installed = install(folder)
    where = ["--url", live.url, "--token", token, "--executor", "shell", "--shell", "bash"]
    installed("register", "--non-interactive", *where)
    command = installed.command("run", "--working-directory", str(folder))
    with installed.log.open("wb") as output:
        process = subprocess.Popen(command, env=installed.env, cwd=folder, stdout=output, stderr=subprocess.STDOUT)
        try:
            yield installed
        finally:
            _stop(process)


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()  # ends its jobs too
    try:
        process.wait(STOPS_WITHIN)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
