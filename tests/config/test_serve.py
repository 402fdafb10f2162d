"""`manage.py serve` as `make run` calls it: from nothing to a server, and once more on the same data."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from config import statics
from config.management.commands.serve import granian_command
from tests.support.prepared import Prepared
from tests.support.server import ROOT, clean_environment, free_port, live_server, own_database

PREPARE = ("serve", "--prepare-only")


class Manage:
    """`manage("serve", "--prepare-only", PORT="8001")` on a data folder and database of its own."""

    def __init__(self, data: Path, database: str) -> None:
        self.env = clean_environment() | {"TOKENACCESS_DATA_DIR": str(data), "PORT": str(free_port())}
        self.env |= {"DATABASE_URL": database} if database else {}

    def __call__(self, *arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "manage.py", *arguments]
        return subprocess.run(command, cwd=ROOT, env=self.env | variables, capture_output=True, text=True, check=False)


@pytest.fixture
def from_nothing(tmp_path: Path) -> Iterator[Manage]:
    with own_database() as database:
        yield Manage(tmp_path, database)


@pytest.fixture
def manage(tmp_path: Path, prepared: Prepared) -> Iterator[Manage]:
    """Migrations and static files are done: nobody has to wait for them again."""
    prepared.put(tmp_path)
    with own_database(prepared) as database:
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
def test_it_makes_no_demo_world_when_told_so(manage: Manage) -> None:
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
    ],
)
def test_nonsense_is_refused_by_name(manage: Manage, variables: dict[str, str], words: str) -> None:
    done = manage(*PREPARE, **{"TOKENACCESS_DEMO": "0", **variables})
    assert done.returncode != 0
    assert words in done.stderr


def test_a_port_in_use_is_refused_at_once(manage: Manage) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        done = manage("serve", PORT=str(port))
    assert done.returncode != 0
    assert f"Cannot listen on 127.0.0.1 port {port}: Address already in use." in done.stderr


def test_the_server_answers_and_ends_when_told(tmp_path: Path, prepared: Prepared) -> None:
    with live_server(tmp_path, prepared, WEB_CONCURRENCY="2") as live:
        assert live.call("GET", "/user").json["is_admin"] is True
        page = live.call("GET", f"{live.url}/users/sign_in", token=None)
        assert b"Sign in" in page.body
        style = re.search(rb'href="(/static/portal[^"]*\.css)"', page.body)
        assert style is not None
        assert live.call("GET", f"{live.url}{style.group(1).decode()}", token=None).status == 200
    assert "Traceback" not in live.errors()


@pytest.mark.pure
def test_the_server_is_told_of_the_settings(settings: object) -> None:
    settings.BIND, settings.PORT = "0.0.0.0", 8123  # type: ignore[attr-defined]
    settings.WEB_CONCURRENCY, settings.THREADS = 3, 4  # type: ignore[attr-defined]
    command = " ".join(granian_command())
    for part in ("--host 0.0.0.0", "--port 8123", "--workers 3", "--blocking-threads 4", "--interface wsgi"):
        assert part in command


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
