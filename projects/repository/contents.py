"""Files, folders and commits."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pygit2
from pygit2.enums import SortMode

from projects.repository.objects import Commit, Entry, FileTooLarge, NoSuchFile, NoSuchRef, read_commit
from projects.repository.refs import RefStore

MAX_FILE_BYTES = 100 * 1024 * 1024  # git packs gigabytes of one byte into some kilobytes


class Contents(RefStore):
    """Reads what refs lead to."""

    def blob(self, ref: str, path: str) -> bytes:
        """A file's bytes. Raises NoSuchRef, NoSuchFile or FileTooLarge."""
        found = self._find_blob(ref, path)
        self._check_size(found.id, path)
        return bytes(found.data)

    def blob_id(self, ref: str, path: str) -> str:
        """Without reading the file. Raises NoSuchRef, NoSuchFile."""
        return str(self._find_blob(ref, path).id)

    def mode(self, ref: str, path: str) -> int:
        """As `blob_id`."""
        return int(self._find_blob(ref, path).filemode)

    def blob_by_id(self, sha: str) -> bytes:
        """The bytes of a file known by its full id. Raises NoSuchFile, FileTooLarge."""
        if not self.exists or not re.fullmatch("[0-9a-f]{40}", sha):
            raise NoSuchFile(sha)
        self._check_size(pygit2.Oid(hex=sha), sha)
        found: object = self.git.get(sha)
        if not isinstance(found, pygit2.Blob):
            raise NoSuchFile(sha)
        return bytes(found.data)

    def blob_size(self, sha: str) -> int:
        """Of a file known by its full id, without reading it. Raises NoSuchFile."""
        if not self.exists or not re.fullmatch("[0-9a-f]{40}", sha) or pygit2.Oid(hex=sha) not in self.git.odb:
            raise NoSuchFile(sha)
        kind, size = self.git.odb.read_header(pygit2.Oid(hex=sha))
        if kind != pygit2.enums.ObjectType.BLOB:
            raise NoSuchFile(sha)
        return int(size)

    def _find_blob(self, ref: str, path: str) -> pygit2.Blob:
        """Its content is read when it is asked for."""
        found = self._object_at(self.find(ref).sha, path)
        if not isinstance(found, pygit2.Blob):
            raise NoSuchFile(path)
        return found

    def _check_size(self, oid: pygit2.Oid, name: str) -> None:
        """Without reading the file."""
        if oid in self.git.odb and self.git.odb.read_header(oid)[1] > MAX_FILE_BYTES:
            raise FileTooLarge(name)

    def is_folder(self, ref: str, path: str) -> bool:
        """Raises NoSuchRef."""
        try:
            return not path or isinstance(self._object_at(self.find(ref).sha, path), pygit2.Tree)
        except NoSuchFile:
            return False

    def check_path(self, ref: str, path: str) -> None:
        """Raises NoSuchRef, and NoSuchFile where neither a file nor a folder is; "" is the top."""
        sha = self.find(ref).sha
        if path:
            self._object_at(sha, path)

    def tree(self, ref: str, path: str = "") -> list[Entry]:
        """What lies in a folder: folders first, then files. Raises NoSuchRef or NoSuchFile."""
        commit = self.find(ref).sha
        found = self._object_at(commit, path) if path else self._commit(commit).tree
        if not isinstance(found, pygit2.Tree):
            raise NoSuchFile(path)
        return _entries(found, path)

    def folder(self, entry: Entry) -> list[Entry]:
        """What lies in a folder that `tree` told of, whatever bytes its name is made of."""
        found: object = self.git[entry.sha]
        assert isinstance(found, pygit2.Tree)
        return _entries(found, entry.path)

    def _object_at(self, sha: str, path: str) -> pygit2.Object:
        try:
            return self._commit(sha).tree[path]
        except (KeyError, ValueError, TypeError, pygit2.GitError):
            raise NoSuchFile(path) from None

    def _commit(self, sha: str) -> pygit2.Commit:
        found: object = self.git.get(sha)
        if not isinstance(found, pygit2.Commit):
            raise NoSuchRef(sha)
        return found

    def commit(self, ref: str) -> Commit:
        """Raises NoSuchRef."""
        return read_commit(self._commit(self.find(ref).sha))

    def commits(self, ref: str, limit: int = 20, offset: int = 0) -> list[Commit]:
        """Newest first. Raises NoSuchRef."""
        walk = self._walk(ref)
        for _ in zip(range(offset), walk, strict=False):
            pass
        return [read_commit(found) for _, found in zip(range(limit), walk, strict=False)]

    def _walk(self, ref: str) -> Iterator[pygit2.Commit]:
        return iter(self.git.walk(pygit2.Oid(hex=self.find(ref).sha), SortMode.TOPOLOGICAL | SortMode.TIME))


def _entries(tree: pygit2.Tree, path: str) -> list[Entry]:
    entries = [
        Entry(
            str(item.name),
            f"{path}/{item.name}" if path else str(item.name),
            str(item.type_str),
            f"{item.filemode:06o}",
            str(item.id),
        )
        for item in tree
    ]
    return sorted(entries, key=lambda entry: (entry.kind != "tree", entry.name))
