"""Parses reports on arrival. The result is stored with the artifact, so that pages need not unpack files."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from jobs.artifacts import dotenv, junit, terraform
from jobs.artifacts.gzip_stream import InvalidGzip, UnpackedTooLarge, members
from jobs.artifacts.types import DOTENV, JUNIT, TERRAFORM

MAX_JUNIT_SIZE = 20 * 1024 * 1024


class UnusableReport(Exception):
    """The report is invalid and the upload must be refused; the text says why. Only for reports that later jobs use."""


def parse_report(file_type: str, path: Path) -> Any:
    """The content of a report as JSON values; None for types that are only stored. Raises UnusableReport."""
    reader = _READERS.get(file_type)
    return reader(path) if reader else None


def _dotenv(path: Path) -> list[dict[str, str]]:
    try:
        return dotenv.parse_variables(members(path, max_bytes=dotenv.MAX_SIZE))
    except UnpackedTooLarge:
        raise UnusableReport(f"The dotenv report is larger than {dotenv.MAX_SIZE} bytes") from None
    except InvalidGzip:
        raise UnusableReport("The dotenv report is not gzip") from None
    except dotenv.InvalidDotenv as error:
        raise UnusableReport(str(error)) from error


def _junit(path: Path) -> dict[str, Any]:
    try:
        return junit.summarize(members(path, max_bytes=MAX_JUNIT_SIZE))
    except UnpackedTooLarge:
        return {
            "unread": f"The test report is larger than {MAX_JUNIT_SIZE // 1024**2} MiB; its tests were not counted."
        }
    except InvalidGzip:
        return {"unread": "The test report could not be unpacked."}


def _terraform(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        return terraform.parse_counts(file.read(terraform.MAX_SIZE))


_READERS: dict[str, Callable[[Path], Any]] = {DOTENV: _dotenv, JUNIT: _junit, TERRAFORM: _terraform}
