"""What Python packages, their versions and files may be called, as `packaging` reads it (resources.md §2.2)."""

from __future__ import annotations

import re
from functools import lru_cache
from typing import NamedTuple

from packaging.utils import (
    InvalidName,
    InvalidSdistFilename,
    InvalidWheelFilename,
    canonicalize_name,
    parse_sdist_filename,
    parse_wheel_filename,
)
from packaging.version import InvalidVersion, Version

MAX_LENGTH = 255
WHEEL = ".whl"
SOURCE_ARCHIVES = (".tar.gz", ".zip")
_CHARACTERS = re.compile(r"[A-Za-z0-9._+!-]+")


class Release(NamedTuple):
    """A package's name (PEP 503) and version (PEP 440), each in its normal form."""

    name: str
    version: str


def is_name(name: str) -> bool:
    try:
        canonicalize_name(name, validate=True)
    except InvalidName:
        return False
    return _is_plain(name)


def is_version(version: str) -> bool:
    return _is_plain(version) and _normalize_version(version) is not None


def is_file_name(file_name: str) -> bool:
    """Whether a wheel or a source archive may be called so."""
    if not _is_plain(file_name):
        return False
    try:
        if file_name.endswith(WHEEL):
            parse_wheel_filename(file_name)
        else:
            parse_sdist_filename(file_name)
    except (InvalidWheelFilename, InvalidSdistFilename, InvalidVersion):
        return False
    return True


def _is_plain(text: str) -> bool:
    return len(text) <= MAX_LENGTH and _CHARACTERS.fullmatch(text) is not None


def normalize_name(name: str) -> str:
    """As PEP 503 has it: `My.Pkg` → `my-pkg`."""
    return canonicalize_name(name)


def release_of(name: str, version: str) -> Release:
    """Of a valid name and version, in whatever form."""
    return Release(canonicalize_name(name), str(Version(version)))


@lru_cache(maxsize=1000)
def release_of_file(file_name: str) -> Release | None:
    """The release that a file belongs to by its name; None for one that is no file of any."""
    if not _is_plain(file_name):
        return None
    if file_name.endswith(WHEEL):
        return release_of_stem("-".join(file_name.split("-", 2)[:2]))
    suffix = next((suffix for suffix in SOURCE_ARCHIVES if file_name.endswith(suffix)), None)
    return release_of_stem(file_name.removesuffix(suffix)) if suffix else None


def release_of_stem(stem: str) -> Release | None:
    """`name-version`, as files and folders are called."""
    name, _, version = stem.rpartition("-")
    normal = _normalize_version(version)
    return None if normal is None else Release(canonicalize_name(name), normal)


def _normalize_version(version: str) -> str | None:
    try:
        return str(Version(version))
    except InvalidVersion:
        return None
