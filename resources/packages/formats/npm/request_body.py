"""Reads the JSON of `npm publish` as a stream: the archive in it goes to a temporary blob, the rest stays in memory.

    with TemporaryBlob(…) as upload:
        document = read_document(read_blocks(request), upload)

The rest has a limit, so that a request takes the same memory whatever the size of its archive.
"""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Iterable
from typing import Any

import orjson

from blobs.errors import InvalidBody, TooLarge
from blobs.store import TemporaryBlob

# All but the archive. A document of a thousand versions, which comes back to deprecate some of them, fits.
MAX_DOCUMENT = 20 * 1024 * 1024
# orjson writes no deeper than 254 levels.
MAX_DEPTH = 200
# Strings, objects and arrays. Each takes a step in Python, numbers and what lies within a string take none.
MAX_STEPS = 1_000_000
_MAX_KEY = 512
_STRUCTURE = re.compile(rb'["{}\[\]:]')
_STRUCTURE_AND_COMMA = re.compile(rb'["{}\[\],:]')
_STRING_CONTENT = re.compile(rb'(?:[^"\\]++|\\.)*+', re.DOTALL)


class AttachmentDecoder:
    """Base64 in pieces."""

    def __init__(self, upload: TemporaryBlob) -> None:
        self._upload = upload
        self._rest = b""
        self._is_padded = False

    def write(self, text: bytes) -> None:
        text = self._rest + text
        whole = len(text) - len(text) % 4
        text, self._rest = text[:whole], text[whole:]
        if not text:
            return
        if self._is_padded:
            raise InvalidBody("Attachment data goes on after its end")
        try:
            self._upload.write(base64.b64decode(text, validate=True))
        except binascii.Error as error:
            raise InvalidBody("Attachment data is not base64") from error
        self._is_padded = text.endswith(b"=")

    def finish(self) -> None:
        if self._rest:
            raise InvalidBody("Attachment data is cut off")


class DocumentReader:
    """Takes the body in blocks. Follows the structure of the JSON just far enough to know where
    `_attachments.*.data` is; whether it is JSON at all, the parser says in the end."""

    def __init__(self, upload: TemporaryBlob) -> None:
        self._upload = upload
        self._decoder: AttachmentDecoder | None = None  # while in the archive
        self._kept = bytearray()
        self._keys: list[bytes] = []  # under which the open objects and arrays are
        self._key = self._word = b""
        self._string_start: int | None = None  # in `_kept`, while in a string
        self._is_escaped = False
        self._steps = 0
        self.attachments = 0

    def feed(self, block: bytes) -> None:
        position = 0
        while position < len(block):
            if self._decoder is not None:
                position = self._feed_archive(self._decoder, block, position)
            elif self._string_start is not None:
                position = self._feed_string(block, position, self._string_start)
            else:
                position = self._feed_structure(block, position)

    def _feed_archive(self, decoder: AttachmentDecoder, block: bytes, position: int) -> int:
        end = block.find(b'"', position)
        decoder.write(block[position : len(block) if end < 0 else end])
        if end < 0:
            return len(block)
        decoder.finish()
        self._decoder = None
        self._keep(b'""')
        return end + 1

    def _feed_string(self, block: bytes, position: int, start: int) -> int:
        if self._is_escaped:
            self._is_escaped = False
            self._keep(block[position : position + 1])
            return position + 1
        end = _string_end(block, position)
        is_closed = block[end : end + 1] == b'"'
        self._is_escaped = not is_closed and end < len(block)
        end += 1 if end < len(block) else 0
        self._keep(block[position:end])
        if is_closed:
            self._word = bytes(self._kept[start : start + _MAX_KEY]).removesuffix(b'"')
            self._string_start = None
        return end

    def _feed_structure(self, block: bytes, position: int) -> int:
        # A comma ends the key; that matters where it could be the archive's.
        structure = _STRUCTURE_AND_COMMA if self._key == b"data" else _STRUCTURE
        found = structure.search(block, position)
        if found is None:
            self._keep(block[position:])
            return len(block)
        self._steps += 1
        if self._steps > MAX_STEPS:
            raise InvalidBody("The document has too many values")
        end, mark = found.end(), found.group()
        if mark == b'"' and self._is_at_archive():
            self._keep(block[position : end - 1])
            self._decoder = AttachmentDecoder(self._upload)
            self.attachments += 1
            return end
        if mark == b'"':
            return self._take_string(block, position, end)
        self._keep(block[position:end])
        self._follow(mark)
        return end

    def _take_string(self, block: bytes, position: int, start: int) -> int:
        """At once if the block has all of it."""
        end = _string_end(block, start)
        if block[end : end + 1] != b'"':
            self._keep(block[position:start])
            self._string_start = len(self._kept)
            return start
        self._keep(block[position : end + 1])
        self._word = block[start : min(end, start + _MAX_KEY)]
        return end + 1

    def _follow(self, mark: bytes) -> None:
        match mark:
            case b"{" | b"[":
                self._enter()
            case b"}" | b"]":
                del self._keys[-1:]
                self._key = b""
            case b":":
                self._key = self._word
            case b",":
                self._key = b""

    def _enter(self) -> None:
        if len(self._keys) == MAX_DEPTH:
            raise InvalidBody(f"The body is nested too deeply (maximum is {MAX_DEPTH} levels)")
        self._keys.append(self._key)
        self._key = b""

    def _is_at_archive(self) -> bool:
        return self._key == b"data" and len(self._keys) == 3 and self._keys[1] == b"_attachments"

    def _keep(self, text: bytes) -> None:
        self._kept += text
        if len(self._kept) > MAX_DOCUMENT:
            raise TooLarge

    def finish(self) -> dict[str, Any]:
        if self._decoder is not None:
            raise InvalidBody("Attachment data is cut off")
        try:
            document = orjson.loads(self._kept)
        except orjson.JSONDecodeError as error:
            raise InvalidBody("The body is not valid JSON") from error
        if not isinstance(document, dict):
            raise InvalidBody("The body is not a JSON object")
        if self.attachments > 1:
            raise InvalidBody("There is more than one attachment")
        return document


def _string_end(block: bytes, start: int) -> int:
    """Where the string ends: at its quote, at a backslash that is the last byte of the block, or with the block."""
    found = _STRING_CONTENT.match(block, start)
    return found.end() if found else start


def read_document(blocks: Iterable[bytes], upload: TemporaryBlob) -> dict[str, Any]:
    """The document without the bytes of its archive, which are in `upload`. Raises UploadError."""
    reader = DocumentReader(upload)
    for block in blocks:
        reader.feed(block)
    return reader.finish()
