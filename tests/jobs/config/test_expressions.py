"""The language of `rules:if`."""

import pytest

from jobs.config.expressions import parse
from jobs.config.tokens import BadExpression

pytestmark = pytest.mark.pure
SET = {
    "A": "a",
    "EMPTY": "",
    "BLANK": "  ",
    "BRANCH": "feature/x",
    "PATTERN": "/^feature/",
    "ODD": "/(/",
    "NO": "feature",
}


@pytest.mark.parametrize(
    "condition",
    [
        "$A",
        "$A == 'a'",
        '$A == "a"',
        "'a' == $A",
        "$A != null",
        "$MISSING == null",
        "null == $MISSING",
        "$EMPTY != null",
        '$EMPTY == ""',
        "$MISSING != 'a'",
        "$BRANCH =~ /^feature/",
        r"$BRANCH =~ /feature\/x/",
        "$BRANCH =~ /^FEATURE/i",
        "$BRANCH !~ /^main$/",
        "$BRANCH =~ $PATTERN",
        "$MISSING =~ /^$/",
        "$MISSING !~ /a/",
        "$A && $BRANCH",
        "$MISSING || $A",
        "$A || $MISSING && $MISSING",
        "($A || $MISSING) && $BRANCH",
        "$A == 'a' && ($BRANCH == 'main' || ($BRANCH =~ /x$/))",
        "$BRANCH !~ $MISSING",
        "  $A\n  && $BRANCH  ",
    ],
)
def test_it_holds(condition: str):
    assert parse(condition).holds(SET)


@pytest.mark.parametrize(
    "condition",
    [
        "$MISSING",
        "$EMPTY",
        "$BLANK",
        "null",
        "''",
        "$A == 'b'",
        "$A == $MISSING",
        "$EMPTY == null",
        "$A && $EMPTY",
        "($A || $MISSING) && $MISSING",
        "$BRANCH =~ /^FEATURE/",
        "$BRANCH =~ $MISSING",
        "$MISSING =~ /a/",
    ],
)
def test_it_does_not_hold(condition: str):
    assert not parse(condition).holds(SET)


@pytest.mark.parametrize(
    ("condition", "reason"),
    [
        ("", "empty"),
        ("$A ==", "ends where"),
        ("$A == main", "in quotes"),
        ("${A}", "without braces"),
        ("$A = 'a'", "== or =~"),
        ("$A & $B", "write &&"),
        ("$A | $B", "write ||"),
        ("!$A", "only in !="),
        ("$A == 'a", "quotation mark"),
        ("$A =~ /a", "slash at its end"),
        ("$A =~ 'a'", "/pattern/"),
        ("$A =~ /(?=b)/", "look-ahead"),
        ("$A =~ /(/", "not valid"),
        ("$A =~ /a/x", "flag x"),
        ("/a/ == $A", "patterns stand after"),
        ("($A", "closing parenthesis"),
        ("$A)", "one too many"),
        ("$A $B", "one too many"),
        ("$A == == $B", "stands where"),
        ("(" * 60 + "$A" + ")" * 60, "deeper than"),
        ("$A || " * 5_000 + "$A", "longer than"),
    ],
)
def test_it_says_why_a_condition_cannot_be_read(condition: str, reason: str):
    with pytest.raises(BadExpression, match=reason.replace("|", r"\|").replace("/", "/")):
        parse(condition)


@pytest.mark.parametrize("name", ["ODD", "NO"])
def test_a_variable_that_should_hold_a_pattern_is_named_when_it_does_not(name: str):
    with pytest.raises(BadExpression, match=f"\\${name} should hold a pattern"):
        parse(f"$A =~ ${name}").holds(SET)


def test_a_catastrophic_pattern_takes_no_longer_than_any_other():
    assert not parse("$LONG =~ /^(a+)+$/").holds({"LONG": "a" * 100_000 + "b"})
