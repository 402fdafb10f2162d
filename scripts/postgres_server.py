"""A throwaway PostgreSQL server for one run of the tests or the benchmark.

`with postgres_server() as url:` gives a DATABASE_URL. The cluster lives in a temporary directory and listens only on
a Unix socket inside it, so runs side by side never meet; it is stopped and removed on the way out, whatever happened.
From a shell: `python -m scripts.postgres_server COMMAND…` runs COMMAND with that DATABASE_URL and returns its status;
`--shared-buffers 1GB` in front gives a large database the memory it would have in earnest.
"""

from __future__ import annotations

import argparse
import os
import pwd
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from urllib.parse import quote, unquote, urlsplit

# Nothing survives the run, so nothing has to reach the disk.
SETTINGS = {
    "listen_addresses": "",
    "fsync": "off",
    "synchronous_commit": "off",
    "full_page_writes": "off",
    "max_connections": "200",
}
SHARED_BUFFERS = "128MB"


def find_binaries() -> Path | None:
    """The directory with the server's programs: where PATH leads, else Debian's newest version; None when absent."""
    found = shutil.which("pg_ctl")
    candidates = [Path(found).resolve().parent] if found else []
    debian = Path("/usr/lib/postgresql").glob("*/bin")
    candidates += sorted(debian, key=lambda path: int(path.parent.name), reverse=True)
    return next((path for path in candidates if (path / "initdb").exists() and (path / "postgres").exists()), None)


def server_account() -> str | None:
    """initdb refuses root, so root runs the server as Debian's postgres user; None means: as whoever we are."""
    if os.geteuid() != 0:
        return None
    try:
        return pwd.getpwnam("postgres").pw_name
    except KeyError:
        return "nobody"


@contextmanager
def postgres_server(shared_buffers: str = SHARED_BUFFERS, **settings: str) -> Iterator[str]:
    """Yield the URL of a running, empty server. RuntimeError when it is not installed or does not start.

    `settings` are added to those of the server.
    """
    binaries = find_binaries()
    if binaries is None:
        raise RuntimeError("The PostgreSQL server is missing. On Debian: apt-get install postgresql")
    account = server_account()
    # The path of a Unix socket is at most 107 bytes long, so a long TMPDIR is of no use here.
    home = Path(tempfile.mkdtemp(prefix="pg-", dir="/tmp"))
    try:
        if account:
            shutil.chown(home, account)
        cluster = home / "cluster"
        locale = ["-E", "UTF8", "--locale=C"]
        run(account, binaries / "initdb", "-D", cluster, "-U", "postgres", "-A", "trust", "-N", *locale)
        all_settings = SETTINGS | {"shared_buffers": shared_buffers, "unix_socket_directories": str(home)} | settings
        with (cluster / "postgresql.conf").open("a") as configuration:
            configuration.writelines(f"{name} = '{value}'\n" for name, value in all_settings.items())
        url = f"postgres://postgres@{quote(str(home), safe='')}/postgres"
        start(url)
        try:
            yield url
        finally:
            signal.signal(signal.SIGINT, signal.SIG_IGN)  # a second, impatient Ctrl-C must not leave the server behind
            stop(url)
            signal.signal(signal.SIGINT, signal.default_int_handler)
    finally:
        shutil.rmtree(home)


def start(url: str) -> None:
    """Again, after `stop`. RuntimeError with the server's log when it does not start."""
    log = _home(url) / "log"
    try:
        _control(url, "-l", log, "start")
    except RuntimeError as error:
        raise RuntimeError(f"{error}\n{log.read_text() if log.exists() else ''}") from error


def stop(url: str, *, mode: str = "immediate") -> None:
    """`fast` tells every client, `immediate` is as good as a crash."""
    if (_home(url) / "cluster" / "postmaster.pid").exists():
        _control(url, "-m", mode, "stop")


def _control(url: str, *arguments: str | Path) -> None:
    binaries = find_binaries()
    assert binaries is not None
    run(server_account(), binaries / "pg_ctl", "-D", _home(url) / "cluster", "-w", *arguments)


def _home(url: str) -> Path:
    return Path(unquote(urlsplit(url).netloc.rpartition("@")[2]))


def run(account: str | None, *command: str | Path) -> None:
    """Run one of the server's programs; its output only matters when it fails."""
    group = pwd.getpwnam(account).pw_gid if account else None
    # Output goes to a file: the server inherits it, and a pipe would stay open as long as the server lives.
    with tempfile.TemporaryFile("w+") as output:
        result = subprocess.run(
            command,
            user=account,
            group=group,
            extra_groups=[] if account else None,
            cwd="/",
            stdin=subprocess.DEVNULL,
            stdout=output,
            stderr=subprocess.STDOUT,
            start_new_session=True,  # Ctrl-C is for the tests; the server is stopped after them
            check=False,
        )
        if result.returncode:
            output.seek(0)
            raise RuntimeError(f"{Path(command[0]).name} failed:\n{output.read()}")


def run_to_end(command: list[str], environment: dict[str, str]) -> int:
    """Run a command and return its status; when we are told to leave, let it clean up first."""
    child = subprocess.Popen(command, env=environment)
    try:
        return child.wait()
    except SystemExit:
        child.send_signal(signal.SIGINT)  # SIGTERM reached only us; a Ctrl-C in the terminal reaches both
        raise
    finally:
        try:
            child.wait(timeout=30)
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()


def leave_on_terminate() -> None:
    """Turn SIGTERM and SIGHUP into an ordinary exit, so that the server is stopped then too."""

    def leave(number: int, frame: FrameType | None) -> None:
        sys.exit(128 + number)

    for number in (signal.SIGTERM, signal.SIGHUP):
        signal.signal(number, leave)


def main(arguments: list[str]) -> int:
    parser = argparse.ArgumentParser(prog="python -m scripts.postgres_server")
    parser.add_argument("--shared-buffers", default=SHARED_BUFFERS)
    parser.add_argument("command", nargs=argparse.REMAINDER)
    given = parser.parse_args(arguments)
    if not given.command:
        parser.error("What is to be run?")
    leave_on_terminate()
    try:
        with postgres_server(given.shared_buffers) as url:
            return run_to_end(given.command, os.environ | {"DATABASE_URL": url})
    except RuntimeError as error:
        print(error, file=sys.stderr)
        return 1
    except KeyboardInterrupt:
        return 130


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
