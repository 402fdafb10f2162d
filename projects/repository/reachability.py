"""Which branches and tags hold a commit, and who wrote the commits of a history."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from itertools import islice

import pygit2
from pygit2.enums import SortMode

from projects.repository.git_command import read_output
from projects.repository.objects import HEADS, TAGS, is_ref_name, read_text
from projects.repository.repository import Repository

MAX_NAMES_BYTES = 16 * 1024 * 1024
MAX_SECONDS = 20  # of git's processor time
MAX_CONTRIBUTED_COMMITS = 2000  # the newest, as GitLab counts them


def refs_that_contain(repository: Repository, sha: str, prefixes: Iterable[str] = (HEADS, TAGS)) -> list[str]:
    """Whole names. Raises GitFailed, OutputTooLarge."""
    return _ref_names(repository, f"--contains={sha}", prefixes)


def merged_branches(repository: Repository, sha: str) -> list[str]:
    """Whole names of the branches whose every commit `sha` has in its history. Raises as `refs_that_contain`."""
    return _ref_names(repository, f"--merged={sha}", [HEADS])


def _ref_names(repository: Repository, which: str, prefixes: Iterable[str]) -> list[str]:
    """The real git remembers what it has seen of the history from one ref to the next."""
    written = read_output(
        repository.path,
        "for-each-ref",
        "--format=%(refname)",
        which,
        *(prefix.rstrip("/") for prefix in prefixes),
        max_bytes=MAX_NAMES_BYTES,
        seconds=MAX_SECONDS,
    )
    names = (line.decode("utf-8", "replace") for line in written.splitlines())
    return [name for name in names if is_ref_name(name)]


@dataclass(slots=True)
class Contributor:
    name: str
    email: str
    commits: int = 0


def contributors(repository: Repository, sha: str) -> list[Contributor]:
    """By address, of the last MAX_CONTRIBUTED_COMMITS that merge nothing; the newest name counts."""
    walk = repository.git.walk(pygit2.Oid(hex=sha), SortMode.TOPOLOGICAL | SortMode.TIME)
    found: dict[str, Contributor] = {}
    for commit in islice((one for one in walk if len(one.parent_ids) < 2), MAX_CONTRIBUTED_COMMITS):
        email = read_text(commit.author, "email")
        one = found.setdefault(email, Contributor(read_text(commit.author, "name"), email))
        one.commits += 1
    return list(found.values())
