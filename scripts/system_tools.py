"""Finds the programs that the tests drive and, as root on Debian, installs the missing ones.

Without root it says which packages to install. git, curl and PostgreSQL are needed to run at all; without one of the
others the tests that drive it skip themselves, which is a failure under CI=true (tests/ci_skips.py).
"""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
from collections.abc import Callable
from dataclasses import dataclass

from scripts.postgres_server import find_binaries


@dataclass(frozen=True)
class Tool:
    name: str
    package: str
    present: Callable[[], bool]
    needed: bool = True
    substitute: Callable[[], bool] = lambda: False  # does the same, more slowly


def on_path(*names: str) -> Callable[[], bool]:
    return lambda: any(shutil.which(name) for name in names)


def find_in_sbin(name: str) -> str:
    """Debian installs some where only root looks for programs; empty when it is missing."""
    return shutil.which(name, path=f"{os.environ.get('PATH', '')}:/usr/sbin") or ""


def find_nginx() -> str:
    return find_in_sbin("nginx")


def find_chromium() -> str:
    """The program, the fastest there is; empty when it is missing."""
    return next(filter(None, map(shutil.which, (HEADLESS_SHELL, *CHROMIUM))), "")


# Chromium without the windows that nobody sees: it takes a third of the processor time for the same pages.
HEADLESS_SHELL = "chromium-headless-shell"
CHROMIUM = ("chromium", "chromium-browser", "google-chrome")
NGINX = Tool("nginx", "nginx-light", lambda: bool(find_nginx()))
POSTGRES = Tool("PostgreSQL server", "postgresql", lambda: find_binaries() is not None)
CLIENTS = [
    Tool("git", "git", on_path("git")),
    Tool("curl", "curl", on_path("curl")),
    Tool("git-lfs", "git-lfs", on_path("git-lfs"), needed=False),
    Tool("OpenSSH server", "openssh-server", lambda: bool(find_in_sbin("sshd")), needed=False),
    Tool("OpenSSH client", "openssh-client", on_path("ssh"), needed=False),
    Tool("Ruby", "ruby", on_path("ruby"), needed=False),
    Tool("skopeo", "skopeo", on_path("skopeo"), needed=False),
    Tool("podman", "podman", on_path("podman"), needed=False),
    Tool("container registry", "docker-registry", on_path("docker-registry"), needed=False),
    Tool("Go", "golang-go", on_path("go"), needed=False),
    Tool("Maven", "maven", on_path("mvn"), needed=False),
    Tool("npm", "npm", on_path("npm"), needed=False),
    Tool("GNU gettext", "gettext", on_path("xgettext"), needed=False),
    Tool("Chromium", HEADLESS_SHELL, on_path(HEADLESS_SHELL), needed=False, substitute=on_path(*CHROMIUM)),
]


def ensure(tools: list[Tool]) -> None:
    """Return when every needed tool is there; otherwise exit with status 1 and a message naming the packages."""
    missing = [tool for tool in tools if not tool.present()]
    if missing and os.geteuid() == 0 and shutil.which("apt-get"):
        # Apart: apt-get installs nothing at all where it does not know one of the packages.
        for can_wait in (False, True):
            if packages := [tool.package for tool in missing if tool.substitute() is can_wait]:
                install(packages)
    missing = [tool for tool in missing if not tool.present() and not tool.substitute()]
    for tool in missing:
        print(f"{tool.name} is missing. On Debian: apt-get install {tool.package}", file=sys.stderr)
        if not tool.needed:
            print("The tests that need it are skipped.", file=sys.stderr)
    if any(tool.needed for tool in missing):
        sys.exit(1)


def install(packages: list[str]) -> None:
    print(f"Installing with apt-get: {' '.join(packages)}", flush=True)
    environment = os.environ | {"DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (["update", "-qq"], ["install", "-y", "-qq", "--no-install-recommends", *packages]):
        result = subprocess.run(
            ["apt-get", *arguments],
            env=environment,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
            check=False,
        )
        if result.returncode:
            print(result.stdout, file=sys.stderr)
            return


if __name__ == "__main__":
    ensure([POSTGRES] if sys.argv[1:] == ["postgres"] else [*CLIENTS, POSTGRES])
