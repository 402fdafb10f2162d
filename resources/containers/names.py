"""The names of images, and the scopes that a registry client asks for (resources.md §3.1, §3.2)."""

from __future__ import annotations

import re
from collections.abc import Iterable
from dataclasses import dataclass

# What the registry itself takes for a name; all of it is lower case.
_COMPONENT = r"[a-z0-9]+(?:(?:\.|_|__|-+)[a-z0-9]+)*"
_PATH = re.compile(rf"{_COMPONENT}(?:/{_COMPONENT})*")
_TAG = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]{0,127}")
_DIGEST = re.compile(r"sha256:[0-9a-f]{64}")
MAX_PATH = 255
MAX_LEVELS = 2  # of an image below its project
_MIN_SEGMENTS = 2  # a project is in a group


def is_image_path(path: str) -> bool:
    return len(path) <= MAX_PATH and _PATH.fullmatch(path) is not None


def is_tag(name: str) -> bool:
    return _TAG.fullmatch(name) is not None


def is_digest(text: str) -> bool:
    return _DIGEST.fullmatch(text) is not None


def project_paths(path: str) -> list[str]:
    """The projects that an image of this path may belong to, the longest path first; never empty."""
    segments = path.split("/")
    shortest = max(len(segments) - MAX_LEVELS, _MIN_SEGMENTS)
    return ["/".join(segments[:count]) for count in range(len(segments), shortest - 1, -1)] or [path]


@dataclass(frozen=True, slots=True)
class Scope:
    """`repository:acme/tool:pull,push`."""

    kind: str
    name: str
    actions: tuple[str, ...]


def parse_scopes(values: Iterable[str]) -> list[Scope]:
    """Of the parameters `scope`, each with one or more; those that name the same are one.

    What is not written as it should be, or of an unknown kind, is left out: it grants nothing.
    """
    found: dict[tuple[str, str], dict[str, None]] = {}
    for text in (text for value in values for text in value.split(" ") if text):
        kind, name, actions = _split(text)
        if (kind == "repository" and is_image_path(name)) or (kind, name) == ("registry", "catalog"):
            found.setdefault((kind, name), {}).update(dict.fromkeys(filter(None, actions.split(","))))
    return [Scope(kind, name, tuple(actions)) for (kind, name), actions in found.items()]


def _split(text: str) -> tuple[str, str, str]:
    parts = text.split(":")
    return (parts[0], parts[1], parts[2]) if len(parts) == 3 else ("", "", "")
