"""The loader reads YAML as the rules of Psych say, for texts and maps that nobody has thought of."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from ci_config.document.loader import load
from ci_config.document.scalars import BadScalar, as_text, plain_value
from ci_config.errors import Problems
from ci_config.limits import Budget
from tests.support import psych_rules

pytestmark = pytest.mark.pure

PIECES = [
    *"0123456789+-.,_:~eExXbBoOTZ yn\n",
    *(
        "0",
        "00",
        "08",
        "0x",
        "0b",
        ":30",
        ":60",
        "1_0",
        "2026",
        "-01",
        "-13-",
        "null",
        "true",
        "YES",
        "No",
        "on",
        "off",
    ),
    *(".inf", ".NaN", ".5", "e+3", "e3", "12:30", " 10:00:00", "text", "é", ":a", '"'),
]
scalars = st.one_of(
    st.lists(st.sampled_from(PIECES), max_size=5).map("".join),
    st.text("0123456789+-.,_:ex", max_size=10),
    st.text("nultresyofa~NO\n", max_size=6),
    st.text(max_size=8),
)
keys = st.sampled_from(["a", "b", "c", "d"])
values = st.integers(0, 9)
plain_maps = st.dictionaries(keys, values, max_size=3)
sources = st.one_of(plain_maps, st.lists(plain_maps, min_size=1, max_size=3))
entries = st.lists(st.one_of(st.tuples(keys, values), st.tuples(st.just("<<"), sources)), max_size=6)


def read_scalar(text: str) -> Any:
    try:
        return plain_value(text)
    except BadScalar:
        return psych_rules.REFUSED


@given(scalars)
@example("0" * 999)
@example("9" * 500 + ".0")
@example("1:2:3.4_5")
def test_a_plain_scalar_means_what_the_rules_say(text: str) -> None:
    expected, found = psych_rules.scalar(text), read_scalar(text)
    assert (type(found), repr(found)) == (type(expected), repr(expected))


@given(entries)
def test_equal_keys_and_merges_mean_what_the_rules_say(pairs: list[tuple[str, Any]]) -> None:
    expected = psych_rules.mapping(pairs)
    assert list(read_map(pairs).items()) == list(expected.items())


def read_map(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """The map as the loader reads it."""
    problems = Problems()
    tree = load(yaml_of(pairs), "", Budget(), problems).body
    assert not problems.messages
    return tree["map"] or {}


def yaml_of(pairs: list[tuple[str, Any]]) -> str:
    """A file whose `map` has these entries; a map that is merged alone is merged by its alias."""
    lines, anchors = [], []
    for number, (key, value) in enumerate(pairs):
        if isinstance(value, dict):
            anchors.append(f"s{number}: &s{number} {value}")
            value = f"*s{number}"
        lines.append(f"  {key}: {value}")
    return "\n".join([*anchors, "map:", *lines])


@given(st.one_of(st.floats(), st.integers(), st.booleans(), st.none()))
def test_a_value_as_text_is_read_as_itself_unless_it_is_a_word_of_ruby(value: Any) -> None:
    text = as_text(value)
    if text not in ("NaN", "Infinity", "-Infinity") and "e" not in text.replace("true", "").replace("false", ""):
        assert repr(plain_value(text)) == repr(value)
