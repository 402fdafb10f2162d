"""`KEY=VALUE` lines of a job, which become variables of the jobs that depend on it (runner.md §3.4)."""

from __future__ import annotations

import re
from collections.abc import Iterable

LARGEST = 5 * 1024
MOST = 20
_KEY = re.compile(r"[A-Za-z0-9_]{1,255}\Z")


class Invalid(Exception):
    """The text says to the job's author what is wrong."""


def variables(files: Iterable[bytes]) -> list[dict[str, str]]:
    """`[{"key", "value"}]`, of equal keys the last. Raises Invalid."""
    found: dict[str, str] = {}
    for data in files:
        try:
            text = data.decode()
        except UnicodeDecodeError:
            raise Invalid("The dotenv report is not UTF-8 text") from None
        for number, line in enumerate(text.split("\n"), 1):
            if line.strip():
                key, value = _pair(line, number)
                found[key] = value
    if len(found) > MOST:
        raise Invalid(f"The dotenv report has more than {MOST} variables")
    return [{"key": key, "value": value} for key, value in found.items()]


def _pair(line: str, number: int) -> tuple[str, str]:
    key, equals, value = line.partition("=")
    key = key.strip()
    if not equals or not _KEY.match(key) or "\0" in value:
        raise Invalid(f"Line {number} of the dotenv report is not KEY=VALUE")
    return key, value.strip()
