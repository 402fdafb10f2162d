"""Semantic versions, with or without a `v` before them, in names of tags and in headings."""

from __future__ import annotations

import re2
from semver import Version

from projects.repository import Ref

NUMBERS = r"v?(\d+\.\d+\.\d+(?:-[0-9A-Za-z.-]+)?(?:\+[0-9A-Za-z.-]+)?)"
MAX_VERSION = 255
_VERSION = re2.compile(NUMBERS)


def parse_version(text: str) -> Version | None:
    found = _VERSION.fullmatch(text) if len(text) <= MAX_VERSION else None
    return Version.parse(found[1]) if found and Version.is_valid(found[1]) else None


def previous_tag(tags: list[Ref], version: Version, pattern: str = "") -> Ref | None:
    """The tag of the highest version below `version`; pre-releases do not count. `pattern`: a regular expression with
    the groups `major`, `minor`, `patch` and perhaps `pre`. Raises re2.error."""
    custom = re2.compile(pattern) if pattern else None
    found = [(known, tag) for tag in tags if (known := _version_of(tag.name, custom)) and known < version]
    return max(found, key=lambda pair: pair[0], default=(None, None))[1]


def _version_of(name: str, custom: re2._Regexp | None) -> Version | None:
    if custom is None:
        known = parse_version(name)
        return known if known and not known.prerelease else None
    match = custom.search(name)
    parts = match.groupdict() if match else {}
    numbers = [parts.get(part) or "" for part in ("major", "minor", "patch")]
    if parts.get("pre") or not all(number.isascii() and number.isdigit() and len(number) < 10 for number in numbers):
        return None
    return Version(*map(int, numbers))
