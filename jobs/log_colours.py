"""The many colours that programs write in, as the few a page has."""

from __future__ import annotations

from collections.abc import Iterator

_FIRST = ("", "r", "g", "y", "b", "b", "b", "")  # black red green yellow blue magenta cyan white
_LEVELS = (0, 95, 135, 175, 215, 255)
_CUBE = 16
_GREYS = 232
# Below this difference of its parts a colour is a grey; a part counts as strong from this share of the strongest.
_GREY, _STRONG = 50, 0.6


def css_of(numbers: Iterator[int]) -> str:
    """What follows 38 or 48: `5;n`, one of 256, or `2;red;green;blue`. Gives r, g, y, b, or "" for greys."""
    kind = next(numbers, 0)
    if kind == 5:
        return _of_palette(next(numbers, 0))
    if kind == 2:
        return _nearest(next(numbers, 0), next(numbers, 0), next(numbers, 0))
    return ""


def _of_palette(number: int) -> str:
    if number < _CUBE:
        return _FIRST[number % 8]
    if number >= _GREYS:
        return ""
    place = number - _CUBE
    return _nearest(_LEVELS[place // 36], _LEVELS[place // 6 % 6], _LEVELS[place % 6])


def _nearest(red: int, green: int, blue: int) -> str:
    most = max(red, green, blue)
    if most - min(red, green, blue) < _GREY:
        return ""
    if blue >= _STRONG * most:
        return "b"
    if min(red, green) >= _STRONG * most * 0.8:
        return "y"
    return "r" if red == most else "g"
