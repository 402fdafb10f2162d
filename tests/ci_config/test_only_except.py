"""`only` and `except`, the older filter."""

from typing import Any

import pytest

from tests.support.ci_file import jobs_of, mistake_in

pytestmark = pytest.mark.pure


def is_in(keywords: str, **asked: Any) -> bool:
    return "job" in jobs_of(f"other: {{script: x}}\njob: {{script: x, {keywords}}}", **asked)


@pytest.mark.parametrize(
    ("only", "asked", "runs"),
    [
        ("[main]", {"ref": "main"}, True),
        ("[main]", {"ref": "main2"}, False),
        ("[branches]", {"ref": "x"}, True),
        ("[branches]", {"ref": "x", "tag": True}, False),
        ("[tags]", {"ref": "x", "tag": True}, True),
        ("[/^rel-/]", {"ref": "rel-1"}, True),
        ("[/^rel-/]", {"ref": "REL-1"}, False),
        ("[/^rel-/i]", {"ref": "REL-1"}, True),
        ("[schedules]", {"source": "schedule"}, True),
        ("[schedules]", {"source": "push"}, False),
        ("[pushes, web]", {"source": "web"}, True),
        ("[api, triggers, pipelines]", {"source": "pipeline"}, True),
        ("[merge_requests]", {}, False),
        ("[main@a/b]", {"ref": "main", "predefined": {"CI_PROJECT_PATH": "a/b"}}, True),
        ("[main@a/b]", {"ref": "main", "predefined": {"CI_PROJECT_PATH": "a/c"}}, False),
        ("[/^ma/@a/b]", {"ref": "main", "predefined": {"CI_PROJECT_PATH": "a/b"}}, True),
        ("[/^ma/@a/b]", {"ref": "main"}, False),
        ("{refs: [main], variables: [$A]}", {"ref": "main"}, False),
        ("{refs: [main], variables: [$B, $A]}", {"ref": "main", "variables": {"A": "1"}}, True),
        ("{changes: ['*.md']}", {"changed_files": lambda compare_to: ["a.md"]}, True),
        ("{changes: ['*.md']}", {"changed_files": lambda compare_to: ["a.py"]}, False),
        ("{changes: ['*.md']}", {}, True),
    ],
)
def test_only_asks_that_every_kind_matches(only: str, asked: dict[str, Any], runs: bool):
    assert is_in(f"only: {only}", **asked) is runs


@pytest.mark.parametrize(
    ("unless", "asked", "runs"),
    [
        ("[main]", {"ref": "main"}, False),
        ("[main]", {"ref": "x"}, True),
        ("{refs: [main], variables: [$A]}", {"ref": "x", "variables": {"A": "1"}}, False),
        ("{refs: [main], variables: [$A]}", {"ref": "x"}, True),
    ],
)
def test_except_asks_that_no_kind_matches(unless: str, asked: dict[str, Any], runs: bool):
    assert is_in(f"except: {unless}", **asked) is runs


@pytest.mark.parametrize(
    ("only", "reason"),
    [
        ("[/(/]", "not valid"),
        ("[/a]", "between slashes"),
        ("[1]", "in quotes"),
        ("{variables: ['$A =']}", "cannot be read"),
        ("{branches: [a]}", "unknown keyword"),
    ],
)
def test_the_error_says_what_is_wrong_with_a_filter(only: str, reason: str):
    assert reason in mistake_in(f"job: {{script: x, only: {only}}}")


def test_no_cluster_is_ever_active():
    assert list(
        jobs_of("a: {script: x, only: {kubernetes: active}}\nb: {script: x, except: {kubernetes: active}}")
    ) == ["b"]
    assert "should be one of: active" in mistake_in("a: {script: x, only: {kubernetes: true}}")
