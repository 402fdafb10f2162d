"""A refusal as a line for somebody at an SSH client."""

from __future__ import annotations

from resources.repositories.refusals import ARCHIVED, BLOCKED, HIDDEN, NO_REPOSITORY
from resources.repositories.ssh.command_lines import UPLOAD_ARCHIVE
from tokenaccess.access.result import Access
from tokenaccess.policy import Action, Refusal

NOT_A_COMMAND = "This server runs git and git-lfs-authenticate only."
NO_ARCHIVES = "git archive --remote is not served. Download an archive over HTTP instead."
ENDED = "The SSH key has expired, or has been removed."
_READ_ONLY = "The deploy key may only read this project."
_NOT_ALLOWED = {
    Action.DOWNLOAD_CODE: "You are not allowed to download code from this project.",
    Action.PUSH_CODE: "You are not allowed to push code to this project.",
}
_REFUSED_COMMANDS = {UPLOAD_ARCHIVE: NO_ARCHIVES}
MISSING_REPOSITORY = NO_REPOSITORY.strip()


def refuse_command(verb: str) -> str:
    return _REFUSED_COMMANDS.get(verb, NOT_A_COMMAND)


def refusal_line(access: Access) -> str:
    match access.decision.refusal:
        case Refusal.UNAUTHENTICATED:
            return ENDED
        case Refusal.HIDDEN | Refusal.SIGN_IN:
            return HIDDEN.strip()
        case Refusal.BLOCKED:
            return BLOCKED.strip()
        case Refusal.SCOPE:
            return _READ_ONLY
    target = access.facts.target
    archived = access.action is Action.PUSH_CODE and target is not None and target.archived
    return ARCHIVED.strip() if archived else _NOT_ALLOWED[access.action]
