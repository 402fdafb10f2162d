"""What is valid, but reads otherwise than it looks: the file compiles, and a sentence says so."""

import pytest

from ci_config.errors import MAX_WARNINGS
from tests.support.ci_file import compile_text, job_of, mistake_in, variables_of
from tests.support.ci_file import warnings_in as warnings

pytestmark = pytest.mark.pure
JOB = "a: {script: x}\n"


@pytest.mark.parametrize(
    ("text", "warning"),
    [
        ("a: {script: x}\na: {script: y}", "Line 2: “a” stands here a second time, and takes the place of all that"),
        ("a: {script: x, image: b, image: c}", "“image” stands here a second time"),
        (
            ".b: &b {image: b}\na:\n  image: a\n  <<: *b\n  script: x",
            "Line 4: `<<` takes the place of “image” in line 3, because it stands below it",
        ),
        (JOB + "variables: {MODE: 0755}", "Line 2: “0755” without quotes is read as the number “493”"),
        (JOB + "variables: {VERSION: 3.10}", "“3.10” without quotes is read as the number “3.1”"),
        (JOB + "variables: {AT: 12:30}", "“12:30” without quotes is read as the number “45000”"),
        (JOB + "variables: {MANY: 1_000}", "“1_000” without quotes is read as the number “1000”"),
        (JOB + "variables:\n  LISTEN: :8080", "“:8080” without quotes is read as “8080”"),
        (JOB + "variables: {ANSWER: no}", "“no” without quotes is read as “false”"),
        ("a: {script: x, parallel: {matrix: [{FLAG: [on, off]}]}}", "“off” without quotes is read as “false”"),
        ("a: {script: x, rules: [{if: '$CI =~ $CI'}]}", "job “a”, keyword “rules:if”: $CI is no /pattern/, so the"),
        ("a: {script: x, rules: [{if: '$CI =~ \"true\"'}]}", "“true” is no /pattern/, so the left side is"),
        ("a: {script: x, only: {variables: ['$CI =~ $CI']}}", "keyword “only:variables”: $CI is no /pattern/"),
        ("a: {script: x, rules: [{changes: ['src/{a,b']}]}", "“src/{a,b” matches no file: a bracket or brace in it"),
        ("a: {script: x, rules: [{exists: ['[a-']}]}", "job “a”, keyword “rules:exists”: “[a-” matches no file"),
        (JOB + "include: none/*.yml", "Line 2, keyword “include”: no file matches “none/*.yml”, so nothing is"),
        (JOB + "include: ci/**/*.yml", "“ci/**/*.yml” includes files of no subfolder here, but not in GitLab"),
        (JOB + "b: {script: x, dependencies: [a]}", "“a” does not run in an earlier stage, so none of its"),
        ("a: {script: x, environment: {name: b, url: c.example.org}}", "“c.example.org” is no address that pages can"),
        ("a: {script: x, variables: {B-C: d}}", "keyword “variables”: a shell may not know the variable “B-C”"),
        ("a: {script: x, rules: [{if: $CI, variables: {1A: b}}]}", "may not know the variable “1A”"),
        (
            "a: {script: x, parallel: {matrix: [{B.C: d}]}}",
            "keyword “parallel”: a shell may not know the variable “B.C”",
        ),
        (JOB + "variables: {A B: c}", "Line 2, keyword “variables”: a shell may not know the variable “A B”"),
        ("a: {script: !shout x}", "the tag “!shout” is unknown and passed over"),
        ("a: !job {script: x}", "the tag “!job” is unknown and passed over"),
        ("a: {script: !lines [x]}", "the tag “!lines” is unknown and passed over"),
    ],
)
def test_a_warning_names_what_reads_otherwise(text: str, warning: str):
    found = warnings(
        text,
        predefined={"CI": "true"},
        changed_files=lambda compare_to: ["src/a"],
        list_files=lambda: ["ci/b.yml"],
        read_local={"ci/b.yml": "b: {script: x}"}.get,
    )
    assert any(warning in line for line in found), found


@pytest.mark.parametrize(
    "text",
    [
        JOB + 'variables: {A: "0755", B: 12, C: 1.5, D: -3, E: true, F: False, G: "no", H: 1e3, I: 08, J: null}',
        "a: {script: x, interruptible: yes, allow_failure: no}",
        ".b: &b {image: b}\na:\n  <<: *b\n  image: a\n  script: x",
        ".b: &b {image: b}\na:\n  image: b\n  <<: *b\n  script: x",
        ".b: &b {image: b}\n.c: &c {image: c}\na:\n  <<: *b\n  <<: *c\n  script: x",
        "a: {script: !!str 12, image: ! alpine}",
    ],
)
def test_no_warning_is_given_of_what_is_meant(text: str):
    assert warnings(text) == []


def test_the_number_of_warnings_is_limited():
    text = JOB + "variables:\n" + "".join(f"  V{number}: 0{number:o}\n" for number in range(8, 200))
    assert len(warnings(text)) == MAX_WARNINGS


def test_warnings_name_the_included_file():
    text = "include: more.yml\n" + JOB
    found = compile_text(text, read_local={"more.yml": "variables: {A: 010}"}.get).warnings
    assert found[0].startswith("more.yml, line 1: “010” without quotes is read as the number “8”")


def test_a_merge_lies_over_what_is_above_it_and_under_what_is_below():
    job = job_of(
        """
        .one: &one {image: one, variables: {A: one, B: one}, tags: [one]}
        .two: &two {variables: {A: two}}
        job:
          image: own
          <<: *one
          tags: [own]
          <<: [*two, {variables: {A: three}, retry: 1}]
          script: x
        """
    )
    assert job.image == {"name": "one"}
    assert job.tags == ("own",)
    assert variables_of(job) == {"A": "two"}
    assert job.retry == {"max": 1, "when": ["always"], "exit_codes": []}


def test_a_quoted_merge_key_merges_too_and_one_that_is_tagged_as_text_does_not():
    merged = job_of('.b: &b {image: b}\na: {"<<": *b, script: x}')
    assert merged.image == {"name": "b"}
    assert "“<<”: unknown keyword" in mistake_in(".b: &b {image: b}\na: {!!str <<: *b, script: x}")


def test_an_anchor_means_the_last_of_its_name():
    assert job_of("x: &i {script: &i one, image: *i}").image == {"name": "one"}


def test_what_is_taken_with_less_effect_is_named():
    (warning,) = warnings("job:\n  script: x\n  cache: {key: {files_commits: [a]}, paths: [b]}")
    assert warning.startswith("Line 3, job “job”, keyword “cache:key:files_commits”: the key changes with the content")
    text = "include:\n  - {remote: 'https://a.b/c.yml', cache: 1 day}\njob: {script: x}"
    (warning,) = warnings(text, read_remote=lambda url, integrity: "{}")
    assert warning.startswith("Line 2, keyword “include:cache”: it has no effect here")
