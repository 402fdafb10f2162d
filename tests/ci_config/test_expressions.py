"""The language of `rules:if`."""

import pytest

from ci_config.conditions.expressions import parse
from ci_config.conditions.tokens import BadExpression

pytestmark = pytest.mark.pure
SET = {
    "A": "a",
    "EMPTY": "",
    "BLANK": "  ",
    "BRANCH": "feature/x",
    "PATTERN": "/^feature/",
    "ODD": "/(/",
    "NO": "feature",
    "SLASHES": "//",
    "LINES": "one\n/^b/\ntwo",
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
        "$MISSING !~ /ab/",
        "$A && $BRANCH",
        "$MISSING || $A",
        "$A || $MISSING && $MISSING",
        "($A || $MISSING) && $BRANCH",
        "$A == 'a' && ($BRANCH == 'main' || ($BRANCH =~ /x$/))",
        "$BRANCH !~ $MISSING",
        "  $A\n  && $BRANCH  ",
        "$EMPTY && $A",
        "'' && $A",
        "($EMPTY || $A) == $EMPTY",
        "('one' || 'two') == 'one'",
        "('one' && 'two') == 'two'",
        "($A == 'b' || 'c') == 'c'",
        "($A && null) == null",
        "$A =~ 'a'",
        "$A =~ 'bab'",
        "$A =~ $A",
        "$MISSING =~ 'x'",
        "$BRANCH =~ '/^FEATURE/i'",
        "$A !~ null",
        "$A !~ $MISSING",
        "$BRANCH !~ 'x'",
        "'(' =~ $ODD",
        "$BRANCH =~ $SLASHES",
        "'b' =~ $LINES",
        "$A == 'a' != $B",
    ],
)
def test_a_true_condition_holds(condition: str):
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
        "$MISSING =~ /ab/",
        "$A && $EMPTY || $BLANK",
        "$EMPTY || $A",
        "$BLANK || $A",
        "$BRANCH =~ 'feat'",
        "$A =~ $NO && $BRANCH =~ $NO",
        "$A =~ null",
        "$A !~ 'a'",
        "$A == 'a' == 'a'",
    ],
)
def test_a_false_condition_does_not_hold(condition: str):
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
        ("!", "the condition ends where"),
        ("!" * 99 + "$A", "more than 50 times"),
        ("$A == 'a", "quotation mark"),
        ("$A =~ /a", "slash at its end"),
        ("$A =~ /a/", "two characters or more"),
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
def test_the_error_says_why_a_condition_cannot_be_read(condition: str, reason: str):
    with pytest.raises(BadExpression, match=reason.replace("|", r"\|").replace("/", "/")):
        parse(condition)


def test_a_pattern_in_a_variable_has_its_limit():
    with pytest.raises(BadExpression, match="longer than 2000 characters"):
        parse("$A =~ $LONG").holds({"LONG": f"/{'a' * 2_001}/"})


@pytest.mark.parametrize(
    ("condition", "named"),
    [("$A =~ $NO", ["$NO"]), ("$A !~ 'text'", ["“text”"]), ("$A =~ $PATTERN || $A =~ $MISSING || $A =~ '/x/'", [])],
)
def test_a_warning_names_what_should_be_a_pattern_and_is_none(condition: str, named: list[str]):
    assert [warning.split(" ")[0] for warning in parse(condition).warnings(SET)] == named


def test_a_catastrophic_pattern_takes_no_longer_than_any_other():
    assert not parse("$LONG =~ /^(a+)+$/").holds({"LONG": "a" * 100_000 + "b"})


@pytest.mark.parametrize(
    ("text", "result"),
    [
        ("!$UNSET", True),
        ("!$SET", False),
        ("!($SET == 'x') && $SET", True),
        ("!!$SET", True),
        ("true", True),
        ("false || $SET", True),
        ("true == 'true'", False),
        ("true != false", True),
        ("!false", True),
    ],
)
def test_booleans_and_negation_are_evaluated(text: str, result: bool):
    assert parse(text).holds({"SET": "set"}) is result
