"""What somebody may do who has signed in with a key: asked at the gate, as over HTTP (docs/ssh.md)."""

from __future__ import annotations

import base64
import json
import logging
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from django.conf import settings

from identity.models import User
from projects.extensions.events import NULL_SHA
from projects.extensions.locked_paths import locked_for
from projects.extensions.pushed_pointers import stored_objects
from projects.models import Project
from projects.repository import Repository
from projects.repository.write_lock import lock_path
from resources.repositories import hook_channel
from resources.repositories.git import Service, environment
from resources.repositories.hook_channel import HookChannel
from resources.repositories.ref_updates import RefUpdate, Verdict, authorize_updates
from resources.repositories.ssh.daemon import ask_path
from resources.repositories.ssh.tickets import Ticket, list_tickets
from ssh_keys.lfs_tokens import LFS_LOGIN, LFS_TOKEN_SECONDS, mint_lfs_token
from ssh_keys.lookup import caller_of, find_usable_key
from ssh_keys.models import SshKey
from tokenaccess.access.gate import check_as_key, deny_unknown
from tokenaccess.access.id_or_path import ABSENT, IdOrPath
from tokenaccess.access.result import Access, AccessDenied
from tokenaccess.policy import Action

log = logging.getLogger(__name__)

ASK_VARIABLE = "TOKENACCESS_ASK"  # tells the hooks the program that asks the portal
MAX_SILENCE = 600  # seconds that a client who fetches may say nothing
ACTIONS = {Service.UPLOAD_PACK: Action.DOWNLOAD_CODE, Service.RECEIVE_PACK: Action.PUSH_CODE}


@dataclass(frozen=True)
class Session:
    """Somebody with a key, at an address."""

    key: SshKey
    address: str | None

    def greet(self) -> str:
        """Raises AccessDenied for somebody who may do nothing at all."""
        if self.key.user is None:
            return f"Welcome to Token Access. This is the deploy key {self.key.title}."
        self.authorize(Action.USE_TOKEN_ITSELF, ABSENT)
        return f"Welcome to Token Access, @{self.key.user.username}!"

    def authorize(self, action: Action, id_or_path: IdOrPath) -> Access:
        """Raises AccessDenied."""
        access = check_as_key(caller_of(self.key), self.key.user, action, id_or_path)
        if not access.decision.allowed:
            raise AccessDenied(access)
        return access


@dataclass(frozen=True)
class GitCommand:
    """What the SSH server's program becomes. `push`: the folder where it meets the portal; `lock`: see write_lock."""

    arguments: list[str]
    environment: dict[str, str]
    push: str = ""
    lock: Path | None = None


def fetch(access: Access, protocol: str) -> GitCommand:
    command = ["git", "upload-pack", f"--timeout={MAX_SILENCE}", str(repository_path(access))]
    return GitCommand(command, environment(protocol))


def authenticate_lfs(session: Session, path: str, operation: str) -> str:
    """Where git-lfs speaks HTTP, and with what: a JSON object. Raises AccessDenied."""
    writes = operation == "upload"
    access = session.authorize(Action.PUSH_CODE if writes else Action.DOWNLOAD_CODE, IdOrPath.of_path(path))
    token = mint_lfs_token(session.key.pk, _target_id(access), writes=writes)
    credentials = base64.b64encode(f"{LFS_LOGIN}:{token}".encode()).decode()
    answer = {
        "href": f"{settings.EXTERNAL_URL}/{quote(path)}.git/info/lfs",
        "header": {"Authorization": f"Basic {credentials}"},
        "expires_in": LFS_TOKEN_SECONDS,
    }
    return json.dumps(answer)


def push(session: Session, access: Access, protocol: str) -> GitCommand:
    path = repository_path(access)
    lock = lock_path(path)
    lock.parent.mkdir(parents=True, exist_ok=True)
    ticket = Ticket.issue(key_id=session.key.pk, project_id=_target_id(access), address=session.address)
    env = environment(protocol, ticket.path) | {ASK_VARIABLE: str(ask_path())}
    return GitCommand(["git", "receive-pack", str(path)], env, ticket.folder, lock)


def judge_updates(ticket: Ticket) -> None:
    """Asked once more when the pack has arrived: the key may have gone, or a right, while it was on its way. Raises
    AccessDenied; what has no verdict does not pass."""
    channel, access = HookChannel(ticket.path), _authorize_again(ticket)
    assert access.user is not None  # whose push it is: the key's person, or who let the deploy key push
    ticket.write_pusher(access.user.pk)
    verdict, locked = authorize_updates(access, channel.read_announced()), locked_for(ticket.project_id, access.user.pk)
    channel.write_verdict(verdict, locked, stored_objects(ticket.project_id))


def refuse_updates(ticket: Ticket, sentence: str) -> None:
    HookChannel(ticket.path).write_verdict(Verdict(refusals=[sentence]), [], None)


def _authorize_again(ticket: Ticket) -> Access:
    key = find_usable_key(ticket.key_id)
    if key is None:
        raise AccessDenied(deny_unknown(Action.PUSH_CODE))
    return Session(key, ticket.address).authorize(Action.PUSH_CODE, IdOrPath("id", ticket.project_id))


def announce(ticket: Ticket) -> list[str]:
    """What follows a push, once; its sentences for the pusher."""
    if not ticket.claim_announcement():
        return []
    channel = HookChannel(ticket.path)
    project = Project.objects.select_related("group").filter(pk=ticket.project_id).first()
    user = User.objects.filter(pk=ticket.read_pusher()).first()
    if project is None or user is None:
        return []
    updates = channel.read_updates() or _find_updates(channel, project)
    return hook_channel.announce_updates(project, user, updates, channel.read_options(), None)


def end(ticket: Ticket) -> None:
    """git has ended. Of a pusher who is gone, the hook that announces has not run."""
    try:
        announce(ticket)
    finally:
        HookChannel(ticket.path).close()


def end_unfinished() -> None:
    """Pushes of a server that has ended, whose end nobody could tell it. Those that are still sending go on."""
    for ticket in list_tickets():
        if ticket.read_pusher():
            try:
                end(ticket)
            except Exception:
                log.exception("What follows a push failed")


def _find_updates(channel: HookChannel, project: Project) -> list[RefUpdate]:
    """Those that were let through and are as they were to be."""
    if not (channel.path / "allowed").exists():
        return []
    refs = Repository(project.repository_path).git.references
    return [move for move in channel.read_announced() if move.is_text and _has_moved(refs, move)]


def _has_moved(refs: Any, move: RefUpdate) -> bool:
    ref = refs.get(move.ref)
    return move.new == (NULL_SHA if ref is None else str(ref.target))


def repository_path(access: Access) -> Path:
    """Known from the project's number alone: no statement for its row."""
    return Path(Project(pk=_target_id(access)).repository_path)


def has_repository(access: Access) -> bool:
    return Repository(repository_path(access)).exists


def _target_id(access: Access) -> int:
    assert access.facts.target is not None
    return access.facts.target.id
