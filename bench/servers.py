"""Starts what is measured: the product as `make run` does, and the baselines in the same kind of process."""

from __future__ import annotations

import os
import shutil
import socket
import subprocess
import sys
import time
import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass
from pathlib import Path
from urllib.parse import urlsplit, urlunsplit

from scripts import system_tools

ROOT = Path(__file__).resolve().parent.parent
START_SECONDS = 120
NGINX_CONFIGURATION = """
daemon off;
worker_processes 1;
pid {folder}/nginx.pid;
error_log {folder}/nginx.log;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    sendfile on;
    keepalive_requests 100000000;
    client_body_temp_path {folder}/body;
    proxy_temp_path {folder}/proxy;
    fastcgi_temp_path {folder}/fastcgi;
    uwsgi_temp_path {folder}/uwsgi;
    scgi_temp_path {folder}/scgi;
    server {{ listen 127.0.0.1:{port}; root {folder}/www; }}
}}
"""


def pin(command: list[str], core: int) -> list[str]:
    """The server keeps one core to itself, PostgreSQL and the load generator the others, where there are others."""
    return ["taskset", "-c", str(core), *command] if can_pin() else command


def can_pin() -> bool:
    return shutil.which("taskset") is not None and (os.cpu_count() or 1) > 1


def other_cores() -> str:
    return f"1-{(os.cpu_count() or 1) - 1}"


def environment(data: Path, database: str, port: int) -> dict[str, str]:
    """The caller's own settings of the product have no part in it."""
    kept = {name: value for name, value in os.environ.items() if not name.startswith("TOKENACCESS_")}
    ours = {
        "TOKENACCESS_DATA_DIR": str(data),
        "TOKENACCESS_DEMO": "0",
        "DATABASE_URL": database,
        "PORT": str(port),
        "WEB_CONCURRENCY": "1",
        "TOKENACCESS_REGISTRY": "0",
        "PYTHONPATH": str(ROOT),
    }
    return kept | ours


def manage(settings: dict[str, str], *arguments: str) -> None:
    subprocess.run([sys.executable, "manage.py", *arguments], cwd=ROOT, env=settings, check=True, stdout=sys.stderr)


def manage_module(settings: dict[str, str], module: str, *arguments: str) -> None:
    subprocess.run([sys.executable, "-m", module, *arguments], cwd=ROOT, env=settings, check=True, stdout=sys.stderr)


def product_command() -> list[str]:
    return [sys.executable, "manage.py", "serve"]


def baseline_command(settings: dict[str, str], application: str = "bench.wsgi:application") -> list[str]:
    """Granian as it comes, with as many threads as the product has."""
    options = {
        "--interface": "wsgi",
        "--http": "1",
        "--host": "127.0.0.1",
        "--port": settings["PORT"],
        "--workers": settings["WEB_CONCURRENCY"],
        "--blocking-threads": "3",
        "--blocking-threads-idle-timeout": "600",
        "--backlog": "2048",
        "--backpressure": "2048",
        "--log-level": "warning",
    }
    granian = str(Path(sys.executable).with_name("granian"))
    return [granian, *(part for pair in options.items() for part in pair), "--no-ws", application]


def nginx_command(folder: Path, port: int) -> list[str]:
    """nginx alone, handing out `folder/www`: one process, no log, the kernel copies the bytes."""
    (folder / "nginx.conf").write_text(NGINX_CONFIGURATION.format(folder=folder, port=port))
    return [system_tools.find_nginx(), "-p", str(folder), "-c", str(folder / "nginx.conf")]


def free_port() -> int:
    with socket.socket() as one:
        one.bind(("127.0.0.1", 0))
        return int(one.getsockname()[1])


def database_named(url: str, name: str) -> str:
    return urlunsplit(urlsplit(url)._replace(path=f"/{name}"))


@dataclass(frozen=True)
class Server:
    """`pid`: of the first of its processes, which all are of one session."""

    url: str
    pid: int


@contextmanager
def running(command: list[str], settings: dict[str, str], address: str) -> Iterator[str]:
    """The server's own address, once it answers."""
    with run_server(command, settings, address) as server:
        yield server.url


@contextmanager
def run_server(command: list[str], settings: dict[str, str], address: str) -> Iterator[Server]:
    url = f"http://127.0.0.1:{settings['PORT']}"
    server = subprocess.Popen(pin(command, 0), cwd=ROOT, env=settings, stdout=sys.stderr, start_new_session=True)
    try:
        wait_for(url + address, server)
        yield Server(url, server.pid)
    finally:
        server.terminate()
        try:
            server.wait(timeout=20)
        except subprocess.TimeoutExpired:
            server.kill()
            server.wait()


def wait_for(url: str, server: subprocess.Popen[bytes]) -> None:
    end = time.monotonic() + START_SECONDS
    while time.monotonic() < end and server.poll() is None:
        with suppress(urllib.error.URLError, ConnectionError):
            with suppress(urllib.error.HTTPError):  # that is an answer too
                urllib.request.urlopen(url, timeout=5)
            return
        time.sleep(0.2)
    raise RuntimeError(f"The server behind {url} did not start.")


def pin_postgres(url: str) -> None:
    """Moves the database's processes to the other cores; needs the right to, and is left out without."""
    import psycopg2

    if not can_pin():
        return
    connection = psycopg2.connect(url)
    try:
        with connection, connection.cursor() as cursor:
            cursor.execute("SELECT pg_read_file('postmaster.pid', 0, 32)")
            pid = cursor.fetchone()[0].split()[0]
    except psycopg2.Error:
        return
    finally:
        connection.close()
    subprocess.run(["taskset", "-acp", other_cores(), pid], check=False, stdout=subprocess.DEVNULL)
