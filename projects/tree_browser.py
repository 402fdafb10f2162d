"""What the file pages show of a repository: which ref and path an address means, folders, and files as text."""

from __future__ import annotations

from dataclasses import dataclass

from projects.repository import Entry, FileTooLarge, NoSuchRef, Ref, Repository, is_full_id, parse_ref

MAX_TEXT_BYTES = 512 * 1024
MAX_NUMBERED_LINES = 3000
_README = ("readme.md", "readme", "readme.txt", "readme.rst", "readme.adoc")


@dataclass(frozen=True, slots=True)
class TreeLocation:
    """A path ("" for the top) in the tree of `ref`."""

    ref: Ref
    path: str

    @property
    def address(self) -> str:
        return f"{self.ref.name}/{self.path}" if self.path else self.ref.name

    @property
    def parents(self) -> list[tuple[str, str]]:
        """(name, address) of the folders on the way down, the top itself left out."""
        parts = self.path.split("/") if self.path else []
        return [(name, f"{self.ref.name}/{'/'.join(parts[: n + 1])}") for n, name in enumerate(parts)]


def locate(repository: Repository, address: str) -> TreeLocation:
    """`feature/a/docs/x.md` → branch `feature/a`, path `docs/x.md`: names hold slashes too, the longest one wins.
    They may be whole (`refs/heads/feature/a/docs/x.md`).

    Raises NoSuchRef.
    """
    address, tag = parse_ref(address.rstrip("/"))
    refs = _refs_by_name(repository, tag)
    parts = address.split("/")
    for n in range(len(parts), 0, -1):
        name = "/".join(parts[:n])
        if name in refs:
            return TreeLocation(refs[name], "/".join(parts[n:]))
    if tag is not None:
        raise NoSuchRef(address)
    return TreeLocation(repository.find(parts[0]), "/".join(parts[1:]))


def _refs_by_name(repository: Repository, tag: bool | None) -> dict[str, Ref]:
    """Branches and tags, or those of one kind. As everywhere, a branch hides a tag, and a full id names neither."""
    tags = [] if tag is False else repository.tags()
    branches = [] if tag else repository.branches()
    return {ref.name: ref for ref in (*tags, *branches) if not is_full_id(ref.name)}


@dataclass(frozen=True, slots=True)
class TreeRow:
    """A line of a folder. What cannot stand in an address has no link (`linkable`)."""

    name: str
    kind: str
    address: str
    linkable: bool


def tree_row(entry: Entry, place: TreeLocation) -> TreeRow:
    name = display_name(entry.name)
    return TreeRow(name, entry.kind, f"{place.ref.name}/{entry.path}", name == entry.name)


@dataclass(frozen=True, slots=True)
class TextFile:
    """A file to read. `text` is None when it is no text or too big, `lines` empty when there are too many to number."""

    size: int
    text: str | None
    lines: list[str]


def decode_text(data: bytes) -> TextFile:
    text = None
    if len(data) <= MAX_TEXT_BYTES and b"\0" not in data:
        try:
            text = data.decode()
        except UnicodeDecodeError:
            text = None
    lines = text.splitlines() if text else []
    return TextFile(len(data), text, lines if len(lines) <= MAX_NUMBERED_LINES else [])


_IMAGE_SIGNATURES = (
    (b"\x89PNG\r\n\x1a\n", "image/png"),
    (b"\xff\xd8\xff", "image/jpeg"),
    (b"GIF87a", "image/gif"),
    (b"GIF89a", "image/gif"),
)


def image_type(data: bytes) -> str | None:
    """The content type of an image that a browser only draws; SVG is not one, it may hold scripts."""
    if data[:4] == b"RIFF" and data[8:12] == b"WEBP":
        return "image/webp"
    return next((kind for signature, kind in _IMAGE_SIGNATURES if data.startswith(signature)), None)


def display_name(name: str) -> str:
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
    try:
        found = decode_text(repository.blob(branch, path))
    except FileTooLarge:
        return None
    return None if found.text is None else Readme(path, found.text)


def readme_path(repository: Repository, branch: str) -> str | None:
    try:
        entries = {entry.name.lower(): entry for entry in repository.tree(branch) if entry.kind == "blob"}
    except NoSuchRef:
        return None
    return next((entries[name].path for name in _README if name in entries), None)
