"""`manage.py serve` as `make run` calls it: from nothing to a server, and once more on the same data."""

from __future__ import annotations

import os
import re
import shutil
import signal
import socket
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.core.management import CommandError

from config import statics
from config.management import serving
from config.management.commands import serve
from tests.support.prepared import Prepared
from tests.support.server import ROOT, clean_environment, free_port, live_server, own_database

PREPARE = ("serve", "--prepare-only")
# What a start says of programs that are switched off: only who lacks them is told to install them.
NO_REGISTRY = (
    "No container registry, as TOKENACCESS_REGISTRY is 0\n"
    if shutil.which("docker-registry")
    else "No container registry (TOKENACCESS_REGISTRY). On Debian: apt-get install docker-registry\n"
)
NO_SSH = (
    "No git over SSH, as TOKENACCESS_SSH is 0\n"
    if shutil.which("sshd", path=f"{os.environ['PATH']}:/usr/sbin")
    else "No git over SSH (TOKENACCESS_SSH). On Debian: apt-get install openssh-server\n"
)


class Manage:
    """`manage("serve", "--prepare-only", PORT="8001")` on a data folder and database of its own."""

    def __init__(self, data: Path, database: str) -> None:
        own = {"TOKENACCESS_DATA_DIR": str(data), "PORT": str(free_port()), "TOKENACCESS_SSH": "0"}
        self.env = clean_environment() | own
        self.env |= {"DATABASE_URL": database} if database else {}

    def __call__(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(command, cwd=ROOT, env=self.env | variables, capture_output=True, text=True, check=False)


@pytest.fixture
def from_nothing(tmp_path: Path) -> Iterator[Manage]:
    with own_database() as database:
        yield Manage(tmp_path, database)


@pytest.fixture
def manage(tmp_path: Path, prepared_data: Prepared) -> Iterator[Manage]:
    """Migrations and static files are done: nobody has to wait for them again."""
    prepared_data.put(tmp_path)
    with own_database(prepared_data) as database:
        yield Manage(tmp_path, database)


def test_a_first_start_prepares_everything_and_a_second_finds_it(from_nothing: Manage, tmp_path: Path) -> None:
    first = from_nothing(*PREPARE)
    assert first.returncode == 0, first.stderr
    assert re.search(r"Token Access is on http://127\.0\.0\.1:\d+\n", first.stdout)
    password = re.search(r"Sign in as root with the password (\S+)", first.stdout)
    runner = re.search(r"glrt-\w+", first.stdout)
    assert password is not None
    assert runner is not None
    assert (tmp_path / "static" / "staticfiles.json").exists()
    again = from_nothing(*PREPARE)
    assert again.returncode == 0, again.stderr
    assert "the password was set on the first start" in again.stdout
    for secret in (password.group(1), runner.group()):
        assert secret not in again.stdout
        for path in tmp_path.rglob("*"):
            assert not path.is_file() or secret.encode() not in path.read_bytes(), path


@pytest.mark.once
def test_ctrl_c_ends_a_start_at_once_and_without_a_traceback(manage: Manage) -> None:
    starting = subprocess.Popen(
        [sys.executable, "manage.py", "serve"],
        cwd=ROOT,
        env=manage.env,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
    )
    try:
        while "_sqlite3" not in Path(f"/proc/{starting.pid}/maps").read_text():  # Django is about to be loaded
            time.sleep(0.01)
        starting.send_signal(signal.SIGINT)
        output, _ = starting.communicate(timeout=60)
    finally:
        starting.kill()
    assert (starting.returncode, output) == (-signal.SIGINT, b"")


@pytest.mark.once
def test_serve_creates_no_demo_world_when_it_is_off(manage: Manage) -> None:
    done = manage(*PREPARE, TOKENACCESS_DEMO="0", TOKENACCESS_ADMIN_PASSWORD="given by the operator")
    assert "demo world" not in done.stdout
    assert "with the password of TOKENACCESS_ADMIN_PASSWORD" in done.stdout
    assert "given by the operator" not in done.stdout


@pytest.mark.once
@pytest.mark.parametrize(
    ("variables", "words"),
    [
        ({"TOKENACCESS_ADMIN_TOKEN": "glpat-short"}, "TOKENACCESS_ADMIN_TOKEN must be 'glpat-' and at least 20"),
        ({"TOKENACCESS_ADMIN_PASSWORD": "secret"}, "TOKENACCESS_ADMIN_PASSWORD: "),
        ({"PORT": "eighty"}, "PORT must be a whole number"),
        ({"WEB_CONCURRENCY": "0"}, "WEB_CONCURRENCY must be a whole number"),
        ({"DATABASE_URL": "mysql://x/y"}, "DATABASE_URL must be"),
        ({"TOKENACCESS_REGISTRY_URL": "https://example.org/images"}, "TOKENACCESS_REGISTRY_URL must have no path"),
        ({"TOKENACCESS_SSH_URL": "git.example.org"}, "TOKENACCESS_SSH_URL must be an address such as ssh://git@"),
    ],
)
def test_nonsense_is_refused_by_name(manage: Manage, variables: dict[str, str], words: str) -> None:
    done = manage(*PREPARE, **{"TOKENACCESS_DEMO": "0", **variables})
    assert done.returncode != 0
    assert words in done.stderr
    assert "Traceback" not in done.stderr


@pytest.mark.once
def test_the_start_says_where_the_container_registry_is_or_how_to_get_one(manage: Manage, tmp_path: Path) -> None:
    without = manage(*PREPARE, TOKENACCESS_DEMO="0", TOKENACCESS_REGISTRY="0")
    assert NO_REGISTRY in without.stdout
    assert NO_SSH in without.stdout
    assert without.stdout.endswith(f"Nothing was started; the data is in {tmp_path}\n")
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])
        variables = {"TOKENACCESS_REGISTRY": "1", "TOKENACCESS_REGISTRY_PORT": port}
        taken = manage(*PREPARE, TOKENACCESS_DEMO="0", **variables)
    assert (
        f"The container registry is on http://127.0.0.1:{port}; not started here, as port {port} is in use ("
        in taken.stdout
    )
    assert (tmp_path / "registry" / "config.yml").stat().st_mode & 0o077 == 0


