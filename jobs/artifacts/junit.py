"""Summarizes JUnit reports: counts of tests, and the names of failed ones. DTDs and entities are refused."""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import Any
from xml.sax import SAXException
from xml.sax.handler import ContentHandler

from defusedxml import DefusedXmlException, sax

MAX_TESTS = 500_000
MAX_LISTED = 100
MAX_NAME_LENGTH = 255
_KINDS = {"failure": "failed", "error": "error", "skipped": "skipped"}


def summarize(files: Iterable[bytes]) -> dict[str, Any]:
    """`{"total", "success", "failed", "error", "skipped", "time": seconds, "named": [{"name", "classname", "kind"}]}`.

    `named`: the first MAX_LISTED failures. `broken`: how many files could not be parsed; absent if none.
    """
    tests = TestCounter()
    broken = 0
    for data in files:
        try:
            sax.parseString(data, tests, forbid_dtd=True)
        except (SAXException, DefusedXmlException, ValueError, LookupError):
            broken += 1
            tests.forget_current()
    return {**tests.counts, "total": sum(tests.counts.values()), "time": round(tests.time, 3), "named": tests.named,
            **({"broken": broken} if broken else {})}  # fmt: skip


class TestCounter(ContentHandler):
    """Collects the test cases of a report while it is parsed."""

    def __init__(self) -> None:
        super().__init__()
        self.counts = {"success": 0, "failed": 0, "error": 0, "skipped": 0}
        self.time = 0.0
        self.named: list[dict[str, str]] = []
        self.current: dict[str, str] | None = None

    def startElement(self, name: str, attrs: Any) -> None:
        if name == "testcase":
            self.current = {
                "name": attrs.get("name", "")[:MAX_NAME_LENGTH],
                "classname": attrs.get("classname", "")[:MAX_NAME_LENGTH],
                "kind": "success",
            }
            self.time += parse_seconds(attrs.get("time", ""))
        elif self.current is not None and name in _KINDS and self.current["kind"] == "success":
            self.current["kind"] = _KINDS[name]

    def endElement(self, name: str) -> None:
        if name != "testcase" or self.current is None:
            return
        kind = self.current["kind"]
        self.counts[kind] += 1
        if kind in {"failed", "error"} and len(self.named) < MAX_LISTED:
            self.named.append(self.current)
        self.current = None
        if sum(self.counts.values()) > MAX_TESTS:
            raise SAXException("too many tests")

    def forget_current(self) -> None:
        self.current = None


def parse_seconds(text: str) -> float:
    """The seconds of a `time` attribute, also with thousands separators (`1,234.5`); 0 if it is invalid."""
    try:
        value = float(text.replace(",", ""))
    except ValueError:
        return 0.0
    return value if math.isfinite(value) and 0 <= value < 10**9 else 0.0


def combine(summaries: Iterable[dict[str, Any]]) -> dict[str, Any]:
    """Add up several summaries."""
    total: dict[str, Any] = {"total": 0, "success": 0, "failed": 0, "error": 0, "skipped": 0, "time": 0.0, "named": []}
    for summary in summaries:
        for key in ("total", "success", "failed", "error", "skipped", "time"):
            total[key] += summary.get(key, 0)
        total["named"] += summary.get("named", [])
        if summary.get("broken"):
            total["broken"] = total.get("broken", 0) + summary["broken"]
    total["named"] = total["named"][:MAX_LISTED]
    return total
