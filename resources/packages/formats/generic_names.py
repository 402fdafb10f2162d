"""What a package, a version and a file may be called (resources.md §2.1)."""

from __future__ import annotations

import re

MAX_LENGTH = 255

_NAME = re.compile(r"[A-Za-z0-9._\-+]+")
_VERSION = re.compile(r"(?!.*\.\.)[\w+.-]+", re.ASCII)
_FILE = re.compile(r"(?![~@])[A-Za-z0-9._\-+~@]+(?<![~@])")


def is_package_name(name: str) -> bool:
    return len(name) <= MAX_LENGTH and _NAME.fullmatch(name) is not None and name not in {".", ".."}


def is_version(version: str) -> bool:
    return len(version) <= MAX_LENGTH and _VERSION.fullmatch(version) is not None


def is_file_path(path: str) -> bool:
    """A file's name, or several parts with slashes between them; no part leads up or nowhere."""
    parts = path.split("/")
    return len(path) <= MAX_LENGTH and all(_FILE.fullmatch(part) and part not in {".", ".."} for part in parts)
