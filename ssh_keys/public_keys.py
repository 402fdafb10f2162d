"""Public keys as OpenSSH writes them, checked (tokens.md §6.9)."""

from __future__ import annotations

import base64
import hashlib
import re
from dataclasses import dataclass
from typing import Self

from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives.asymmetric.rsa import RSAPublicKey
from cryptography.hazmat.primitives.serialization import load_ssh_public_key

MIN_RSA_BITS = 2048
MAX_RSA_BITS = 16384  # OpenSSH takes no longer ones
MAX_LENGTH = 8192
MAX_COMMENT = 255
# Hardware keys, which `cryptography` knows as the keys that they are made of.
TYPES = frozenset({
    "ssh-rsa", "ssh-ed25519", "ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521",
    "sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com",
})  # fmt: skip
NO_KEY = "is invalid"
_CONTROL = re.compile(r"[\x00-\x1f\x7f]")


class InvalidKey(ValueError):
    """What is wrong, in the words of an error of the field `key`."""


@dataclass(frozen=True)
class PublicKey:
    type: str
    base64: str
    comment: str = ""

    @classmethod
    def parse(cls, text: str) -> Self:
        """One line; options such as `command=` are none of a key. Raises InvalidKey."""
        words = text.strip().split(None, 2)
        if len(text) > MAX_LENGTH or len(words) < 2 or _CONTROL.search(text.strip()):
            raise InvalidKey(NO_KEY)
        if words[0] not in TYPES:
            raise InvalidKey(f"type is forbidden. Must be {', '.join(sorted(TYPES))}")
        _check(words[0], words[1])
        return cls(words[0], words[1], words[2][:MAX_COMMENT] if len(words) > 2 else "")

    @property
    def text(self) -> str:
        return f"{self.type} {self.base64}"

    @property
    def sha256(self) -> str:
        return base64.b64encode(hashlib.sha256(self._blob).digest()).decode().rstrip("=")

    @property
    def md5(self) -> str:
        """As older clients show it: a name, not a proof."""
        return hashlib.md5(self._blob, usedforsecurity=False).digest().hex(":")

    @property
    def _blob(self) -> bytes:
        return base64.b64decode(self.base64)


def _check(kind: str, encoded: str) -> None:
    try:
        blob = base64.b64decode(encoded, validate=True)
        key = load_ssh_public_key(f"{kind} {encoded}".encode())
    except (ValueError, UnsupportedAlgorithm) as error:
        raise InvalidKey(NO_KEY) from error
    # One spelling for each key: sshd compares the text that the portal hands it.
    if base64.b64encode(blob).decode() != encoded:
        raise InvalidKey(NO_KEY)
    if isinstance(key, RSAPublicKey) and not MIN_RSA_BITS <= key.key_size <= MAX_RSA_BITS:
        raise InvalidKey(f"length must be at least {MIN_RSA_BITS} bits")
