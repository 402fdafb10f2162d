"""What the SSH server's program asks the portal (client.py). Only that program knows the secret; it is believed whose
key somebody has proved to hold, and nothing else."""

from __future__ import annotations

from collections.abc import Callable
from functools import wraps
from pathlib import Path

from django.conf import settings
from django.http import HttpRequest, HttpResponse, HttpResponseNotAllowed

from audit.client_address import set_client_address
from outages.kinds import require_room
from resources.repositories.git import MAX_PUSH_MEMORY, Service
from resources.repositories.ssh import sessions
from resources.repositories.ssh.client import prove
from resources.repositories.ssh.command_lines import LFS_AUTHENTICATE, UPLOAD_ARCHIVE, CommandLine
from resources.repositories.ssh.daemon import find_secret, key_line
from resources.repositories.ssh.refusals import ENDED, MISSING_REPOSITORY, refusal_line, refuse_command
from resources.repositories.ssh.sessions import ACTIONS, GitCommand, Session
from resources.repositories.ssh.tickets import Ticket
from ssh_keys.lookup import find_key, find_usable_key
from tokenaccess.access.id_or_path import IdOrPath
from tokenaccess.access.result import AccessDenied

MAX_BYTES = 64 * 1024
Fields = dict[str, str]
View = Callable[[Fields], HttpResponse]


def _internal(view: View) -> Callable[[HttpRequest], HttpResponse]:
    """A POST that proves to know the secret, and an answer that does too: names and values, each ended by a NUL, as
    client.py reads and writes them."""

    @wraps(view)
    def view_with_secret(request: HttpRequest) -> HttpResponse:
        what, header = request.path_info.rpartition("/")[2], request.headers.get("X-SSH-Proof", "")
        content = request.read(MAX_BYTES) if header else b""
        secret = find_secret(what, header, content)
        if secret is None:
            return HttpResponse("401 Unauthorized\n", status=401, content_type="text/plain")
        if request.method != "POST":
            return HttpResponseNotAllowed(["POST"])
        words = content.decode(errors="replace").split("\0")
        answer = view(dict(zip(words[:-1:2], words[1::2], strict=False)))
        answer["X-SSH-Proof"] = prove(secret, "answer", header.rpartition(".")[0], answer.content)
        return answer

    view_with_secret.own_credential = "the secret of the SSH server"  # type: ignore[attr-defined]
    view_with_secret.csrf_exempt = True  # type: ignore[attr-defined]
    return view_with_secret


def _fields(*fields: tuple[str, str], status: int = 200) -> HttpResponse:
    body = "".join(f"{name}\0{value}\0" for name, value in fields)
    return HttpResponse(body, status=status, content_type="application/octet-stream")


@_internal
def keys(asked: Fields) -> HttpResponse:
    """The key that somebody offers, if it is one that signs in."""
    key = find_key(asked["fingerprint"])
    return _fields() if key is None else _fields(("line", key_line(key.pk, key.public_key)))


@_internal
def open_session(asked: Fields) -> HttpResponse:
    """What to run for the command, or what to say instead."""
    address = asked["address"] or None
    set_client_address(address)
    key = find_usable_key(int(asked["key_id"]), address)
    if key is None:
        return _refuse(ENDED)
    try:
        return _answer(Session(key, address), CommandLine.parse(asked["command"]), asked["protocol"])
    except AccessDenied as denied:
        return _refuse(refusal_line(denied.access))


def _answer(session: Session, command: CommandLine | None, protocol: str) -> HttpResponse:
    if command is None or command.verb == UPLOAD_ARCHIVE:
        return _refuse(refuse_command(command.verb if command else ""))
    if not command.verb:
        return _fields(("message", session.greet()))
    if command.verb == LFS_AUTHENTICATE:
        return _fields(("message", sessions.authenticate_lfs(session, command.path, command.operation)))
    service = Service(command.verb)
    access = session.authorize(ACTIONS[service], IdOrPath.of_path(command.path))
    if not sessions.has_repository(access):
        return _refuse(MISSING_REPOSITORY)
    if service is Service.RECEIVE_PACK:
        require_room(sessions.repository_path(access))
        return _run(session, sessions.push(session, access, protocol))
    return _run(session, sessions.fetch(access, protocol))


def _run(session: Session, run: GitCommand) -> HttpResponse:
    fields = [("argument", word) for word in run.arguments]
    fields += [("environment", f"{name}={value}") for name, value in run.environment.items()]
    places = Path(settings.SSH_DIR) / "sessions" / str(session.key.pk)
    fields += [("places", str(places)), ("count", str(settings.SSH_SESSIONS))]
    if run.push:
        fields += [("push", run.push), ("lock", str(run.lock)), ("memory", str(MAX_PUSH_MEMORY))]
    return _fields(*fields)


def _refuse(sentence: str) -> HttpResponse:
    return _fields(("refusal", f"GitLab: {sentence}"))


def _with_ticket(view: Callable[[Ticket], HttpResponse]) -> Callable[[HttpRequest], HttpResponse]:
    def view_with_ticket(asked: Fields) -> HttpResponse:
        ticket = Ticket.read(asked.get("ticket", ""))
        if ticket is None:
            return _fields(status=404)
        set_client_address(ticket.address)
        return view(ticket)

    return _internal(view_with_ticket)


@_with_ticket
def updates(ticket: Ticket) -> HttpResponse:
    """May these refs move? The answer lies in the folder; without one nothing passes."""
    try:
        sessions.judge_updates(ticket)
    except AccessDenied as denied:
        sessions.refuse_updates(ticket, refusal_line(denied.access))
    return _fields()


@_with_ticket
def announcements(ticket: Ticket) -> HttpResponse:
    return _fields(*(("message", sentence) for sentence in sessions.announce(ticket)))


@_with_ticket
def end(ticket: Ticket) -> HttpResponse:
    sessions.end(ticket)
    return _fields()
