"""Names of environments, and the slugs made of them."""

from __future__ import annotations

import hashlib
import re

from text.encoding import BASE_36, encode_number

MAX_NAME_LENGTH = 255
_CHARACTERS = re.compile(r"[A-Za-z0-9_ /\-${}.]+")
# Slugs become parts of host names and Kubernetes labels, which bounds their length.
_MAX_SLUG_LENGTH, _HEAD, _TAIL = 24, 17, 6


def name_error(name: str) -> str:
    """What is wrong with the name, as GitLab words it; empty if it is valid."""
    if not name.strip():
        return "can't be blank"
    if len(name) > MAX_NAME_LENGTH:
        return f"is too long (maximum is {MAX_NAME_LENGTH} characters)"
    if not _CHARACTERS.fullmatch(name) or name.startswith("/") or name.endswith("/"):
        return (
            "can contain only letters, digits, '-', '_', '/', '$', '{', '}', '.', and spaces, "
            "but it cannot start or end with '/'"
        )
    return ""


def environment_slug(name: str) -> str:
    """The slug of a name: at most 24 lower-case letters, digits and `-`, a letter first.

    If the name had to be changed or cut, the slug ends in six characters of its checksum, so that different names have
    different slugs.
    """
    slug = re.sub(r"[^a-z0-9]+", "-", name.lower())
    if not slug[:1].isalpha():
        slug = re.sub(r"-+", "-", f"env-{slug}")
    if slug == name and len(slug) <= _MAX_SLUG_LENGTH:
        return slug.removesuffix("-")
    return f"{slug[:_HEAD].removesuffix('-')}-{_checksum(name)}"


def _checksum(name: str) -> str:
    number = int.from_bytes(hashlib.sha256(name.encode()).digest())
    return encode_number(number % len(BASE_36) ** _TAIL, BASE_36, _TAIL)
