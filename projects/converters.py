"""How an address names a project or a group: by id or path in the API, by path on pages. Registered in config.urls."""

from __future__ import annotations

import re

from projects.paths import RESERVED

_SEGMENT = r"[A-Za-z0-9_][A-Za-z0-9_.-]*"
_ANY = rf"(?!(?:{'|'.join(map(re.escape, sorted(RESERVED)))})(?:/|$))[^/]+"


class StringConverter:
    def to_python(self, value: str) -> str:
        return value

    def to_url(self, value: str) -> str:
        return value


class RefConverter(StringConverter):
    """`<ref:project>`: an id, or a full path whose slashes came as `%2F` and arrive decoded.

    It ends before a word that may follow it in an address, which is why those words are reserved. Otherwise it lets
    anything through, so that what names nothing is refused at the gate like what is hidden.
    """

    regex = rf"{_ANY}(?:/{_ANY})*"


class FullPathConverter(StringConverter):
    """`<full_path:project_path>`: `group/subgroup/project`. No part starts with `-`, so `/-/` always ends the path.

    Programs that ask for an unknown API address or asset must not be led to sign in like a person.
    """

    regex = rf"(?!(?:api|static)/)(?:{_SEGMENT}/)*{_SEGMENT}"


class FilePathConverter(StringConverter):
    """`<file_path:address>`: a ref and a path in its tree. Git allows every character but NUL in a file's name."""

    regex = r"[\s\S]+"
