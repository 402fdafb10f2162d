"""Reads a multipart form while it streams in: one file, which goes into a TemporaryBlob or stays in memory, and the
fields around it.

Django would need the length beforehand and read the body into a temporary file first.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass, field
from typing import Generic, Protocol, TypeVar

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from blobs.errors import FileMissing, InvalidBody, TooLarge, Truncated

# Bytes for everything around the file.
MAX_OVERHEAD = 1024 * 1024
MAX_PARTS = 1000
# Of the parser; _Reader has a method for each.
_EVENTS = (
    "part_begin",
    "header_field",
    "header_value",
    "header_end",
    "headers_finished",
    "part_data",
    "part_end",
    "end",
)


class FormFile(Protocol):
    """What takes the file of a form; `write` raises TooLarge."""

    @property
    def size(self) -> int: ...

    def write(self, block: bytes | memoryview) -> None: ...


class MemoryFile:
    """For what is small and must not be written to the disk as it comes. `max_bytes`: longer content is TooLarge."""

    def __init__(self, max_bytes: int) -> None:
        self.max_bytes = max_bytes
        self._content = bytearray()

    @property
    def size(self) -> int:
        return len(self._content)

    @property
    def content(self) -> bytes:
        return bytes(self._content)

    def write(self, block: bytes | memoryview) -> None:
        """Raises TooLarge."""
        if len(self._content) + len(block) > self.max_bytes:
            raise TooLarge
        self._content += block


File = TypeVar("File", bound=FormFile)


@dataclass
class Form(Generic[File]):
    """`filename` as sent; `fields`: name → values, in their order, of all parts but the file."""

    file: File
    filename: str = ""
    fields: dict[str, list[str]] = field(default_factory=dict)


def read_form(content_type: str, blocks: Iterable[bytes], upload: File, file_field: str) -> Form[File]:
    """The form, with the first part named `file_field` written to `upload`.

    Raises InvalidBody, FileMissing, Truncated, and TooLarge as soon as there is too much of anything.
    """
    kind, options = parse_options_header(content_type)
    boundary = options.get(b"boundary")
    if kind != b"multipart/form-data" or not boundary:
        raise FileMissing(file_field)
    reader = _Reader(file_field, upload)
    try:
        parser = MultipartParser(boundary, {f"on_{event}": getattr(reader, event) for event in _EVENTS})  # type: ignore[arg-type]
        for block in blocks:
            parser.write(block)
            reader.count(len(block))
    except FormParserError as error:
        raise InvalidBody("The body is not valid multipart/form-data") from error
    if not reader.is_complete:
        raise Truncated("The body ended early")
    if not reader.has_file:
        raise FileMissing(file_field)
    return reader.form


class _Reader(Generic[File]):
    """What the parser calls, part by part."""

    def __init__(self, file_field: str, upload: File) -> None:
        self.file_field = file_field
        self.form = Form(upload)
        self.is_complete = self.has_file = self.in_file = False
        self.parts = self.received = 0
        self.header, self.value, self.disposition = bytearray(), bytearray(), b""
        self.name, self.text = "", bytearray()

    def count(self, size: int) -> None:
        self.received += size
        if self.received > self.form.file.size + MAX_OVERHEAD:
            raise TooLarge

    def part_begin(self) -> None:
        self.parts += 1
        self.disposition, self.in_file, self.name = b"", False, ""
        self.text.clear()
        if self.parts > MAX_PARTS:
            raise TooLarge

    def header_field(self, data: bytes, start: int, end: int) -> None:
        self.header += data[start:end]

    def header_value(self, data: bytes, start: int, end: int) -> None:
        self.value += data[start:end]

    def header_end(self) -> None:
        if self.header.lower() == b"content-disposition":
            self.disposition = bytes(self.value)
        self.header.clear()
        self.value.clear()

    def headers_finished(self) -> None:
        _, options = parse_options_header(self.disposition)
        self.name = options.get(b"name", b"").decode(errors="replace")
        if self.name == self.file_field and not self.has_file:
            self.in_file = self.has_file = True
            self.form.filename = options.get(b"filename", b"").decode(errors="replace")

    def part_data(self, data: bytes, start: int, end: int) -> None:
        if self.in_file:
            self.form.file.write(memoryview(data)[start:end])
        elif self.name != self.file_field:
            self.text += data[start:end]

    def part_end(self) -> None:
        if self.name and self.name != self.file_field:
            self.form.fields.setdefault(self.name, []).append(self.text.decode(errors="replace"))

    def end(self) -> None:
        self.is_complete = True
