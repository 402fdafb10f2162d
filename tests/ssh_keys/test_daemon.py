"""The configuration of sshd, ours and that of a deployment, as sshd itself reads it."""

from __future__ import annotations

import os
import shlex
import socket
import subprocess
import sys
import threading
from pathlib import Path
from pwd import getpwuid
from typing import Any

import pytest

from projects.repository.write_lock import WriteLock, lock_path
from resources.repositories.ssh import client, daemon
from tests.support.ssh import IS_THERE, SSHD, make_key

pytestmark = [pytest.mark.pure, pytest.mark.skipif(not IS_THERE, reason="needs OpenSSH's server and client")]
ROOT = Path(__file__).resolve().parents[2]


def effective(config: Path, account: str) -> dict[str, str]:
    """What holds for somebody who signs in as that account."""
    assert SSHD is not None
    daemon.make_privilege_separation_folder()
    command = [SSHD, "-T", "-f", str(config), "-C", f"user={account},host=x,addr=192.0.2.1"]
    done = subprocess.run(command, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
    return dict(line.partition(" ")[::2] for line in done.stdout.splitlines())


def test_ours_lets_nobody_in_but_by_a_key_of_the_portals(settings: Any, tmp_path: Path):
    settings.SSH_DIR = tmp_path / "a folder's"
    config = daemon.write_config()
    account = getpwuid(os.geteuid()).pw_name
    known = effective(config, account)
    off = ("passwordauthentication", "kbdinteractiveauthentication", "permittty", "permituserrc")
    assert [known[name] for name in off] == ["no"] * len(off)
    assert (known["disableforwarding"], known["authorizedkeysfile"]) == ("yes", "none")
    assert (known["permituserenvironment"], known["acceptenv"], known["allowusers"]) == ("no", "GIT_PROTOCOL", account)
    assert (known["channeltimeout"], known["unusedconnectiontimeout"]) == ("session:*=15m", "900")
    for name in ("client.conf", "host_key", "sshd_config", "ask"):
        assert (Path(settings.SSH_DIR) / name).stat().st_mode & 0o077 == 0


def test_the_line_of_a_key_runs_our_program_and_nothing_else(settings: Any, tmp_path: Path):
    settings.SSH_DIR = tmp_path / 'a "folder\'s"'
    public = "ssh-ed25519 AAAA"
    line = daemon.key_line(12, public)
    options = line.removesuffix(f" {public}").removeprefix('restrict,command="').removesuffix('"')
    words = shlex.split(options.replace('\\"', '"'))
    assert words[0] == "exec"
    assert words[-3:] == [str(Path(settings.SSH_DIR) / "client.conf"), "session", "12"]


def test_that_of_a_deployment_is_as_strict(tmp_path: Path):
    make_key(tmp_path / "host_key")
    config = tmp_path / "sshd_config"
    config.write_text(f"HostKey {tmp_path}/host_key\n{(ROOT / 'deploy' / 'sshd_git.conf').read_text()}")
    known = effective(config, "git")
    assert known["authorizedkeyscommand"] == "/usr/bin/env -i /srv/tokenaccess/data/ssh/ask keys %f"
    assert (known["disableforwarding"], known["permittty"], known["permituserrc"]) == ("yes", "no", "no")
    assert effective(config, "somebody")["authorizedkeyscommand"] == "none"


@pytest.mark.parametrize("heading", ["", f"X-SSH-Proof: {'0' * 64}\r\n"])
def test_the_program_believes_nobody_who_listens_in_the_portals_place(tmp_path: Path, heading: str):
    config, received = tmp_path / "client.conf", list[bytes]()
    secret = "s" * 64
    with socket.create_server(("127.0.0.1", 0)) as stranger:
        config.write_text(f"127.0.0.1 {stranger.getsockname()[1]} {secret}")

        def answer() -> None:
            connection, _ = stranger.accept()
            with connection:
                received.append(connection.recv(65536))
                connection.sendall(f"HTTP/1.0 200 OK\r\n{heading}\r\nline\0ssh-ed25519 AAAA\0".encode())

        thread = threading.Thread(target=answer)
        thread.start()
        with pytest.raises(client.PortalError):
            client.Portal(str(config)).ask("keys", fingerprint="SHA256:x")
        thread.join(timeout=30)
    assert b"X-SSH-Proof: " in received[0]
    assert secret.encode() not in received[0]


def test_the_lock_of_the_program_is_that_of_the_server(tmp_path: Path):
    """Two writers, one of each: the file is there until both have ended."""
    repository = tmp_path / "1" / "2.git"
    repository.mkdir(parents=True)
    ours = WriteLock(repository)
    program = client.WriteLock(str(lock_path(repository)))
    ours.release()
    assert lock_path(repository).exists()
    program.release()
    assert not lock_path(repository).exists()
    assert client.WriteLock(str(lock_path(repository))).is_current()
    assert lock_path(repository).read_bytes() == b"+"


def test_an_sshd_that_knows_no_idle_limits_is_started_without(settings: Any, tmp_path: Path):
    settings.SSH_DIR, older = tmp_path / "ssh", tmp_path / "sshd"
    older.write_text('#!/bin/sh\n! grep -q ChannelTimeout "$3"\n')
    older.chmod(0o700)
    settings.SSH_PROGRAM = str(older)
    text = daemon.write_config().read_text()
    assert "Timeout session" not in text
    assert "ClientAliveInterval 30" in text


def test_a_key_has_so_many_sessions_at_a_time_and_the_killed_leave_none_behind(tmp_path: Path):
    """Each in a process of its own, as sshd starts them."""
    script = f"""
import sys; sys.path.insert(0, {str(ROOT)!r})
from resources.repositories.ssh import client
print(client.take_place({str(tmp_path / "places")!r}, 2), flush=True)
sys.stdin.read()
"""

    def session() -> subprocess.Popen[str]:
        return subprocess.Popen(
            [sys.executable, "-c", script], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True, cwd=ROOT
        )

    running = [session() for _ in range(3)]
    taken = [process.stdout.readline().strip() for process in running if process.stdout]
    assert sorted(taken) == ["False", "True", "True"]
    first = running[taken.index("True")]
    first.kill()
    first.wait()
    last = session()
    assert last.stdout is not None
    assert last.stdout.readline().strip() == "True"
    for process in (*running, last):
        process.kill()
        process.communicate()
