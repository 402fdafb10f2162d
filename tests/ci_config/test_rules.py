"""`rules`: the first that matches decides."""

from typing import Any

import pytest

from tests.support.ci_file import compile_text, job_of, jobs_of, mistake_in, variables_of

pytestmark = pytest.mark.pure
PATHS = ["src/app.py", "src/deep/er/x.py", "docs/a.md", "Dockerfile"]


def is_in(rules: str, **asked: Any) -> bool:
    return "job" in jobs_of(f"other: {{script: x}}\njob: {{script: x, rules: {rules}}}", **asked)


def test_the_first_match_decides():
    rules = "[{if: $A, when: never}, {if: $B, when: manual}, {when: on_failure}]"
    assert not is_in(rules, variables={"A": "1", "B": "1"})
    assert job_of(f"job: {{script: x, rules: {rules}}}", variables={"B": "1"}).when == "manual"
    assert job_of(f"job: {{script: x, rules: {rules}}}").when == "on_failure"


def test_without_a_match_there_is_no_job():
    assert not is_in("[{if: $A}]")
    assert not is_in("[]")


def test_all_conditions_of_a_rule_must_hold():
    rules = "[{if: $A, exists: [Dockerfile]}]"
    files: dict[str, Any] = {"list_files": lambda: PATHS}
    assert is_in(rules, variables={"A": "1"}, **files)
    assert not is_in(rules, **files)
    assert not is_in(rules, variables={"A": "1"})


def test_a_rule_without_when_takes_the_jobs():
    assert job_of("job: {script: x, when: always, rules: [{if: '\"a\"'}]}").when == "always"


@pytest.mark.parametrize(
    ("pattern", "matches"),
    [
        ("Dockerfile", True),
        ("dockerfile", False),
        ("src/app.py", True),
        ("src", False),
        ("src/*", True),
        ("*", True),
        ("*.py", False),
        ("**/*.py", True),
        ("src/**/*.py", True),
        ("src/**/x.py", True),
        ("lib/**/*", False),
        ("docs/?.md", True),
        ("docs/[a-c].md", True),
        ("docs/[!a].md", False),
        ("{docs,lib}/*.{md,txt}", True),
        ("$WHERE/*.md", True),
        ("./Dockerfile", True),
        ("D*file", True),
        ("D*", True),
        ("*er*", True),
        ("src/d*r/x.py", False),
    ],
)
def test_exists_and_changes_match_names_of_files(pattern: str, matches: bool):
    asked: dict[str, Any] = {"variables": {"WHERE": "docs"}, "list_files": lambda: PATHS}
    assert is_in(f"[{{exists: ['{pattern}']}}]", **asked) is matches
    asked = {"variables": {"WHERE": "docs"}, "changed_files": lambda compare_to: PATHS}
    assert is_in(f"[{{changes: ['{pattern}']}}]", **asked) is matches


def test_changes_hold_when_there_is_nothing_to_compare_with():
    assert is_in("[{changes: [nowhere]}]")


def test_changes_can_be_compared_with_a_ref():
    asked = []

    def changed_files(compare_to: str | None) -> list[str]:
        asked.append(compare_to)
        return PATHS

    assert is_in("[{changes: {paths: [docs/*], compare_to: refs/heads/main}}]", changed_files=changed_files)
    assert asked == ["refs/heads/main"]


def test_files_are_listed_once_and_only_when_asked():
    asked = []

    def list_files() -> list[str]:
        asked.append(1)
        return PATHS

    compile_text("job: {script: x}", list_files=list_files)
    assert asked == []
    compile_text(
        "a: {script: x, rules: [{exists: ['*']}]}\nb: {script: x, rules: [{exists: ['**/*']}]}", list_files=list_files
    )
    assert asked == [1]


def test_a_rule_brings_variables_and_needs():
    jobs = jobs_of(
        """
        a: {stage: build, script: x}
        b: {stage: build, script: x}
        job:
          script: x
          needs: [a]
          variables: {A: job, B: job}
          rules:
            - if: $NEVER
            - if: $B == "job"
              variables: {A: rule}
              needs: [b]
              interruptible: true
        """
    )
    assert variables_of(jobs["job"]) == {"A": "rule", "B": "job"}
    assert [need.job for need in jobs["job"].needs or ()] == ["b"]
    assert jobs["job"].interruptible


