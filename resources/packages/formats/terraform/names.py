"""What a module, its system and its version may be called (resources.md §8.3)."""

from __future__ import annotations

import re

from semver import Version

MAX_LENGTH = 64  # of terraform itself
MAX_VERSION = 255

_NAME = re.compile(r"[-a-z0-9]+")


def is_name(name: str) -> bool:
    """Of a module, and of the system that it is for."""
    return len(name) <= MAX_LENGTH and _NAME.fullmatch(name) is not None


def is_version(version: str) -> bool:
    return len(version) <= MAX_VERSION and Version.is_valid(version)


def file_name(name: str, system: str, version: str) -> str:
    return f"{name}-{system}-{version}.tgz"


def newest(versions: list[str]) -> str:
    """The highest; one that is no prerelease if there is any."""
    parsed = [Version.parse(version) for version in versions]
    return str(max([version for version in parsed if version.prerelease is None] or parsed))
