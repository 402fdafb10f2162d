"""What a repository holds, as plain values: refs, folder entries and commits, read from libgit2's objects."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta, timezone

import pygit2

_FULL_ID = re.compile(r"[0-9a-fA-F]{40}\Z")
_ID_LIKE = re.compile(r"[0-9a-fA-F]{40}([0-9a-fA-F]{24})?\Z")


class NoSuchRef(Exception):
    """No branch, tag or commit of that name."""


class NoSuchFile(Exception):
    """The path is not in that commit, or is not a file."""


class FileTooLarge(NoSuchFile):
    """The file is there, and larger than what is read into memory."""


@dataclass(frozen=True, slots=True)
class Ref:
    name: str
    sha: str
    is_tag: bool = False


@dataclass(frozen=True, slots=True)
class Entry:
    """`kind` is `tree`, `blob` or `commit` (a submodule)."""

    name: str
    path: str
    kind: str
    mode: str
    sha: str


@dataclass(frozen=True, slots=True)
class Commit:
    sha: str
    parents: tuple[str, ...]
    message: str
    author_name: str
    author_email: str
    authored_at: datetime
    committer_name: str
    committer_email: str
    committed_at: datetime

    @property
    def title(self) -> str:
        return self.message.strip().split("\n", 1)[0]

    @property
    def body(self) -> str:
        """The message below its title."""
        return self.message.strip().partition("\n")[2].strip("\n")

    @property
    def short_sha(self) -> str:
        return self.sha[:8]


def is_full_id(name: str) -> bool:
    return _FULL_ID.match(name) is not None


ID_LIKE = ": it looks like the id of a commit"


def looks_like_id(name: str) -> bool:
    """Whether a name could be the id of a commit, by SHA-1 or SHA-256. No new branch or tag may be called so."""
    return _ID_LIKE.match(name) is not None


HEADS, TAGS = "refs/heads/", "refs/tags/"


def parse_ref(name: str) -> tuple[str, bool | None]:
    """`refs/tags/v1` → (`v1`, whether it is a tag's); a short name may be a branch's or a tag's: None."""
    for prefix, is_tag in ((HEADS, False), (TAGS, True)):
        if name.startswith(prefix):
            return name.removeprefix(prefix), is_tag
    return name, None


def is_ref_name(ref: str) -> bool:
    return len(ref) <= 1024 and ref.isprintable() and pygit2.reference_is_valid_name(ref)


def is_branch_name(name: str) -> bool:
    """Whether a new branch or tag may be called so. The name without `refs/heads/`: with it, it would name another."""
    if not name or name == "HEAD" or name.startswith(("-", HEADS, TAGS)) or looks_like_id(name):
        return False
    return is_ref_name(f"refs/heads/{name}")


def signature(name: str, email: str) -> pygit2.Signature:
    name, email = (re.sub(r"[<>\x00-\x1f]", "", part).strip() for part in (name, email))
    return pygit2.Signature(name or "Token Access", email or "noreply@localhost")


def commit_time(seconds: int, offset: int) -> datetime:
    try:
        return datetime.fromtimestamp(seconds, timezone(timedelta(minutes=offset)))
    except (ValueError, OverflowError, OSError):
        return datetime.fromtimestamp(0, UTC)


def read_text(found: pygit2.Commit | pygit2.Tag | pygit2.Signature, field: str) -> str:
    """Text as git keeps it: in any encoding, or in one that nobody knows."""
    try:
        return str(getattr(found, field))
    except (LookupError, UnicodeDecodeError):
        raw: bytes = getattr(found, f"raw_{field}", b"")
        return raw.decode("utf-8", "replace")


def read_commit(found: pygit2.Commit) -> Commit:
    return Commit(
        sha=str(found.id),
        parents=tuple(str(parent) for parent in found.parent_ids),
        message=read_text(found, "message"),
        author_name=read_text(found.author, "name"),
        author_email=read_text(found.author, "email"),
        authored_at=commit_time(found.author.time, found.author.offset),
        committer_name=read_text(found.committer, "name"),
        committer_email=read_text(found.committer, "email"),
        committed_at=commit_time(found.commit_time, found.commit_time_offset),
    )
