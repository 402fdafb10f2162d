"""What terraform sends: the state, and the description of a lock. Only as much of it is read as the rules need."""

from __future__ import annotations

import base64
import binascii
import hashlib
import json
from dataclasses import dataclass
from functools import cached_property
from typing import Any, Self

import orjson

from text.numbers import MAX_BIGINT

LOCK_FIELDS = ("ID", "Operation", "Info", "Who", "Version", "Created", "Path")
MAX_LOCK_ID = 255
MAX_VERSION = 64
MAX_LOCK_BYTES = 64 * 1024
_BLANKS = " \t\r\n"


class InvalidDocument(Exception):
    """The reason, as a sentence."""


@dataclass(frozen=True)
class StateDocument:
    """A state as its client wrote it, byte for byte."""

    content: bytes
    serial: int
    terraform_version: str

    @classmethod
    def parse(cls, content: bytes) -> Self:
        """Raises InvalidDocument."""
        document = parse_object(content)
        serial, version = document.get("serial"), document.get("terraform_version")
        if type(serial) is not int or not 0 <= serial <= MAX_BIGINT:
            raise InvalidDocument("The state has no serial that is a whole number")
        if not isinstance(version, str) or not version.isprintable() or len(version) > MAX_VERSION:
            version = ""
        return cls(content, serial, version)

    @cached_property
    def sha256(self) -> str:
        return hashlib.sha256(self.content).hexdigest()

    def with_serial(self, serial: int) -> StateDocument:
        """The same state under another serial; every other byte stays."""
        text = self.content.decode()
        for start, end in reversed(_member_spans(text, "serial")):
            text = f"{text[:start]}{serial}{text[end:]}"
        return StateDocument(text.encode(), serial, self.terraform_version)


def _member_spans(text: str, name: str) -> list[tuple[int, int]]:
    """Where the values of that name lie in the outermost object of valid JSON."""
    decoder, spans = json.JSONDecoder(), []
    position = text.index("{") + 1
    while text[position := _skip(text, position, _BLANKS + ",")] != "}":
        key, position = decoder.raw_decode(text, position)
        start = _skip(text, position, _BLANKS + ":")
        _, position = decoder.raw_decode(text, start)
        if key == name:
            spans.append((start, position))
    return spans


def _skip(text: str, position: int, characters: str) -> int:
    while text[position] in characters:
        position += 1
    return position


def parse_object(content: bytes) -> dict[str, Any]:
    """Raises InvalidDocument."""
    try:
        document = orjson.loads(content)
    except orjson.JSONDecodeError as error:
        raise InvalidDocument("The body is not valid JSON") from error
    if not isinstance(document, dict):
        raise InvalidDocument("The body is not a JSON object")
    return document


def has_md5(content: bytes, header: str) -> bool:
    """Whether `Content-MD5` is that of the content; where there is none, nothing is claimed."""
    if not header:
        return True
    try:
        claimed = base64.b64decode(header, validate=True)
    except (binascii.Error, ValueError):
        return False
    return claimed == hashlib.md5(content, usedforsecurity=False).digest()


def is_state_name(name: str) -> bool:
    return 0 < len(name) <= 255 and name.isprintable() and "/" not in name


def is_lock_field(name: str, value: object) -> bool:
    """A missing one is another matter."""
    if value is None:
        return True
    return is_lock_id(value) if name == "ID" else isinstance(value, str) and "\0" not in value


def is_lock_id(value: object) -> bool:
    return isinstance(value, str) and 0 < len(value) <= MAX_LOCK_ID and value.isprintable()
