"""What a push would be refused for (receive.fsckObjects), asked of git about a commit that was made here.

libgit2 keeps names like `.git` out, but reads no file, and there are values in `.gitmodules` that git would run as a
command.
"""

from __future__ import annotations

import re
import tempfile
from collections.abc import Iterable, Iterator
from pathlib import Path, PurePosixPath

import pygit2

from projects.repository.git_command import GitFailed, read_output

MAX_SECONDS = 60  # of processor time
_MAX_OUTPUT = 1000  # bytes: the name of a pack
_COMPLAINT = re.compile(r"^(?:error|fatal): .*?: (\w+: .*)$", re.MULTILINE)


def find_complaint(git: pygit2.Repository, commit: pygit2.Commit, paths: Iterable[str]) -> str:
    """What git says against the commit and the folders above `paths`; "" if nothing. Git reads those files itself that
    it has rules for."""
    with tempfile.TemporaryDirectory() as folder:
        pack = pygit2.PackBuilder(git)
        for oid in {commit.id, *_folders(commit.tree, paths)}:
            pack.add(oid)
        pack.write(folder)
        (file,) = Path(folder).glob("*.pack")
        arguments = ("index-pack", "--strict", "-o", f"{folder}/checked.idx", str(file))
        try:
            read_output(Path(git.path), *arguments, max_bytes=_MAX_OUTPUT, seconds=MAX_SECONDS)
        except GitFailed as error:
            said = _COMPLAINT.search(str(error))
            return said[1] if said else "git could not check them"
    return ""


def _folders(root: pygit2.Tree, paths: Iterable[str]) -> Iterator[pygit2.Oid]:
    yield root.id
    above = {str(parent) for path in paths for parent in PurePosixPath(path).parents} - {"."}
    for folder in above:
        if folder in root:  # unless its last file was removed
            yield root[folder].id
