"""Counts the tests of JUnit reports, and names those that failed. Read as a stream; entities and DTDs are refused."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any
from xml.sax import SAXException
from xml.sax.handler import ContentHandler

from defusedxml import DefusedXmlException, sax  # type: ignore[import-untyped]

MOST_TESTS = 500_000
MOST_NAMED = 100
LONGEST_NAME = 255
_KINDS = {"failure": "failed", "error": "error", "skipped": "skipped"}


def summary(files: Iterable[bytes]) -> dict[str, Any]:
    """`{"total", "success", "failed", "error", "skipped", "time": seconds, "named": [{"name", "classname", "kind"}]}`.

    `named` holds the first failures; `broken` counts files that could not be read.
    """
    tests = Tests()
    broken = 0
    for data in files:
        try:
            sax.parseString(data, tests, forbid_dtd=True)
        except (SAXException, DefusedXmlException, ValueError, LookupError):
            broken += 1
            tests.forget_current()
    return {**tests.counts, "total": sum(tests.counts.values()), "time": round(tests.time, 3), "named": tests.named,
            **({"broken": broken} if broken else {})}  # fmt: skip


class Tests(ContentHandler):
    def __init__(self) -> None:
        super().__init__()
        self.counts = {"success": 0, "failed": 0, "error": 0, "skipped": 0}
        self.time = 0.0
        self.named: list[dict[str, str]] = []
        self.current: dict[str, str] | None = None

    def startElement(self, name: str, attrs: Any) -> None:
        if name == "testcase":
            self.current = {
                "name": attrs.get("name", "")[:LONGEST_NAME],
                "classname": attrs.get("classname", "")[:LONGEST_NAME],
                "kind": "success",
            }
            self.time += seconds(attrs.get("time", ""))
        elif self.current is not None and name in _KINDS and self.current["kind"] == "success":
            self.current["kind"] = _KINDS[name]

    def endElement(self, name: str) -> None:
        if name != "testcase" or self.current is None:
            return
        kind = self.current["kind"]
        self.counts[kind] += 1
        if kind in {"failed", "error"} and len(self.named) < MOST_NAMED:
            self.named.append(self.current)
        self.current = None
        if sum(self.counts.values()) > MOST_TESTS:
            raise SAXException("too many tests")

    def forget_current(self) -> None:
        self.current = None


def seconds(text: str) -> float:
    """Of a `time` attribute, `1,234.5` too; 0 for what is none."""
    try:
        value = float(text.replace(",", ""))
    except ValueError:
        return 0.0
    return value if math.isfinite(value) and 0 <= value < 10**9 else 0.0


def add(summaries: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """One summary of several."""
    total: dict[str, Any] = {"total": 0, "success": 0, "failed": 0, "error": 0, "skipped": 0, "time": 0.0, "named": []}
    for one in summaries:
        for key in ("total", "success", "failed", "error", "skipped", "time"):
            total[key] += one.get(key, 0)
        total["named"] += one.get("named", [])
        if one.get("broken"):
            total["broken"] = total.get("broken", 0) + one["broken"]
    total["named"] = total["named"][:MOST_NAMED]
    return total
