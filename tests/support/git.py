"""The real git, run as on a machine that has nobody's settings."""

from __future__ import annotations

import os
import subprocess
from dataclasses import dataclass, field
from pathlib import Path

NOBODY = {
    "GIT_CONFIG_NOSYSTEM": "1",
    "GIT_CONFIG_GLOBAL": os.devnull,
    "GIT_TERMINAL_PROMPT": "0",
    "GIT_AUTHOR_NAME": "Tester",
    "GIT_AUTHOR_EMAIL": "tester@example.org",
    "GIT_COMMITTER_NAME": "Tester",
    "GIT_COMMITTER_EMAIL": "tester@example.org",
    "LC_ALL": "C.UTF-8",
}


@dataclass
class Git:
    """`git("clone", url, "here")` in `folder`; `options` (such as protocol.version=1) hold for every command."""

    folder: Path
    options: list[str] = field(default_factory=list)

    def run(self, *arguments: str, **env: str) -> subprocess.CompletedProcess[str]:
        options = [part for option in self.options for part in ("-c", option)]
        return subprocess.run(
            ["git", *options, *arguments],
            cwd=self.folder,
            env={"PATH": os.environ["PATH"], "HOME": str(self.folder), **NOBODY, **env},
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def __call__(self, *arguments: str, **env: str) -> str:
        """What it printed; fails when git does."""
        done = self.run(*arguments, **env)
        assert done.returncode == 0, f"git {' '.join(arguments)}: {done.stderr}"
        return done.stdout.strip()

    def refusal(self, *arguments: str, **env: str) -> str:
        """What it complained about; fails when git does not."""
        done = self.run(*arguments, **env)
        assert done.returncode != 0, f"git {' '.join(arguments)} was not refused"
        return done.stderr

    def at(self, folder: str) -> Git:
        return Git(self.folder / folder, self.options)
