"""Why each job is in the pipeline or not, and where each line of the merged file came from."""

from __future__ import annotations

import pytest

import ci_config
from tests.support.ci_file import compile_text

pytestmark = pytest.mark.pure

FILE = """
include: {local: base.yml}
workflow:
  rules:
    - {if: $CI_COMMIT_TAG, when: never}
    - if: $CI_COMMIT_BRANCH
one:
  extends: .base
  rules:
    - if: $A == "b"
    - {exists: [x], when: never}
    - {if: $CI_COMMIT_BRANCH == "main", when: manual}
two: {script: [x], only: [tags]}
three:
  script: [x]
  rules:
    - if: $A == "b"
four: {script: [x], parallel: 2}
five: {script: [x], rules: [{changes: [y], when: never}]}
"""
BASE = ".base:\n  image: foo\n  script:\n    - hello\n    - |\n      a\n      b\n"


def plan(**more: object) -> ci_config.CompiledPipeline:
    return ci_config.compile(
        FILE, read_local=lambda path: BASE, predefined={"CI_COMMIT_BRANCH": "main"}, **more  # type: ignore[arg-type]
    )  # fmt: skip


def test_each_job_has_the_rule_that_decided_and_its_line():
    verdicts = {one.job: (one.is_in, one.reason, one.condition, one.mark.line, one.when) for one in plan().verdicts}
    assert verdicts == {
        "one": (True, "Rule 3 of 3 matched.", 'if: $CI_COMMIT_BRANCH == "main"', 12, "manual"),
        "two": (False, "Its `only` keeps it out.", "", 13, ""),
        "three": (False, "Its one rule did not match.", 'if: $A == "b"', 17, ""),
        "four 1/2": (True, "It has no rules.", "", 18, "on_success"),
        "four 2/2": (True, "It has no rules.", "", 18, "on_success"),
        "five": (False, "Rule 1 of 1 matched.", "changes: y", 19, "never"),
    }


def test_the_jobs_that_are_in_are_those_of_the_pipeline():
    result = plan()
    assert {one.job for one in result.verdicts if one.is_in} == {job.name for job in result.jobs}


def test_the_workflow_has_its_own():
    found = plan().workflow
    assert found is not None
    assert (found.is_in, found.reason, found.condition, found.mark.line) == (
        True, "Rule 2 of 2 matched.", "if: $CI_COMMIT_BRANCH", 6,
    )  # fmt: skip
    never = plan(variables={"CI_COMMIT_TAG": "v1"})
    assert never.workflow is not None
    assert (never.jobs, never.verdicts, never.workflow.is_in) == ((), (), False)
    nothing = compile_text("workflow: {rules: [{if: $NO}]}\njob: {script: x}")
    assert nothing.workflow is not None
    assert (nothing.workflow.reason, nothing.workflow.is_in) == ("Its one rule did not match.", False)
    assert compile_text("job: {script: x}").workflow is None


def test_without_rules_evaluated_nothing_is_said():
    assert plan(evaluate_rules=False).verdicts == ()


def test_each_line_of_the_merged_file_has_its_place():
    result = plan()
    text = ci_config.merged_yaml(result.tree)
    assert text is not None
    lines = ci_config.origin_lines(text, result.tree)
    assert "\n".join(line.text for line in lines) == text.rstrip("\n")
    places = [(line.text.strip(), line.place) for line in lines]
    start = places.index(("one:", "7"))
    assert places[start + 1 : start + 7] == [
        ("image: foo", "base.yml:2"),
        ("script:", "base.yml:3"),
        ("- hello", "base.yml:4"),
        ("- |", "base.yml:5"),
        ("a", "base.yml:5"),
        ("b", "base.yml:5"),
    ]
    assert ('- if: $A == "b"', "10") in places


def test_a_file_that_is_too_long_has_no_places():
    result = compile_text("job:\n  script:\n" + "    - x\n" * 5_000)
    text = ci_config.merged_yaml(result.tree)
    assert text is not None
    assert ci_config.origin_lines(text, result.tree) == []
