"""`TOKEN_ACCESS`: what a job needs of its token is checked where it stands."""

from __future__ import annotations

import pytest

from tests.support.ci_file import jobs_of, mistake_in, variables_of

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
