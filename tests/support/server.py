"""The product as a user starts it, for tests that speak to it from outside: `manage.py serve` on a database, a data
folder and a port of its own.

    with live_server(tmp_path) as live:
        live.call("POST", "/groups", {"name": "acme", "path": "acme"})     # as the administrator
        live.call("GET", "/projects/1", token=…, status=404)
"""

from __future__ import annotations

import json
import os
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.support.prepared import Prepared, postgres_database

ROOT = Path(__file__).resolve().parent.parent.parent
ADMIN_TOKEN = "glpat-the-administrators-token-of-the-tests"
ADMIN_PASSWORD = "let the administrator in please"
STARTS_WITHIN = 300  # seconds: migrations and static files on a busy machine
STOPS_WITHIN = 5


@dataclass(frozen=True)
class Answer:
    status: int
    headers: dict[str, str]
    body: bytes

    @property
    def json(self) -> Any:
        return json.loads(self.body)


@dataclass(frozen=True)
class LiveServer:
    """`url` has no slash at its end; `env` runs `manage.py` on the same database; `log` is what was printed; `pid` is
    that of the first of its processes."""

    url: str
    env: dict[str, str]
    data: Path
    log: Path
    pid: int

    @property
    def api(self) -> str:
        return f"{self.url}/api/v4"

    @property
    def host(self) -> str:
        return self.url.removeprefix("http://")

    def call(
        self,
        method: str,
        path: str,
        body: Any = None,
        *,
        token: str | None = ADMIN_TOKEN,
        headers: dict[str, str] | None = None,
        status: int | None = None,
    ) -> Answer:
        """One request, by default the administrator's; a dict is sent as JSON.

        Without `status` anything but success fails at once, with the server's words.
        """
        sent = {"PRIVATE-TOKEN": token} if token else {}
        sent |= headers or {}
        data = body
        if body is not None and not isinstance(body, bytes):
            data, sent["Content-Type"] = json.dumps(body).encode(), "application/json"
        address = path if path.startswith("http") else f"{self.api}{path}"
        request = urllib.request.Request(address, data, sent, method=method)
        try:
            with urllib.request.urlopen(request) as response:
                answer = Answer(response.status, dict(response.headers), response.read())
        except urllib.error.HTTPError as error:
            answer = Answer(error.code, dict(error.headers), error.read())
        if status is None:
            assert answer.status < 300, f"{method} {path}: {answer.status} {answer.body[:1000]!r}"
        else:
            assert answer.status == status, f"{method} {path}: {answer.status} {answer.body[:1000]!r}"
        return answer

    def make(self, address: str, /, **fields: Any) -> dict[str, Any]:
        """Creates something as the administrator and hands back its JSON."""
        made: dict[str, Any] = self.call("POST", address, fields).json
        return made

    def manage(self, *arguments: str) -> str:
        """A management command on the same database."""
        command = [sys.executable, "manage.py", *arguments]
        done = subprocess.run(command, cwd=ROOT, env=self.env, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def errors(self) -> str:
        """What the server logged since it started."""
        return self.log.read_text()


class BehindHttps(LiveServer):
    """Called as the proxy in front of it does."""

    @classmethod
    def of(cls, live: LiveServer) -> BehindHttps:
        return cls(live.url, live.env, live.data, live.log, live.pid)

    def call(self, method: str, path: str, body: Any = None, **options: Any) -> Answer:
        headers = {"X-Forwarded-Proto": "https", **(options.pop("headers", None) or {})}
        return super().call(method, path, body, headers=headers, **options)


@contextmanager
def live_server(folder: Path, prepared: Prepared | None = None, **variables: str) -> Iterator[LiveServer]:
    """`variables` are added to the server's environment. DATABASE_URL decides, as everywhere, which database it is.

    Without `prepared` it starts from nothing, and takes its time.
    """
    port = free_port()
    data = folder / "data"
    data.mkdir(parents=True)
    if prepared is not None:
        prepared.put(data)
    with own_database(prepared) as database:
        env = clean_environment() | {
            "TOKENACCESS_DATA_DIR": str(data),
            "TOKENACCESS_ADMIN_TOKEN": ADMIN_TOKEN,
            "TOKENACCESS_ADMIN_PASSWORD": ADMIN_PASSWORD,
            "TOKENACCESS_DEMO": "0",
            "TOKENACCESS_REGISTRY": "0",
            "TOKENACCESS_SSH": "0",
            "WEB_CONCURRENCY": "1",
            "PORT": str(port),
        }
        env |= ({"DATABASE_URL": database} if database else {}) | variables
        log = folder / "server.log"
        with log.open("wb") as output:
            process = subprocess.Popen(
                [sys.executable, "manage.py", "serve"], cwd=ROOT, env=env, stdout=output, stderr=subprocess.STDOUT
            )
            live = LiveServer(f"http://127.0.0.1:{port}", env, data, log, process.pid)
            try:
                _wait_for(live, process)
                yield live
            finally:
                _stop(process)


def _wait_for(live: LiveServer, process: subprocess.Popen[bytes]) -> None:
    until = time.monotonic() + STARTS_WITHIN
    while time.monotonic() < until:
        assert process.poll() is None, f"The server ended with {process.returncode}:\n{live.errors()}"
        try:
            with urllib.request.urlopen(f"{live.url}/-/readiness"):
                return
        except urllib.error.HTTPError as error:
            if error.code != 503:
                raise AssertionError(f"The server answers {error.code}:\n{live.errors()}") from error
        except OSError:
            time.sleep(0.1)
    raise AssertionError(f"The server did not start within {STARTS_WITHIN} s:\n{live.errors()}")


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.terminate()
    try:
        process.wait(STOPS_WITHIN)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def free_port() -> int:
    with socket.socket() as found:
        found.bind(("127.0.0.1", 0))
        port: int = found.getsockname()[1]
        return port


def clean_environment() -> dict[str, str]:
    """The tests' environment without the settings of the product, nor what Django was told about the tests."""
    ours = ("TOKENACCESS_", "DJANGO_")
    return {name: value for name, value in os.environ.items() if not name.startswith(ours) and name != "DATABASE_URL"}


def own_database(prepared: Prepared | None = None) -> AbstractContextManager[str]:
    """A PostgreSQL database for this server alone, dropped at the end; nothing to do for SQLite, which is a file."""
    if not os.environ.get("DATABASE_URL", "").startswith("postgres"):
        return nullcontext("")
    return postgres_database(f"live_{os.getpid()}_{time.monotonic_ns()}", prepared.database if prepared else "")
