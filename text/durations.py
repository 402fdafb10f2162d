"""Durations as text."""

from __future__ import annotations

MINUTE, HOUR = 60, 3600


def duration_text(seconds: float) -> str:
    """How long something took: "41 s", "6 min 12 s", "2 h 5 min". Units are the same in every language we know of."""
    whole = max(0, int(seconds))
    if whole < MINUTE:
        return f"{whole} s"
    if whole < HOUR:
        return f"{whole // MINUTE} min {whole % MINUTE} s"
    return f"{whole // HOUR} h {whole % HOUR // MINUTE} min"
