"""Pushes to files that somebody else has locked, in whatever merge the change is wrapped."""

from __future__ import annotations

import base64
from typing import Any

import pygit2
import pytest
from django.test import Client

from projects.repository import Repository
from tests.factories import projects
from tests.factories.cast import Cast
from tests.factories.people import token_for
from tests.lfs.test_locks import lock
from tests.lfs.test_objects import person
from tests.repositories.test_protected_pushes import NOTHING, body
from tests.support.git_bomb import bomb

pytestmark = pytest.mark.once

LOCKED = "GitLab: The path 'a.bin' is locked in Git LFS by owner"


@pytest.fixture
def main(cast: Cast) -> str:
    """A commit with two files, both locked by the owner."""
    found = projects.commit(cast.library, {"a.bin": "1", "b.bin": "1"})
    for path in ("a.bin", "b.bin"):
        lock(person(cast.owner), path)
    return found


def make(cast: Cast, files: dict[str, str], *parents: str) -> str:
    """A commit that no ref leads to yet."""
    git = Repository(cast.library.repository_path).git
    tree = git.TreeBuilder()
    for name, content in files.items():
        tree.insert(name, git.create_blob(content.encode()), pygit2.enums.FileMode.BLOB)
    who = pygit2.Signature("x", "x@example.org")
    made = git.create_commit(None, who, who, "Change", tree.write(), [pygit2.Oid(hex=parent) for parent in parents])
    return str(made)


def push(cast: Cast, sha: str) -> str:
    credential = base64.b64encode(f"x:{token_for(cast.developer, ('write_repository',))}".encode()).decode()
    answer: Any = Client().post(
        "/acme/library.git/git-receive-pack",
        body((NOTHING, sha, "refs/heads/topic")),
        content_type="application/x-git-receive-pack-request",
        headers={"Authorization": f"Basic {credential}"},
    )
    return b"".join(answer.streaming_content).decode(errors="replace")


def test_a_change_that_its_merge_undoes_is_refused_all_the_same(cast: Cast, main: str):
    """Or the next push could take it from there: it would not be new any more."""
    change = make(cast, {"a.bin": "2", "b.bin": "1"}, main)
    merge = make(cast, {"a.bin": "1", "b.bin": "1", "c": "3"}, main, change)
    assert LOCKED in push(cast, merge)


def test_a_merge_of_changes_to_different_files_is_refused(cast: Cast, main: str):
    changes = [make(cast, {"a.bin": "2", "b.bin": "1"}, main), make(cast, {"a.bin": "1", "b.bin": "2"}, main)]
    said = push(cast, make(cast, {"a.bin": "2", "b.bin": "2"}, *changes))
    assert "is locked in Git LFS by owner" in said
    assert "pre-receive hook declined" in said


def test_a_merge_is_refused_for_what_it_adds_itself(cast: Cast, main: str):
    side = make(cast, {"a.bin": "1", "b.bin": "1", "c": "3"}, main)
    assert LOCKED in push(cast, make(cast, {"a.bin": "9", "b.bin": "1", "c": "3"}, main, side))
    assert "ok refs/heads/topic" in push(cast, make(cast, {"a.bin": "1", "b.bin": "1", "c": "4"}, main, side))


def test_a_locked_folder_that_unfolds_too_far_is_refused(cast: Cast, main: str):
    lock(person(cast.owner), "d1")
    bomb(cast.library.repository_path)
    git = Repository(cast.library.repository_path).git
    sha = str(git.references["refs/heads/bomb"].target)
    git.references.delete("refs/heads/bomb")
    assert "could not be compared with the locks on files" in push(cast, sha)
