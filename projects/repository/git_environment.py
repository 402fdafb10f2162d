"""What the real git and its hooks see of this machine: nobody's settings, home or secrets."""

from __future__ import annotations

import os
from collections.abc import Mapping

# Said on each run instead of in each repository, so that a repository that came from elsewhere is served the same way.
COMMON_CONFIG = {"safe.directory": "*", "gc.auto": "0"}


def git_environment(config: Mapping[str, str]) -> dict[str, str]:
    """All of it; `config`: git's settings, besides COMMON_CONFIG."""
    settings = {**COMMON_CONFIG, **config}
    env = {
        "PATH": os.environ.get("PATH", os.defpath),
        "LANG": "C.UTF-8",
        "HOME": "/nonexistent",
        "GIT_CONFIG_NOSYSTEM": "1",
        "GIT_CONFIG_GLOBAL": os.devnull,
        "GIT_ATTR_NOSYSTEM": "1",
        "GIT_TERMINAL_PROMPT": "0",
        "GIT_NO_REPLACE_OBJECTS": "1",  # or a pushed refs/replace/<id> would lie to the hook about a commit's parents
        "GIT_CONFIG_COUNT": str(len(settings)),
    }
    for number, (key, value) in enumerate(settings.items()):
        env |= {f"GIT_CONFIG_KEY_{number}": key, f"GIT_CONFIG_VALUE_{number}": value}
    return env