@pytest.mark.once
def test_a_database_that_does_not_answer_is_said_in_one_sentence(manage: Manage):
    done = manage(*PREPARE, DATABASE_URL=f"postgres://nobody@127.0.0.1:{free_port()}/none")
    assert done.returncode != 0
    assert "The database cannot be reached: connection to server at" in done.stderr
    assert "Traceback" not in done.stderr


def test_a_port_in_use_is_refused_at_once(manage: Manage) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        done = manage("serve", PORT=str(port))
    assert done.returncode != 0
    assert f"Cannot listen on 127.0.0.1 port {port}: Address already in use." in done.stderr


@pytest.mark.pure
def test_a_port_that_another_server_took_while_this_one_got_ready_is_refused(settings: Any) -> None:
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEPORT, 1)  # as our workers have it: they would share it
        other.bind(("127.0.0.1", 0))
        other.listen()
        settings.BIND, settings.PORT = other.getsockname()
        with pytest.raises(CommandError, match="Cannot listen on"):
            serve.Command().serve()


def test_the_server_answers_and_ends_on_a_signal(tmp_path: Path, prepared_data: Prepared) -> None:
    with live_server(tmp_path, prepared_data, WEB_CONCURRENCY="2") as live:
        assert live.call("GET", "/user").json["is_admin"] is True
        page = live.call("GET", f"{live.url}/users/sign_in", token=None)
        assert b"Sign in" in page.body
        style = re.search(rb'href="(/assets/portal[^"]*\.css)"', page.body)
        assert style is not None
        assert live.call("GET", f"{live.url}{style.group(1).decode()}", token=None).status == 200
        assert niceness_of_children(live.pid) == [0, 0, 10, 10]  # what nobody waits for gives way to the workers
    assert "Traceback" not in live.errors()


def niceness_of_children(server: int) -> list[int]:
    """Of those that stay; the one that describes the API ends by itself."""
    file = Path(f"/proc/{server}/task/{server}/children")
    until = time.monotonic() + 60
    while len(children := file.read_text().split()) > 4 and time.monotonic() < until:
        time.sleep(0.1)
    return sorted(os.getpriority(os.PRIO_PROCESS, int(child)) for child in children)


@pytest.mark.pure
def test_the_server_has_the_processes_threads_and_limits_of_the_settings(settings: Any) -> None:
    settings.BIND, settings.PORT = "127.0.0.1", free_port()
    settings.WEB_CONCURRENCY, settings.THREADS, settings.HOUSEKEEPING_SECONDS = 3, 4, 30
    settings.TRANSFERS, settings.MIN_BYTES_PER_SECOND, settings.BEHIND_PROXY = 6, 100, True
    settings.SSH_ENABLED = False
    children = serving.processes()
    workers = ["Worker 1", "Worker 2", "Worker 3"]
    assert [child.name for child in children] == [*workers, "Description of the API", "Housekeeping", "Webhooks"]
    assert [child.name for child in children if child.once] == ["Description of the API"]
    serving_settings = serving.worker_settings()
    limits = serving_settings.limits
    assert (serving_settings.threads, serving_settings.trust_proxy) == (4, True)
    assert (limits.transfer_threads, limits.transfer_share, limits.min_rate) == (6, 3, 100)


@pytest.mark.pure
def test_static_files_are_collected_when_they_changed_and_only_then(
    settings: object, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    source = tmp_path / "source"
    source.mkdir()
    (source / "a.css").write_text("a {}")
    settings.STATICFILES_DIRS, settings.STATIC_ROOT = [source], tmp_path / "root"  # type: ignore[attr-defined]
    assert statics.collect() is True
    assert statics.collect() is False
    (source / "b.css").write_text("b {}")
    assert statics.collect() is True
    assert (tmp_path / "root" / "b.css").exists()