def test_variables_of_the_request_stand_above_those_of_the_file():
    text = "variables: {A: file}\njob: {script: x, variables: {A: job}, rules: [{if: $A == 'request'}]}"
    assert compile_text(text, variables={"A": "request"}).jobs
    assert not compile_text(text, predefined={"A": "request"}).jobs


def test_rules_within_lists_are_flattened():
    text = """
        .usual: {rules: [{if: $A, when: never}]}
        job: {script: x, rules: [!reference [.usual, rules], {when: always}]}
    """
    assert job_of(text).when == "always"
    assert not compile_text(text, variables={"A": "1"}).jobs


@pytest.mark.parametrize(
    ("rules", "reason"),
    [
        ("{if: $A}", "should be a list of rules"),
        ("[]\n  only: [main]", "exclude each other"),
        ("[{}]", "empty rule"),
        ("[{iff: $A}]", "did you mean “if”"),
        ("[{if: $A = 1}]", "== or =~"),
        ("[{if: true}]", "should be a text"),
        ("[{when: sometimes}]", "should be one of"),
        ("[{when: delayed}]", "needs `start_in`"),
        ("[{start_in: 1 hour}]", "goes with `when: delayed`"),
        ("[{changes: a}]", "should be a list"),
        ("[{changes: {compare_to: main}}]", "paths is missing"),
        ("[{exists: {paths: [a], project: g/p}}]", "there is no project “g/p”, or you may not read it"),
        ("[{exists: {paths: [a], ref: main}}]", "goes with `project`"),
        ("[{changes: ['{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}{a,b}']}]", "braces stand for more than 200 patterns"),
        ("[{allow_failure: maybe}]", "true or false"),
        ("[{variables: [A]}]", "should be a map"),
        ("[{if: $A =~ /(/}]", "not valid"),
    ],
)
def test_the_error_says_what_is_wrong_with_rules(rules: str, reason: str):
    text = f"job:\n  script: x\n  rules: {rules}\n"
    message = mistake_in(text, variables={"A": "a", "B": "b"}, changed_files=lambda compare_to: PATHS)
    assert reason in message
    assert "job “job”" in message


@pytest.mark.parametrize(
    ("condition", "jobs"),
    [
        ('$CI_JOB_NAME == "unit 2/3"', ["unit 2/3"]),
        ('$CI_JOB_GROUP_NAME == "unit" && $CI_NODE_TOTAL == "3"', ["unit 1/3", "unit 2/3", "unit 3/3"]),
        ('$CI_NODE_INDEX == "3" && $CI_JOB_STAGE == "test"', ["unit 3/3"]),
    ],
)
def test_a_rule_may_ask_about_its_own_job(condition: str, jobs: list[str]):
    assert list(jobs_of(f"unit: {{script: x, parallel: 3, rules: [{{if: '{condition}'}}]}}")) == jobs


def test_what_changes_are_compared_with_may_be_a_variable():
    asked = []

    def changed_files(ref: str | None) -> list[str]:
        asked.append(ref)
        return ["a.py"]

    text = "job: {script: x, rules: [{changes: {paths: ['*.py'], compare_to: $CI_DEFAULT_BRANCH}}]}"
    assert list(jobs_of(text, predefined={"CI_DEFAULT_BRANCH": "trunk"}, changed_files=changed_files)) == ["job"]
    assert asked == ["trunk"]


@pytest.mark.parametrize(("ref", "included"), [(", ref: v1", True), ("", False)])
def test_exists_may_look_in_another_project(ref: str, included: bool):
    files = {("g/lib", "v1"): ["Dockerfile"], ("g/lib", ""): []}
    rules = f"[{{exists: {{paths: [Dockerfile], project: $LIB{ref}}}}}]"
    asked = {"variables": {"LIB": "g/lib"}, "list_project_files": lambda project, ref: files.get((project, ref))}
    assert is_in(rules, **asked) is included
