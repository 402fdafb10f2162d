"""Files that are hardly files: every one gets a clear message, soon."""

import pytest

from jobs.config.scalars import plain
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
        ("a: {script: x}\na: {script: y}", "Line 2: “a” stands here a second time; the first is on line 1."),
        ("1: {script: x}", "the number 1 cannot be a name here; put it in quotes"),
        ("on: {script: x}", "true cannot be a name here"),
        ("? [a]\n: {script: x}", "a list cannot be a name here"),
        ("a: *b", "the alias *b has no anchor &b above it"),
        ("a: &a {b: *a}", "the alias *a has no anchor"),
        ("<<: 1\na: {script: x}", "`<<` merges maps only"),
        ("a: {script: !!python/name:os.system x}", "is unknown"),
        ("spec: {inputs: {}}\n---\na: {script: x}", "second document"),
        ("x" * 1_000_001, "longer than 1,000,000 characters"),
        ("[" * 100_000, "deeper than 50 levels"),
        ("a: " + "{a: " * 100_000, "deeper than 50 levels"),
        ("- " * 100_000, "deeper than 50 levels"),
        ("".join(f"a{n}: &a{n} [{f'*a{n - 1}' if n else 'x'}]\n" for n in range(5_000)), "deeper than 50 levels"),
    ],
)
def test_it_says_what_is_wrong_with_a_file(text: str, message: str):
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
        ("", None), ("~", None), ("null", None), ("NULL", None), ("nULL", "nULL"),
        ("yes", True), ("On", True), ("FALSE", False), ("y", "y"),
        ("12", 12), ("-3", -3), ("1_000", 1000), ("0", 0), ("0755", 493), ("0o17", 15), ("0x1F", 31), ("08", 8.0),
        ("1.10", 1.1), (".5", 0.5), ("1e3", 1000.0), ("1.", 1.0), ("1.2.3", "1.2.3"), ("1e999", "1e999"),
        (".inf", ".inf"), ("2026-01-02", "2026-01-02"), ("1:30", "1:30"), ("9" * 5000, "9" * 5000), ("_", "_"),
    ],
)  # fmt: skip
def test_plain_words_mean_what_yaml_says(text: str, value: object):
    assert plain(text) == value
    assert type(plain(text)) is type(value)
