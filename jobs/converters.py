"""Path converters for addresses of artifacts: a ref and a path in an archive, both of which may contain slashes."""

from __future__ import annotations

from django.urls import register_converter

from projects.converters import FilePathConverter


class ArchivePath(FilePathConverter):
    """A path of any characters, as in a repository."""


class ShortRef(FilePathConverter):
    """The shortest match, because the words that follow the ref may occur again in the path after them."""

    regex = r"[\s\S]+?"


ARCHIVE_PATH = "<archive_path:path>"
SHORT_REF = "<short_ref:ref>"
register_converter(ArchivePath, "archive_path")
register_converter(ShortRef, "short_ref")
