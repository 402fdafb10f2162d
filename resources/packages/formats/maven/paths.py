"""Reads an address in a Maven repository (resources.md §2.4): `com/acme/app/1.0/app-1.0.jar.sha1`."""

from __future__ import annotations

import re
from collections.abc import Iterable
from functools import lru_cache
from typing import NamedTuple

from resources.packages.formats import generic_names

METADATA = "maven-metadata.xml"
MAX_LENGTH = generic_names.MAX_LENGTH
CHECKSUMS = ("md5", "sha1", "sha256", "sha512")
_SNAPSHOT = "-SNAPSHOT"
_FOLDER = re.compile(r"[A-Za-z0-9_.+\-]+")
_FILE = re.compile(r"[A-Za-z0-9._+\-]+")


class MavenPath(NamedTuple):
    """`name`: the folders above the version, `com/acme/app`. `version`: "" for the metadata of all versions.

    `checksum`: which one of the file is meant; "" for the file itself.
    """

    name: str
    version: str
    file_name: str
    checksum: str = ""


@lru_cache(maxsize=1000)
def read_path(path: str) -> MavenPath | None:
    """None for a path that no file can have."""
    *folders, last = path.split("/")
    file_name, checksum = _split_checksum(last)
    if not folders or not is_file_name(file_name) or not all(map(_is_folder, folders)):
        return None
    if file_name == METADATA and not folders[-1].endswith(_SNAPSHOT):
        found = MavenPath("/".join(folders), "", file_name, checksum)
    else:
        found = MavenPath("/".join(folders[:-1]), folders[-1], file_name, checksum)
    return found if is_name(found.name) and (not found.version or is_version(found.version)) else None


def packagings(name: str, version: str, file_names: Iterable[str]) -> set[str]:
    """The suffixes of the artifact itself, without those of its sources and other files with a classifier: `{"war",
    "pom"}`."""
    base = re.escape(f"{name.rpartition('/')[2]}-{version.removesuffix(_SNAPSHOT)}")
    stamp = rf"(?:{_SNAPSHOT}|-\d{{8}}\.\d{{6}}-\d+)" if version.endswith(_SNAPSHOT) else ""
    artifact = re.compile(rf"{base}{stamp}\.([a-z0-9]+(?:\.[a-z0-9]+)?)")
    return {found[1] for file_name in file_names if (found := artifact.fullmatch(file_name))}


def is_name(name: str) -> bool:
    return len(name) <= MAX_LENGTH and all(map(_is_folder, name.split("/")))


def is_version(version: str) -> bool:
    return generic_names.is_version(version)


def is_file_name(file_name: str) -> bool:
    return len(file_name) <= MAX_LENGTH and _FILE.fullmatch(file_name) is not None and file_name.strip(".") != ""


def _is_folder(folder: str) -> bool:
    return _FOLDER.fullmatch(folder) is not None and folder.strip(".") != ""


def _split_checksum(file_name: str) -> tuple[str, str]:
    name, dot, suffix = file_name.rpartition(".")
    return (name, suffix) if dot and suffix in CHECKSUMS else (file_name, "")
