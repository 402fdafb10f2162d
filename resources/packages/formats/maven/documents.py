"""The XML files of a Maven repository: what is uploaded is read before it is stored."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from xml.sax import SAXException
from xml.sax.handler import ContentHandler

from defusedxml import DefusedXmlException, sax

from resources.packages.formats.maven.paths import METADATA

MAX_XML_BYTES = 5 * 1024 * 1024
_ROOTS = {METADATA: "metadata", ".pom": "project"}


def is_valid(file_name: str, content: Path, size: int) -> bool:
    """Whether the file is what its name says: well-formed, with the right root, without entities of its own."""
    expected = next((root for suffix, root in _ROOTS.items() if file_name.endswith(suffix)), None)
    if expected is None:
        return True
    return size <= MAX_XML_BYTES and _root(content) == expected


def _root(content: Path) -> str:
    """The name of the first element, without a namespace; "" for what is no XML. Keeps nothing of the rest."""
    handler = _RootHandler()
    try:
        with content.open("rb") as file:
            sax.parse(file, handler)
    except (SAXException, DefusedXmlException, ValueError, LookupError):
        return ""
    return handler.root


class _RootHandler(ContentHandler):
    root = ""

    def startElement(self, name: str, attrs: Any) -> None:
        self.root = self.root or name.rpartition(":")[2]
