"""Files that are hardly files: every one gets a clear message, soon."""

import pytest

from ci_config.document.scalars import BadScalar, as_text, plain_value
from tests.support.ci_file import mistake_in, mistakes_in

pytestmark = pytest.mark.pure


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("", "Line 1: the file must be a map"),
        ("- a", "Line 1: the file must be a map"),
        ("just text", "Line 1: the file must be a map"),
        ("a: {script: x}\n\tb: 1", "Line 2: this is not valid YAML"),
        ("a: [", "Line 2: this is not valid YAML"),
        ("a: 'x", "this is not valid YAML"),
        ("\0", "NUL character"),
        ('a: {script: "\\0"}', "NUL character"),
        ("a: '\ud800'", "lone surrogate"),
        ('a: "\\ud800"', "not valid YAML"),
        ("a: \x01", "not valid YAML"),
        ("1: {script: x}", "the number 1 cannot be a name here; put it in quotes"),
        ("on: {script: x}", "true cannot be a name here"),
        ("? [a]\n: {script: x}", "a list cannot be a name here"),
        ("a: *b", "the alias *b has no anchor &b above it"),
        ("a: &a {b: *a}", "the alias *a has no anchor"),
        ("<<: 1\na: {script: x}", "`<<` merges maps only"),
        ("a: {script: !ruby/object:Gem x}", "the tag “!ruby/object:Gem” makes what a CI file cannot hold"),
        ("a: {script: !!binary eA==}", "cannot hold"),
        ("a: {script: !!float x}", "“x” is no number"),
        ("a: {script: !reference x}", "`!reference` needs a list of names"),
        ("a: !reference {b: c}", "the tag “!reference” does not go with a map"),
        (".a: &a [{b: c}]\nd: {<<: *a, script: x}", "`<<` merges maps only"),
        ("d: {<<: [[{b: c}]], script: x}", "`<<` merges maps only"),
        ("a: {script: x, variables: {DAY: 2026-01-02}}", "“2026-01-02” is a date or time"),
        ("a: {script: x, variables: {AT: 2026-01-02 10:00:00}}", "“2026-01-02 10:00:00” is a date or time"),
        ("a: {script: x, variables: {BITS: 0b_}}", "looks like a number, but has no digits"),
        ("a: {script: x}\n---\nb: {script: x}", "only a header with `spec` may stand before"),
        ("spec: {}\n---\na: {script: x}\n---\nb: {script: x}", "third document"),
        ("spec: {}\na: {script: x}", "a line `---` has to stand between"),
        ("spec: {}\nb: {}\n---\na: {script: x}", "“b”: unknown keyword"),
        ("x" * 1_000_001, "longer than 1,000,000 characters"),
        ("[" * 100_000, "deeper than 50 levels"),
        ("a: " + "{a: " * 100_000, "deeper than 50 levels"),
        ("- " * 100_000, "deeper than 50 levels"),
        ("".join(f"a{n}: &a{n} [{f'*a{n - 1}' if n else 'x'}]\n" for n in range(5_000)), "deeper than 50 levels"),
    ],
)
def test_the_error_says_what_is_wrong_with_a_file(text: str, message: str):
    assert message in mistakes_in(text)[0]


def bomb_of_anchors() -> str:
    rows = [f"a{n}: &a{n} [{', '.join([f'*a{n - 1}'] * 10)}]" for n in range(1, 20)]
    return "\n".join(["a0: &a0 [x, x, x, x]", *rows])


def bomb_of_references() -> str:
    rows = [f".a{n}: {{s: [{', '.join([f'!reference [.a{n - 1}, s]'] * 10)}]}}" for n in range(1, 10)]
    return "\n".join([".a0: {s: [x]}", *rows, "job: {script: [!reference [.a9, s]]}"])


def bomb_of_extends() -> str:
    keys = ", ".join(f"K{n}: 1" for n in range(20_000))
    return f".a: {{variables: {{{keys}}}}}\n" + "".join(f"j{n}: {{extends: .a, script: x}}\n" for n in range(1_000))


def bomb_of_defaults() -> str:
    return f"default: {{before_script: [{'x, ' * 50_000}]}}\n" + "".join(f"j{n}: {{script: x}}\n" for n in range(1_000))


