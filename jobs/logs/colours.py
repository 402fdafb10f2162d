"""Maps the 256 and 16 million colours of terminals to the few that pages have."""

from __future__ import annotations

from collections.abc import Iterator

_FIRST = ("", "r", "g", "y", "b", "b", "b", "")  # black red green yellow blue magenta cyan white
_LEVELS = (0, 95, 135, 175, 215, 255)
_CUBE = 16
_GREYS = 232
# A colour is grey if its components differ by less than _GREY. A component is strong if it has at least the share
# _STRONG of the strongest one.
_GREY, _STRONG = 50, 0.6


def css_of(numbers: Iterator[int]) -> str:
    """Reads what follows code 38 or 48, `5;n` or `2;red;green;blue`, and returns r, g, y, b, or "" for grey."""
    kind = next(numbers, 0)
    if kind == 5:
        return _palette_css(next(numbers, 0))
    if kind == 2:
        return _nearest_css(next(numbers, 0), next(numbers, 0), next(numbers, 0))
    return ""


def _palette_css(number: int) -> str:
    if number < _CUBE:
        return _FIRST[number % 8]
    if number >= _GREYS:
        return ""
    index = number - _CUBE
    return _nearest_css(_LEVELS[index // 36], _LEVELS[index // 6 % 6], _LEVELS[index % 6])


def _nearest_css(red: int, green: int, blue: int) -> str:
    strongest = max(red, green, blue)
    if strongest - min(red, green, blue) < _GREY:
        return ""
    if blue >= _STRONG * strongest:
        return "b"
    if min(red, green) >= _STRONG * strongest * 0.8:
        return "y"
    return "r" if red == strongest else "g"
