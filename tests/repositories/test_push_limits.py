"""What a push may cost the server."""

from __future__ import annotations

import base64
import hashlib
import zlib
from typing import Any

import pytest
from django.test import Client

from tests.factories import projects
from tests.factories.cast import Cast
from tests.factories.people import token_for
from tests.repositories.test_protected_pushes import NOTHING, line

pytestmark = pytest.mark.once

COPY = 0xFFFFFF  # bytes, the most that one instruction of a delta copies


def varint(number: int) -> bytes:
    found = bytearray()
    while number > 0x7F:
        found.append(number & 0x7F | 0x80)
        number >>= 7
    return bytes([*found, number])


def pack_object(kind: int, content: bytes, between: bytes = b"") -> bytes:
    size = len(content)
    first = kind << 4 | size & 0xF
    head = bytes([first | 0x80]) + varint(size >> 4) if size > 0xF else bytes([first])
    return head + between + zlib.compress(content)


def delta_bomb(copies: int) -> bytes:
    """A pack of a file of zeros, and of another that is so many copies of it."""
    zeros = bytes(COPY)
    base = hashlib.sha1(b"blob %d\0" % COPY + zeros, usedforsecurity=False).digest()
    delta = varint(COPY) + varint(COPY * copies) + b"\xf0\xff\xff\xff" * copies
    pack = b"PACK\0\0\0\2\0\0\0\2" + pack_object(3, zeros) + pack_object(7, delta, base)
    return pack + hashlib.sha1(pack, usedforsecurity=False).digest()


@pytest.mark.parametrize(("copies", "word"), [(2, "unpack ok"), (300, "unpacker error")])
def test_a_delta_that_unfolds_into_gigabytes_is_refused(cast: Cast, copies: int, word: str) -> None:
    sha = projects.commit(cast.library, {"README.md": "hello\n"})
    credential = base64.b64encode(f"x:{token_for(cast.developer, ('write_repository',))}".encode()).decode()
    command = line(f"{NOTHING} {sha} refs/heads/topic\0 report-status")
    answer: Any = Client().post(
        "/acme/library.git/git-receive-pack",
        command + b"0000" + delta_bomb(copies),
        content_type="application/x-git-receive-pack-request",
        headers={"Authorization": f"Basic {credential}"},
    )
    assert word in b"".join(answer.streaming_content).decode(errors="replace")
