"""A small tree that stands for very many files."""

from __future__ import annotations

from pathlib import Path

import pygit2


def bomb(path: Path, depth: int = 10, width: int = 10, *, hollow: bool = False) -> None:
    """A branch of `width` to the power of `depth` files that takes a few kilobytes. `hollow`: of empty folders."""
    git = pygit2.Repository(str(path))
    inner, mode = git.create_blob(b"boom\n"), pygit2.enums.FileMode.BLOB
    if hollow:
        inner, mode = git.TreeBuilder().write(), pygit2.enums.FileMode.TREE
    for _ in range(depth):
        builder = git.TreeBuilder()
        for number in range(width):
            builder.insert(f"d{number}", inner, mode)
        inner, mode = builder.write(), pygit2.enums.FileMode.TREE
    who = pygit2.Signature("x", "x@example.org")
    git.create_commit("refs/heads/bomb", who, who, "Boom", inner, [git.references["refs/heads/main"].target])
