"""What Psych, Ruby's reader of YAML 1.1, makes of a scalar without quotes, and of equal keys and `<<` in a map.

Written down as rules, the first that fits decides, as simply as possible: the compiler's own reading is compared with
them for thousands of texts (tests/ci_config/test_psych_rules.py), and they with a real Psych where there is Ruby
(tests/contract/test_ruby.py). Of Psych 4.0.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from typing import Any, NamedTuple

REFUSED = "a date, a time, or a number without digits: GitLab refuses the file"


class Rule(NamedTuple):
    says: str
    fits: Callable[[str], bool]
    meaning: Callable[[str], Any]


def whole(pattern: str) -> Callable[[str], bool]:
    return lambda text: re.fullmatch(pattern, text, re.ASCII) is not None


def a_line(*words: str) -> Callable[[str], bool]:
    """A short text, one of whose lines is one of these words in upper or lower case."""
    pattern = re.compile(f"^({'|'.join(words)})$", re.IGNORECASE | re.MULTILINE)
    return lambda text: len(text) <= 5 and begins_like_words(text) and pattern.search(text) is not None


def begins_like_words(text: str) -> bool:
    """Words are looked for only where every line begins with a letter that a word begins with; none is empty."""
    return all(line[:1].lower() in tuple("ytonf~") for line in text.removesuffix("\n").split("\n"))


def same(text: str) -> str:
    return text


def refuse(text: str) -> str:
    return REFUSED


def symbol(text: str) -> str:
    quoted = re.match(r""":(["'])(.*)\1""", text)
    return quoted[2].removeprefix(":") if quoted else text[1:]


def base_60(text: str) -> int:
    hours, minutes, seconds = [*[ruby_number(part, int) for part in text.split(":")], 0][:3]
    return int(hours * 3600 + minutes * 60 + seconds)


def base_60_float(text: str) -> float:
    return sum(
        (ruby_number(part, float) * factor for part, factor in zip(text.split(":"), (3600, 60, 1), strict=False))
    )


def ruby_number(text: str, kind: type[int] | type[float]) -> Any:
    """The number a text begins with; single underscores may stand between its digits."""
    fraction = r"(\.\d+(_\d+)*)?" if kind is float else ""
    found = re.match(rf"[-+]?\d+(_\d+)*{fraction}", text)
    assert found
    return kind(found[0].replace("_", ""))


def decimal(text: str) -> Any:
    try:
        return float(re.sub("[,_]", "", text))
    except ValueError:
        return REFUSED


def integer(base: int) -> Callable[[str], Any]:
    def read(text: str) -> Any:
        digits = re.sub("[,_]|0[bx]", "", text)
        return int(digits, base) if digits.strip("+-") else REFUSED

    return read


DAY = r"\d{4}-\d{1,2}-\d{1,2}"
CLOCK = r"\d{1,2}:\d\d:\d\d(\.\d*)?"
ZONE = r"(Z|[-+]\d{1,2}(:?(\d\d)?))"
SCALARS = [
    Rule("nothing is null", whole(""), lambda text: None),
    Rule("a tilde is null", whole("~"), lambda text: None),
    Rule("null in any case is null", a_line("null"), lambda text: None),
    Rule("yes, true and on in any case are true", a_line("yes", "true", "on"), lambda text: True),
    Rule("no, false and off in any case are false", a_line("no", "false", "off"), lambda text: False),
    Rule("any other text of several lines is text", lambda text: "\n" in text, same),
    Rule("a date with a time is refused", whole(rf"-?{DAY}([Tt]|\s+){CLOCK}(\s*{ZONE})?"), refuse),
    Rule("a date is refused", whole(r"\d{4}-(1[012]|0?\d)-(3[01]|[12]\d|0?\d)"), refuse),
    Rule("infinity", whole(r"\+?\.(?i:inf)"), lambda text: float("inf")),
    Rule("negative infinity", whole(r"-\.(?i:inf)"), lambda text: float("-inf")),
    Rule("not a number", whole(r"\.(?i:nan)"), lambda text: float("nan")),
    Rule("what follows a colon is a symbol, which is written as text without it", whole(r":.+"), symbol),
    Rule("digits with colons are a number of base 60", whole(r"[-+]?\d[\d_]*(:[0-5]?\d){1,2}"), base_60),
    Rule("with a dot too", whole(r"[-+]?\d[\d_]*(:[0-5]?\d){1,2}\.[\d_]*"), base_60_float),
    Rule("a dot without digits is text", whole(r"[-+]?\."), same),
    Rule("a float has a dot, and a sign in its exponent", whole(r"[-+]?(\d[\d_,]*)?\.\d*([eE][-+]\d+)?"), decimal),
    Rule("0b… is binary", whole(r"[-+]?0b[01_,]+"), integer(2)),
    Rule("0… is octal, if it has no 8 and no 9", whole(r"[-+]?0[0-7_,]+"), integer(8)),
    Rule("single _ and , may stand in integers", whole(r"[-+]?(0|[1-9](\d|[,_]\d)*)"), integer(10)),
    Rule("0x… is hexadecimal", whole(r"[-+]?0x[\da-fA-F_,]+"), integer(16)),
    Rule("everything else is text", lambda text: True, same),
]


def scalar(text: str) -> Any:
    """The value of a scalar without quotes, or REFUSED."""
    return next(rule for rule in SCALARS if rule.fits(text)).meaning(text)


def mapping(entries: Sequence[tuple[str, Any]]) -> dict[str, Any]:
    """A map as it is written. Of equal keys the last counts. `<<` is applied where it stands, over what is above it:
    a map, or a list of maps, of which the first counts most. A key that is there already keeps its place."""
    result: dict[str, Any] = {}
    for key, value in entries:
        if key == "<<":
            for source in reversed(value if isinstance(value, list) else [value]):
                result.update(source)
        else:
            result[key] = value
    return result
