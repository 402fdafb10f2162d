"""`TOKEN_ACCESS`: what a job needs of its token is checked where it stands."""

from __future__ import annotations

from typing import Any

import pytest

from tests.support.ci_file import jobs_of, mistake_in, variables_of, warnings_in

pytestmark = pytest.mark.pure


def test_the_job_s_own_value_replaces_the_file_s():
    jobs = jobs_of(
        """
        variables: {TOKEN_ACCESS: none}
        quiet: {script: x}
        loud: {script: x, variables: {TOKEN_ACCESS: read_jobs acme/library}}
        free: {script: x, inherit: {variables: false}}
        """
    )
    assert variables_of(jobs["quiet"]) == {"TOKEN_ACCESS": "none"}
    assert variables_of(jobs["loud"]) == {"TOKEN_ACCESS": "read_jobs acme/library"}
    assert variables_of(jobs["free"]) == {}


@pytest.mark.parametrize(
    ("text", "line"),
    [
        ("variables:\n  TOKEN_ACCESS: read_package\njob: {script: x}", "Line 2"),
        ("variables:\n  TOKEN_ACCESS:\n    value: read_package\njob: {script: x}", "Line 3"),
        ("job:\n  script: x\n  variables:\n    TOKEN_ACCESS: read_jobs read_package", "Line 4"),
        ("job:\n  script: x\n  rules:\n    - variables:\n        TOKEN_ACCESS: read_package", "Line 5"),
        ("workflow:\n  rules:\n    - variables:\n        TOKEN_ACCESS: read_package\njob: {script: x}", "Line 4"),
        ("job:\n  script: x\n  parallel: {matrix: [TOKEN_ACCESS: [none,\n    read_package]]}", "Line 4"),
    ],
)  # fmt: skip
def test_a_wrong_word_is_an_error_with_its_line(text: str, line: str):
    mistake = mistake_in(text)
    assert mistake.startswith(line)
    assert (
        "“read_package”: it is neither a permission nor the path of a project; did you mean “read_packages”?" in mistake
    )


@pytest.mark.parametrize(
    ("value", "reason"),
    [
        ("''", "it is empty; write what the job needs, or none."),
        ("[read_jobs]", "a list should be a text"),
        ("none read_jobs", "“none”: it stands alone."),
        ("read_jobs $MORE", "“$MORE”: it is neither a permission nor the path of a project"),
        ("{expand: false}", "it is empty"),
    ],
)
def test_what_says_nothing_is_an_error(value: str, reason: str):
    assert reason in mistake_in(
        f"job: {{script: x, variables: {{TOKEN_ACCESS: {value}}}}}".replace("{expand", "{ expand")
    )


RELEASE = "release: {tag_name: v1, description: First}"
NEED = "needs: [{project: acme/library, ref: main, job: build}]"
OWN = {"CI_PROJECT_PATH": "acme/app"}


def warnings_of(words: str, keyword: str, **asked: Any) -> list[str]:
    """Of a job with that keyword in line 4."""
    text = f"job:\n  script: x\n  variables: {{TOKEN_ACCESS: {words}}}\n  {keyword}\n"
    return warnings_in(text, **{"predefined": OWN, **asked})


@pytest.mark.parametrize(
    ("words", "keyword", "missing"),
    [
        ("read_releases", RELEASE, "keyword “release”: `TOKEN_ACCESS` leaves out admin_releases, so the release will"),
        ("none", RELEASE, "leaves out admin_releases, so the release will be refused."),
        ("admin_releases acme/library", RELEASE, "leaves out “$CI_PROJECT_PATH”, so the release will be refused."),
        ("acme/app", NEED, "keyword “needs”: `TOKEN_ACCESS` leaves out “acme/library”, so the job will fail before"),
        ("admin_packages", NEED, "leaves out read_jobs, so the job will fail before it starts."),
        ("read_packages $CI_PROJECT_PATH", NEED, "leaves out read_jobs and “acme/library”, so the job will fail"),
    ],
)
def test_a_job_that_leaves_out_what_its_keywords_need_is_warned_of(words: str, keyword: str, missing: str):
    for evaluate in (True, False):
        (warning,) = warnings_of(words, keyword, evaluate_rules=evaluate)
        assert warning.startswith("Line 4, job “job”, keyword “")
        assert missing in warning


@pytest.mark.parametrize(
    ("words", "keyword"),
    [
        ("admin_releases", RELEASE),
        ("admin_releases $CI_PROJECT_PATH", RELEASE),
        ("ACME/App", RELEASE),
        ("read_jobs", NEED),
        ("admin_jobs acme/Library", NEED),
        ("acme/library", NEED),
        ("read_jobs acme/app", NEED.replace("acme/library", "$CI_PROJECT_PATH")),
        ("read_jobs acme/app", NEED.replace("acme/library", "acme/$NAME")),
        ("none", NEED.replace("job: build", "job: build, artifacts: false")),
        ("none", "needs: [{pipeline: $PARENT, job: build}]"),
    ],
)
def test_a_job_that_has_what_its_keywords_need_is_not(words: str, keyword: str):
    assert warnings_of(words, keyword) == []


def test_without_a_project_its_own_path_is_not_guessed():
    assert warnings_of("read_jobs $CI_PROJECT_PATH", NEED, predefined={}) == []
    assert warnings_of("admin_releases acme/library", RELEASE, predefined={}) == []
    assert len(warnings_of("read_jobs acme/app", NEED, predefined={})) == 1


def test_what_rules_decide_is_warned_of_when_they_are_evaluated():
    text = f"""
        variables: {{TOKEN_ACCESS: none}}
        job: {{script: x, rules: [{{variables: {{TOKEN_ACCESS: admin_releases}}}}], {RELEASE}}}
        """
    assert warnings_in(text, evaluate_rules=False) == warnings_in(text) == []
    narrow = text.replace("admin_releases", "read_jobs")
    assert (len(warnings_in(narrow, evaluate_rules=False)), len(warnings_in(narrow))) == (0, 1)


def test_each_job_is_warned_of_once_however_many_run_of_it():
    text = f"variables: {{TOKEN_ACCESS: none}}\njob: {{script: x, parallel: 3, {RELEASE}}}"
    assert len(warnings_in(text)) == 1
