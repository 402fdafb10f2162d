"""What is read out of a report when it arrives; kept with it, so that no page has to unpack anything."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

from jobs.artifacts import dotenv, junit, terraform
from jobs.artifacts.members import Broken, TooLarge, members
from jobs.artifacts.types import DOTENV, JUNIT, TERRAFORM

LARGEST_JUNIT = 20 * 1024 * 1024


class Unusable(Exception):
    """The upload is refused; the text says why. Only for reports that later jobs rely on."""


def read(file_type: str, path: Path) -> Any:
    """Plain JSON values, None for a type that is only kept. Raises Unusable."""
    reader = _READERS.get(file_type)
    return reader(path) if reader else None


def _dotenv(path: Path) -> list[dict[str, str]]:
    try:
        return dotenv.variables(members(path, most=dotenv.LARGEST))
    except TooLarge:
        raise Unusable(f"The dotenv report is larger than {dotenv.LARGEST} bytes") from None
    except Broken:
        raise Unusable("The dotenv report is not gzip") from None
    except dotenv.Invalid as error:
        raise Unusable(str(error)) from error


def _junit(path: Path) -> dict[str, Any]:
    try:
        return junit.summary(members(path, most=LARGEST_JUNIT))
    except TooLarge:
        return {"unread": f"The test report is larger than {LARGEST_JUNIT // 1024**2} MiB; its tests were not counted."}
    except Broken:
        return {"unread": "The test report could not be unpacked."}


def _terraform(path: Path) -> dict[str, Any]:
    with path.open("rb") as file:
        return terraform.counts(file.read(terraform.LARGEST))


_READERS: dict[str, Callable[[Path], Any]] = {DOTENV: _dotenv, JUNIT: _junit, TERRAFORM: _terraform}
