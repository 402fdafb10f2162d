"""Addresses of artifacts: a ref, and a path in an archive, each with slashes."""

from __future__ import annotations

from django.urls import register_converter

from projects.converters import FilePathConverter


class ArchivePath(FilePathConverter):
    """Any characters, as in a repository."""


class ShortRef(FilePathConverter):
    """Up to the first of the words that follow it, because a path after them may hold them again."""

    regex = r"[\s\S]+?"


ARCHIVE_PATH = "<archive_path:path>"
SHORT_REF = "<short_ref:ref>"
register_converter(ArchivePath, "archive_path")
register_converter(ShortRef, "short_ref")
