"""What the file pages show of a repository: which ref and path an address means, folders, and files as text."""

from __future__ import annotations

from dataclasses import dataclass

from projects.repository import Entry, NoSuchRef, Ref, Repository

SHOWN_BYTES = 512 * 1024
NUMBERED_LINES = 3000
_README = ("readme.md", "readme", "readme.txt", "readme.rst", "readme.adoc")


@dataclass(frozen=True, slots=True)
class Place:
    """A path ("" for the top) in the tree of `ref`."""

    ref: Ref
    path: str

    @property
    def address(self) -> str:
        return f"{self.ref.name}/{self.path}" if self.path else self.ref.name

    @property
    def above(self) -> list[tuple[str, str]]:
        """(name, address) of the folders on the way down, the top itself left out."""
        parts = self.path.split("/") if self.path else []
        return [(name, f"{self.ref.name}/{'/'.join(parts[: n + 1])}") for n, name in enumerate(parts)]


def locate(repository: Repository, address: str) -> Place:
    """`feature/a/docs/x.md` → branch `feature/a`, path `docs/x.md`: names hold slashes too, the longest one wins.

    Raises NoSuchRef.
    """
    address = address.rstrip("/")
    names = {ref.name for ref in (*repository.branches(), *repository.tags())}
    parts = address.split("/")
    for n in range(len(parts), 0, -1):
        name = "/".join(parts[:n])
        if name in names:
            return Place(repository.find(name), "/".join(parts[n:]))
    return Place(repository.find(parts[0]), "/".join(parts[1:]))


@dataclass(frozen=True, slots=True)
class Row:
    """A line of a folder. What cannot stand in an address has no link (`linkable`)."""

    name: str
    kind: str
    address: str
    linkable: bool


def row(entry: Entry, place: Place) -> Row:
    name = readable(entry.name)
    return Row(name, entry.kind, f"{place.ref.name}/{entry.path}", name == entry.name)


@dataclass(frozen=True, slots=True)
class Text:
    """A file to read. `text` is None when it is no text or too big, `lines` empty when there are too many to number."""

    size: int
    text: str | None
    lines: list[str]


def as_text(data: bytes) -> Text:
    text = None
    if len(data) <= SHOWN_BYTES and b"\0" not in data:
        try:
            text = data.decode()
        except UnicodeDecodeError:
            text = None
    lines = text.splitlines() if text else []
    return Text(len(data), text, lines if len(lines) <= NUMBERED_LINES else [])


def readable(name: str) -> str:
    """A file name for people: git keeps bytes, and what is not UTF-8 in them cannot be sent to a browser."""
    return name.encode("utf-8", "surrogateescape").decode("utf-8", "replace")


@dataclass(frozen=True, slots=True)
class Readme:
    name: str
    text: str


def readme(repository: Repository, branch: str) -> Readme | None:
    """The README at the top of a branch, as plain text; None when there is none that can be shown."""
    path = readme_path(repository, branch)
    if path is None:
        return None
    found = as_text(repository.blob(branch, path))
    return None if found.text is None else Readme(path, found.text)


def readme_path(repository: Repository, branch: str) -> str | None:
    try:
        entries = {entry.name.lower(): entry for entry in repository.tree(branch) if entry.kind == "blob"}
    except NoSuchRef:
        return None
    return next((entries[name].path for name in _README if name in entries), None)
