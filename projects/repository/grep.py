"""Finds words in the files of a commit, by git grep within bounds."""

from __future__ import annotations

from dataclasses import dataclass

from projects.repository.git_command import GitCommand, GitFailed
from projects.repository.repository import Repository

MAX_BYTES = 4 * 1024 * 1024  # of what git finds
MAX_MATCHES = 1000
MAX_PER_FILE = 50
MAX_LINE = 1000
MAX_SECONDS = 10


@dataclass(frozen=True, slots=True)
class Match:
    path: str
    line: int
    text: str


def find_words(repository: Repository, sha: str, words: str) -> list[Match]:
    """Lines that hold `words`, whatever their case, in text files of the commit `sha`. The first MAX_MATCHES; of what
    takes longer than MAX_SECONDS those that were found until then."""
    command = GitCommand(
        repository.path, "grep", "--line-number", "--null", "-I", "--ignore-case", "--fixed-strings", "--full-name",
        "--no-color", "--no-textconv", "--threads=1", f"--max-count={MAX_PER_FILE}", "-e", words, sha,
        seconds=MAX_SECONDS,
    )  # fmt: skip
    found = bytearray()
    try:
        for block in command:
            found += block
            if len(found) > MAX_BYTES:
                break
    except GitFailed:
        pass  # so it ends where nothing was found, too
    finally:
        command.close()
    return [match for line in bytes(found[:MAX_BYTES]).split(b"\n") if (match := _read(line))][:MAX_MATCHES]


def _read(line: bytes) -> Match | None:
    """`sha:path NUL number NUL text`; None for the end of one that was cut off."""
    parts = line.split(b"\0", 2)
    if len(parts) < 3 or not parts[1].isdigit():
        return None
    path = parts[0].partition(b":")[2].decode(errors="replace")
    return Match(path, int(parts[1]), parts[2].decode(errors="replace")[:MAX_LINE])
