"""Moments as text."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import overload


@overload
def utc_text(at: datetime) -> str: ...
@overload
def utc_text(at: datetime | None) -> str | None: ...
def utc_text(at: datetime | None) -> str | None:
    """`2016-08-12T15:23:28Z`; None for None."""
    return None if at is None else at.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
