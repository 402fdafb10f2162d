"""What a change does at once, in numbers: the lines of a page that asks before it is done (partials/confirm.html)."""

from __future__ import annotations

Effect = tuple[int, str, str]


def effect(number: int, what: str, why: str = "") -> list[Effect]:
    """One line, `what` in the number that fits; none where nothing is affected."""
    return [(number, what, why)] if number else []
