"""What a client of SSH asks to run, taken apart without a shell."""

from __future__ import annotations

import shlex
from dataclasses import dataclass
from typing import Self

MAX_LENGTH = 4096
LFS_AUTHENTICATE = "git-lfs-authenticate"
UPLOAD_ARCHIVE = "git-upload-archive"
_GIT = ("git-upload-pack", "git-receive-pack", UPLOAD_ARCHIVE)


@dataclass(frozen=True, slots=True)
class CommandLine:
    """`verb` is "" for none at all. `path`: of the project, as an address has it. `operation`: of git-lfs."""

    verb: str = ""
    path: str = ""
    operation: str = ""

    @classmethod
    def parse(cls, text: str) -> Self | None:
        """None for what is not spoken here."""
        if not text.strip():
            return cls()
        words = _split(text)
        if words[:1] == ["git"] and len(words) > 1:  # `git upload-pack`, as some clients say
            words = [f"git-{words[1]}", *words[2:]]
        match words:
            case [verb, path] if verb in _GIT:
                return cls(verb, _clean_path(path))
            # Older versions name an object too, which says nothing.
            case ["git-lfs-authenticate", path, ("upload" | "download") as operation, *_]:
                return cls(LFS_AUTHENTICATE, _clean_path(path), operation)
        return None


def _split(text: str) -> list[str]:
    try:
        return shlex.split(text) if len(text) <= MAX_LENGTH else []
    except ValueError:  # a quotation without an end
        return []


def _clean_path(path: str) -> str:
    return path.strip("/").removesuffix(".git")
