"""Takes the one file out of a multipart body while it streams in, of known length or not (runner.md §0, §3.4).

Django would need the length beforehand and read the body into a temporary file first.
"""

from __future__ import annotations

from collections.abc import Iterable

from python_multipart.exceptions import FormParserError
from python_multipart.multipart import MultipartParser, parse_options_header

from blobs.store import Incoming, TooLarge

# For everything around the file.
MOST_AROUND = 1024 * 1024
MOST_PARTS = 100


class BadBody(Exception):
    """The text says what is wrong with it."""


def receive(content_type: str, blocks: Iterable[bytes], incoming: Incoming, field: str = "file") -> str:
    """Writes the first part named `field` into `incoming`; returns its file name, as sent.

    Raises BadBody, and blobs.store.TooLarge as soon as there is too much of anything.
    """
    kind, options = parse_options_header(content_type)
    boundary = options.get(b"boundary")
    if kind != b"multipart/form-data" or not boundary:
        raise BadBody(f"{field} is missing")
    reader = _Reader(field.encode(), incoming)
    try:
        parser = MultipartParser(boundary, reader.callbacks)  # type: ignore[arg-type]
        for block in blocks:
            parser.write(block)
            reader.count(len(block))
    except FormParserError as error:
        raise BadBody("The body is not valid multipart/form-data") from error
    if not reader.ended:
        raise BadBody("The body ended early")
    if reader.filename is None:
        raise BadBody(f"{field} is missing")
    return reader.filename


class _Reader:
    """What the parser calls, part by part."""

    def __init__(self, field: bytes, incoming: Incoming) -> None:
        self.field, self.incoming = field, incoming
        self.filename: str | None = None
        self.ended = self.wanted = False
        self.parts = self.received = 0
        self.header, self.value, self.disposition = bytearray(), bytearray(), b""

    @property
    def callbacks(self) -> dict[str, object]:
        return {
            "on_part_begin": self.part_begin,
            "on_header_field": self.header_field,
            "on_header_value": self.header_value,
            "on_header_end": self.header_end,
            "on_headers_finished": self.headers_finished,
            "on_part_data": self.part_data,
            "on_end": self.end,
        }

    def count(self, size: int) -> None:
        self.received += size
        if self.received > self.incoming.size + MOST_AROUND:
            raise TooLarge

    def part_begin(self) -> None:
        self.parts += 1
        self.disposition, self.wanted = b"", False
        if self.parts > MOST_PARTS:
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
        if options.get(b"name") == self.field and self.filename is None:
            self.wanted = True
            self.filename = options.get(b"filename", b"").decode(errors="replace")

    def part_data(self, data: bytes, start: int, end: int) -> None:
        if self.wanted:
            self.incoming.write(memoryview(data)[start:end])

    def end(self) -> None:
        self.ended = True
