"""Parses durations as people write them: `1h 30m`, `3 mins 4 sec`, `2 weeks and 1 day`, `90`, `1:30:00`."""

from __future__ import annotations

import re

MINUTE, HOUR, DAY = 60, 3_600, 86_400
UNITS = {
    **dict.fromkeys(["s", "sec", "secs", "second", "seconds"], 1),
    **dict.fromkeys(["m", "min", "mins", "minute", "minutes"], MINUTE),
    **dict.fromkeys(["h", "hr", "hrs", "hour", "hours"], HOUR),
    **dict.fromkeys(["d", "dy", "day", "days"], DAY),
    **dict.fromkeys(["w", "wk", "wks", "week", "weeks"], 7 * DAY),
    **dict.fromkeys(["mo", "mos", "mth", "mths", "month", "months"], 30 * DAY),
    **dict.fromkeys(["y", "yr", "yrs", "year", "years"], 365 * DAY + 6 * HOUR),
}
NUMBERS = {
    word: number
    for number, word in enumerate(
        "zero one two three four five six seven eight nine ten eleven twelve thirteen fourteen fifteen sixteen "
        "seventeen eighteen nineteen twenty".split()
    )
} | {"thirty": 30, "forty": 40, "fifty": 50, "sixty": 60, "ninety": 90, "a": 1, "an": 1}
FILLERS = {"and", "with", "plus", "total"}
CLOCK = re.compile(r"(?:(?:(\d{1,4}):)?(\d{1,6}):)?(\d{1,6}):(\d{1,6})")
TOKEN = re.compile(r"\d{1,12}(?:\.\d{1,6})?|[a-z]+")
SEPARATORS = re.compile(r"[\s,]+")
MAX_TEXT_LENGTH = 200


def seconds(text: str) -> int | None:
    """The duration in whole seconds, or None if the text is no duration. A number without unit means seconds."""
    text = text.strip().lower()
    if len(text) > MAX_TEXT_LENGTH:
        return None
    if clock := CLOCK.fullmatch(text):
        days, hours, minutes, rest = (int(part or 0) for part in clock.groups())
        return days * DAY + hours * HOUR + minutes * MINUTE + rest
    tokens = TOKEN.findall(text)
    if not tokens or "".join(tokens) != SEPARATORS.sub("", text):
        return None
    return sum_tokens([token for token in tokens if token not in FILLERS])


def sum_tokens(tokens: list[str]) -> int | None:
    total, number = 0.0, None
    for token in tokens:
        if (value := amount(token)) is not None and number is None:
            number = value
        elif token in UNITS and number is not None:
            total, number = total + number * UNITS[token], None
        else:
            return None
    if (number is not None and len(tokens) > 1) or not tokens:
        return None
    return round(total + (number or 0))


def amount(token: str) -> float | None:
    if token[0].isdigit():
        return float(token)
    return NUMBERS.get(token)
