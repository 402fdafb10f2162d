"""Small CI files with what GitLab makes of them: `NAME.yml`, and in `NAME.files/` what else the repository holds."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

CASES = Path(__file__).parent.parent / "ci_config" / "cases"


@dataclass(frozen=True)
class Jobs:
    """The jobs of a pipeline, in order; `details` are some of the fields of some of them."""

    names: list[str]
    details: dict[str, dict[str, Any]] = field(default_factory=dict)


@dataclass(frozen=True)
class NoPipeline:
    """Valid, but there is no job for this pipeline."""


@dataclass(frozen=True)
class Refusal:
    """`reason` is part of the message."""

    reason: str


Outcome = Jobs | NoPipeline | Refusal


def jobs(*names: str, **details: dict[str, Any]) -> Jobs:
    return Jobs(list(names), details)


def text_of(name: str) -> str:
    return (CASES / f"{name}.yml").read_text()


def files_of(name: str) -> dict[str, str]:
    """By path."""
    folder = CASES / f"{name}.files"
    return {str(path.relative_to(folder)): path.read_text() for path in sorted(folder.rglob("*")) if path.is_file()}
