"""What a package, a version and a dist-tag may be called (resources.md §2.3)."""

from __future__ import annotations

import re

from nodesemver import valid_range
from semver import Version

from api.sent_path import SLASH_IN_NAME
from projects.converters import StringConverter

MAX_LENGTH = 214  # of npm itself
MAX_VERSION = 255
MAX_TAG = 255

_NAME = re.compile(r"(?:@[A-Za-z0-9._~-]+/)?[-+._a-zA-Z0-9]+")


class PackageNameConverter(StringConverter):
    """`<npm_name:package>`: a name, or a scope and a name whose slash may be encoded (api.sent_path)."""

    regex = rf"(?:@[^/{SLASH_IN_NAME}]+[/{SLASH_IN_NAME}])?[^/@][^/]*"


def is_package_name(name: str) -> bool:
    return len(name) <= MAX_LENGTH and _NAME.fullmatch(name) is not None and name.rpartition("/")[2] not in {".", ".."}


def is_version(version: str) -> bool:
    return len(version) <= MAX_VERSION and Version.is_valid(version)


def is_tag(tag: str) -> bool:
    """What could be taken for a version or a range of versions is no tag."""
    return 0 < len(tag) <= MAX_TAG and tag.isprintable() and "/" not in tag and valid_range(tag, loose=True) is None


def file_name(name: str, version: str) -> str:
    """Of the archive, with the scope, as npm names its attachment."""
    return f"{name}-{version}.tgz"


def newest(versions: list[str]) -> str | None:
    """The highest version; one that is no prerelease if there is any."""
    parsed = [Version.parse(version) for version in versions]
    candidates = [version for version in parsed if version.prerelease is None] or parsed
    return str(max(candidates)) if candidates else None
