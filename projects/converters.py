"""How an address names a project or a group: by id or path in the API, by path on pages (projects.apps)."""

from __future__ import annotations

import re
from urllib.parse import quote, unquote

from projects.repository.archives import SUFFIXES

_SEGMENT = r"[A-Za-z0-9_][A-Za-z0-9_.-]*"


class StringConverter:
    to_python = to_url = str


class IdOrPathConverter:
    """`<ref:project>`: an id, or a full path whose slashes are still written `%2F` (api.sent_path).

    It lets anything through, so that what names nothing is refused at the gate like what is hidden.
    """

    regex = r"[^/]+"
    to_python = staticmethod(unquote)

    def to_url(self, value: str | int) -> str:
        return quote(str(value), safe="")


class FullPathConverter(StringConverter):
    """`<full_path:project_path>`: `group/subgroup/project`. No part starts with `-`, so `/-/` always ends the path.

    Programs that ask for an unknown API address or asset must not be led to sign in like a person.
    """

    regex = rf"(?!(?:api|assets)/)(?:{_SEGMENT}/)*{_SEGMENT}"


class FilePathConverter(StringConverter):
    """`<file_path:address>`: a ref and a path in its tree. Git allows every character but NUL in a file's name."""

    regex = r"[\s\S]+"


class ArchiveSuffixConverter(StringConverter):
    """`archive.<archive_suffix:suffix>`: `tar.gz`, `zip` and their like."""

    regex = "|".join(map(re.escape, sorted(SUFFIXES, key=len, reverse=True)))


class TagConverter(StringConverter):
    """A tag or a path, slashes included. No NUL: PostgreSQL compares no text that has one."""

    regex = r"[^\0\n]+"
