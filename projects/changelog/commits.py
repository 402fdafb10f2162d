"""The commits of a range that belong in a changelog, found by git itself."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass

import re2

from projects.changelog.errors import ChangelogError
from projects.repository import Repository
from projects.repository.git_command import OutputTooLarge, read_output

MAX_COMMITS = 10_000
MAX_BYTES = 16 * 1024 * 1024
MAX_SECONDS = 20  # of processor time
TRAILER = re2.compile(r"[A-Za-z0-9][A-Za-z0-9-]{0,99}")
_FIELDS = 4
_REVERT = re2.compile(r"This reverts commit ([0-9a-f]{40})")


@dataclass(frozen=True, slots=True)
class Entry:
    sha: str
    title: str
    category: str  # the value of the trailer


def changelog_entries(repository: Repository, base: str | None, tip: str, trailer: str) -> list[Entry]:
    """Newest first: commits of `base..tip` with the trailer that no commit of the range reverts. `base` and `tip` are
    full ids, `trailer` fits TRAILER. Raises ChangelogError, GitFailed."""
    entries: list[Entry] = []
    reverted: set[str] = set()
    for sha, title, category, message in _log(repository, base, tip, trailer):
        reverted.update(match.group(1) for match in _REVERT.finditer(message))
        # The last of several trailers counts, as it does when git reads one.
        if value := category.strip().rpartition("\n")[2].strip():
            entries.append(Entry(sha, title, value))
    return [entry for entry in entries if entry.sha not in reverted]


def _log(repository: Repository, base: str | None, tip: str, trailer: str) -> Iterator[list[str]]:
    shape = f"%H%x00%s%x00%(trailers:key={trailer},valueonly=true,unfold=true)%x00%B%x00"
    arguments = ["log", f"--max-count={MAX_COMMITS + 1}", f"--format=tformat:{shape}", "--encoding=UTF-8"]
    try:
        out = read_output(
            repository.path, *arguments, tip, *([f"^{base}"] if base else []), "--",
            max_bytes=MAX_BYTES, seconds=MAX_SECONDS,
        )  # fmt: skip
    except OutputTooLarge:
        raise ChangelogError("The range has too many commits") from None
    parts = out.decode("utf-8", "replace").split("\0")[:-1]
    if len(parts) > _FIELDS * MAX_COMMITS:
        raise ChangelogError(f"The range has more than {MAX_COMMITS} commits")
    for start in range(0, len(parts), _FIELDS):
        sha, *rest = parts[start : start + _FIELDS]
        yield [sha.strip(), *rest]
