"""The small files that git keeps in the place of LFS objects."""

from __future__ import annotations

import re
from typing import NamedTuple

MAX_POINTER_BYTES = 1024
MAX_SIZE = 2**62
_VERSIONS = (b"https://git-lfs.github.com/spec/v1", b"https://hawser.github.com/spec/v1")
_LINE = re.compile(rb"([a-z0-9.-]+) ([^\r\n]+)\Z")
_OID = re.compile(r"[0-9a-f]{64}\Z")


class Pointer(NamedTuple):
    """`oid`: the SHA-256 of the object, as hex; `size` in bytes."""

    oid: str
    size: int

    @classmethod
    def parse(cls, content: bytes) -> Pointer | None:
        """None for any other file."""
        if len(content) >= MAX_POINTER_BYTES or not content.startswith(b"version "):
            return None
        matches = [_LINE.match(line) for line in content.rstrip(b"\r\n").split(b"\n")]
        fields = {found[1]: found[2] for found in matches if found is not None}
        if None in matches or fields.get(b"version") not in _VERSIONS:
            return None
        method, _, oid = fields.get(b"oid", b"").decode(errors="replace").partition(":")
        size = fields.get(b"size", b"")
        if method != "sha256" or not is_oid(oid) or not size.isdigit() or len(size) > 19 or int(size) > MAX_SIZE:
            return None
        return cls(oid, int(size))


def is_oid(text: object) -> bool:
    return isinstance(text, str) and _OID.match(text) is not None