def bomb_of_long_text() -> str:
    return f"default: {{before_script: [{'x' * 900_000}]}}\n" + "".join(f"j{n}: {{script: x}}\n" for n in range(1_000))


def bomb_of_variables() -> str:
    keys = ", ".join(f"K{n}: 1" for n in range(5_000))
    return f"variables: {{{keys}}}\n" + "".join(f"j{n}: {{script: x}}\n" for n in range(1_000))


@pytest.mark.parametrize(
    "bomb",
    [bomb_of_anchors, bomb_of_references, bomb_of_extends, bomb_of_defaults, bomb_of_long_text, bomb_of_variables],
)
def test_a_file_that_unfolds_too_far_is_stopped(bomb):
    assert "becomes too large" in mistakes_in(bomb())[-1]


def test_too_many_jobs_are_refused():
    text = "".join(f"j{n}: {{script: x, parallel: 200}}\n" for n in range(11))
    assert "makes 2200 jobs; 2000 are allowed" in mistake_in(text)


def test_wildcards_over_very_many_files_are_refused():
    text = "".join(f"j{n}: {{script: x, rules: [{{exists: ['**/*.{n}']}}]}}\n" for n in range(1_000))
    names = [f"folder/{'x' * 200}/{n}" for n in range(5_000)]
    assert "too many wildcard patterns" in mistakes_in(text, list_files=lambda: names)[-1]


def test_thousands_of_mistakes_are_counted_not_listed():
    messages = mistakes_in("a:\n  script: x\n" + "".join(f"  k{n}: 1\n" for n in range(20_000)))
    assert len(messages) == 102
    assert messages[-2:] == ["… and 500 more mistakes.", "There may be more still; correct these first."]


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("", None), ("~", None), ("null", None), ("NULL", None), ("nULL", None), ("nil", "nil"),
        ("yes", True), ("On", True), ("tRUE", True), ("FALSE", False), ("oFF", False), ("y", "y"), ("N", "N"),
        ("12", 12), ("-3", -3), ("+3", 3), ("1_000", 1000), ("1,000", 1000), ("1__0", "1__0"), ("0", 0), ("_", "_"),
        ("0755", 493), ("0,7", 7), ("08", "08"), ("012345678912", "012345678912"), ("0o17", "0o17"), ("00", 0),
        ("0x1F", 31), ("-0x1f", -31), ("0b11", 3), ("0B11", "0B11"), ("9" * 5000, "9" * 5000),
        ("1.10", 1.1), (".5", 0.5), ("5.", 5.0), ("1_0.5", 10.5), ("1.5_0", "1.5_0"), ("1.2.3", "1.2.3"),
        ("1e3", "1e3"), ("12e03", "12e03"), ("1.0e3", "1.0e3"), ("1.0e+3", 1000.0), ("1.e-1", 0.1), (".", "."),
        (".inf", float("inf")), ("-.INF", float("-inf")), ("inf", "inf"),
        ("12:30", 45000), ("1:02:03", 3723), ("-1:30", -1800), ("1:60", "1:60"), ("1:30.5", 5430.0),
        (":80", "80"), (":name", "name"), ("::name", ":name"), (':"a b"', "a b"), (":", ":"),
        ("2026-13-01", "2026-13-01"), ("2026-1", "2026-1"), ("no\nno", False), ("no\nx", "no\nx"),
    ],
)  # fmt: skip
def test_plain_words_mean_what_they_mean_to_psych(text: str, value: object):
    assert plain_value(text) == value
    assert type(plain_value(text)) is type(value)


@pytest.mark.parametrize("text", ["2026-01-02", "2026-02-31", "2026-1-2 3:04:05", "2026-01-02T03:04:05.6+01:00", "0x_"])
def test_plain_words_that_no_ci_file_may_hold(text: str):
    with pytest.raises(BadScalar):
        plain_value(text)


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (None, ""), (True, "true"), (False, "false"), (10, "10"), (1.0, "1.0"), (1e16, "1.0e+16"), (1e-5, "1.0e-05"),
        (1.5e20, "1.5e+20"), (1e15, "1000000000000000.0"), (float("-inf"), "-Infinity"), (float("nan"), "NaN"),
    ],
)  # fmt: skip
def test_values_are_written_into_variables_as_ruby_writes_them(value: float | None, text: str):
    assert as_text(value) == text
