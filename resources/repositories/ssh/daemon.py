"""The SSH server: OpenSSH's sshd, its configuration made from ours, as a process beside the portal."""

from __future__ import annotations

import ctypes
import hmac
import os
import shlex
import shutil
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from pwd import getpwuid

from django.conf import settings

from identity.secrets import digest, digests
from resources.repositories.ssh.client import prove

_SECRET = "secret of the SSH server"
_MAX_DELAY = 60  # seconds: what somebody overheard while the portal was away is good for nothing later
_MOMENT_DIGITS = 12
_ANY_ADDRESS = {"0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - what is listened on, and how to reach it
_PR_SET_PDEATHSIG = 1
_CLIENT = Path(__file__).with_name("client.py")
_PRIVILEGE_SEPARATION = Path("/run/sshd")  # which sshd wants to be there when root starts it
# Everything but running the one command is off; the key's own line says so too (`restrict`).
_CONFIG = """\
# Written by the portal at each start (docs/ssh.md).
ListenAddress {address}:{port}
HostKey {host_key}
PidFile none
LogLevel ERROR
{common}
"""
# SHLVL: or bash, taking itself for an interactive one over SSH, reads the account's .bashrc before the command.
COMMON = """\
AuthenticationMethods publickey
PubkeyAuthentication yes
PasswordAuthentication no
KbdInteractiveAuthentication no
AuthorizedKeysFile none
AuthorizedKeysCommand /usr/bin/env -i {client} keys %f
AuthorizedKeysCommandUser {account}
AllowUsers {account}
PermitRootLogin {root}
AcceptEnv GIT_PROTOCOL
DisableForwarding yes
PermitTTY no
PermitUserRC no
PermitUserEnvironment no
SetEnv SHLVL=1
UseDNS no
PrintMotd no
PrintLastLog no
ClientAliveInterval 30
ClientAliveCountMax 4
LoginGraceTime 30
MaxAuthTries 20
MaxStartups 50:30:200
PerSourceMaxStartups 40
"""
# OpenSSH 9.2 knows them. git says something every five seconds while it works.
IDLE_MINUTES = 15
_IDLE_LIMITS = f"ChannelTimeout session:*={IDLE_MINUTES}m\nUnusedConnectionTimeout {IDLE_MINUTES}m\n"


def find_secret(what: str, header: str, content: bytes) -> str | None:
    """With which the request's X-SSH-Proof was made (client.py); None where it proves nothing, or is an old one.

    Also one made with a former key of the instance: a running sshd keeps it until it is started anew.
    """
    claim, _, proof = header.rpartition(".")
    moment = claim.partition(".")[0]
    if not (moment.isascii() and moment.isdecimal() and len(moment) < _MOMENT_DIGITS):
        return None
    if abs(time.time() - int(moment)) > _MAX_DELAY:
        return None
    for secret in digests(_SECRET):
        if hmac.compare_digest(prove(secret, what, claim, content).encode(), proof.encode()):
            return secret
    return None


def ask_path() -> Path:
    """The program that sshd and the hooks call."""
    return Path(settings.SSH_DIR) / "ask"


def _client_command() -> str:
    """As words of a shell."""
    return shlex.join([sys.executable, "-I", "-S", str(_CLIENT), str(Path(settings.SSH_DIR) / "client.conf")])


def key_line(key_id: int, public_key: str) -> str:
    """Of authorized_keys."""
    command = f"exec {_client_command()} session {key_id}".replace('"', '\\"')
    return f'restrict,command="{command}" {public_key}'


def write_config() -> Path:
    """With the host's key. Only its owner may read it: there is a secret in it."""
    folder = Path(settings.SSH_DIR)
    folder.mkdir(parents=True, exist_ok=True, mode=0o700)
    host = _ANY_ADDRESS.get(settings.BIND, settings.BIND)
    _write(folder / "client.conf", f"{host} {settings.PORT} {digest(_SECRET)}\n", 0o600)
    _write(ask_path(), f'#!/bin/sh\nexec {_client_command()} "$@"\n', 0o700)
    if not (folder / "host_key").exists() and shutil.which("ssh-keygen"):
        create = ["ssh-keygen", "-q", "-t", "ed25519", "-N", "", "-C", "", "-f", str(folder / "host_key")]
        subprocess.run(create, check=True, stdin=subprocess.DEVNULL)
    account = getpwuid(os.geteuid()).pw_name
    common = COMMON.format(
        client=_client_command(), account=account, root="forced-commands-only" if account == "root" else "no"
    )
    address = f"[{settings.SSH_BIND}]" if ":" in settings.SSH_BIND else settings.SSH_BIND
    host_key = shlex.quote(str(folder / "host_key"))
    config = _CONFIG.format(address=address, port=settings.SSH_PORT, host_key=host_key, common=common)
    _write(config_path(), config + _IDLE_LIMITS, 0o600)
    if not _is_understood(config_path()):
        _write(config_path(), config, 0o600)
    return config_path()


def _is_understood(config: Path) -> bool:
    """By the sshd of this machine, if there is one."""
    if not settings.SSH_PROGRAM:
        return True
    make_privilege_separation_folder()
    tried = subprocess.run(
        [settings.SSH_PROGRAM, "-t", "-f", str(config)], check=False, capture_output=True, stdin=subprocess.DEVNULL
    )
    return tried.returncode == 0


def config_path() -> Path:
    return Path(settings.SSH_DIR) / "sshd_config"


def _write(path: Path, text: str, mode: int) -> None:
    temporary = path.with_name(f".{path.name}.{os.getpid()}")
    descriptor = os.open(temporary, os.O_CREAT | os.O_TRUNC | os.O_WRONLY, mode)
    with os.fdopen(descriptor, "w") as file:
        file.write(text)
    os.replace(temporary, path)


def is_installed() -> bool:
    return bool(settings.SSH_PROGRAM)


def is_port_free() -> bool:
    family = socket.AF_INET6 if ":" in settings.SSH_BIND else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.SSH_BIND, settings.SSH_PORT))
        except OSError:
            return False
    return True


def make_privilege_separation_folder() -> None:
    if os.geteuid() == 0:
        _PRIVILEGE_SEPARATION.mkdir(mode=0o755, exist_ok=True)


def run() -> None:
    """This process becomes sshd, which ends when its parent does. What it says goes to its own log."""
    signal.pthread_sigmask(signal.SIG_SETMASK, ())
    ctypes.CDLL(None).prctl(_PR_SET_PDEATHSIG, signal.SIGTERM)
    make_privilege_separation_folder()
    descriptor = os.open(Path(settings.SSH_DIR) / "sshd.log", os.O_CREAT | os.O_APPEND | os.O_WRONLY, 0o600)
    os.dup2(descriptor, 1)
    os.dup2(descriptor, 2)
    os.close(descriptor)
    command = [settings.SSH_PROGRAM, "-D", "-e", "-f", str(config_path())]
    os.execve(command[0], command, {"PATH": os.environ.get("PATH", os.defpath)})  # noqa: S606
