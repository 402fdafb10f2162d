"""Whole numbers out of text that comes from outside."""

from __future__ import annotations

# The largest number that an id of the database, or any other of its integers, can be.
MAX_BIGINT = 2**63 - 1
_MAX_DIGITS = 19


def is_number(text: str) -> bool:
    """Whether it is written with the digits 0 to 9 alone, however many."""
    return text.isascii() and text.isdigit()


def parse_number(text: str, maximum: int = MAX_BIGINT) -> int | None:
    """The number that digits write, from 0 to `maximum`; None for any other text."""
    if not (text.isascii() and text.isdigit() and len(text) <= _MAX_DIGITS):
        return None
    number = int(text)
    return number if number <= maximum else None
