"""`parallel`: several jobs out of one."""

import pytest

from tests.support.ci_file import compile_text, jobs_of, mistake_in, variables_of

pytestmark = pytest.mark.pure


def test_a_number_counts_the_jobs():
    jobs = compile_text("job: {script: x, parallel: 3}").jobs
    assert [(job.name, job.group, job.node_index, job.node_total) for job in jobs] == [
        ("job 1/3", "job", 1, 3),
        ("job 2/3", "job", 2, 3),
        ("job 3/3", "job", 3, 3),
    ]


def test_a_matrix_makes_a_job_of_each_combination():
    jobs = jobs_of(
        """
        job:
          script: x
          variables: {CLOUD: none, KEEP: me}
          parallel:
            matrix:
              - CLOUD: aws
                STACK: [web, data]
              - CLOUD: [gcp]
        """
    )
    assert list(jobs) == ["job: [aws, web]", "job: [aws, data]", "job: [gcp]"]
    assert variables_of(jobs["job: [aws, data]"]) == {"CLOUD": "aws", "KEEP": "me", "STACK": "data"}
    assert (jobs["job: [gcp]"].node_index, jobs["job: [gcp]"].node_total) == (3, 3)


def test_rules_see_the_values_of_the_matrix():
    text = "job: {script: x, parallel: {matrix: [{A: [1, 2]}]}, rules: [{if: $A == '2'}]}"
    assert list(jobs_of(text)) == ["job: [2]"]


def test_jobs_that_trigger_pipelines_can_be_parallel():
    assert list(jobs_of("job: {trigger: g/p, parallel: {matrix: [{A: [1, 2]}]}}")) == ["job: [1]", "job: [2]"]


@pytest.mark.parametrize(
    ("parallel", "reason"),
    [
        ("0", "from 1 to 200"),
        ("201", "from 1 to 200"),
        ("true", "whole number"),
        ("many", "whole number"),
        ("[1]", "whole number"),
        ("{matrix: []}", "makes 0 jobs"),
        ("{matrix: {A: 1}}", "should be a list"),
        ("{matrix: [{}]}", "at least one variable"),
        ("{matrix: [{A: []}]}", "the list is empty"),
        ("{matrix: [{A: [[1]]}]}", "should be a text, a number"),
        ("{matrix: [{'': 1}]}", "name is empty"),
        (f"{{matrix: [{{A: {list(range(15))}, B: {list(range(15))}}}]}}", "makes 225 jobs"),
        (f"{{matrix: [{{{', '.join(f'V{n}: {list(range(99))}' for n in range(99))}}}]}}", "jobs; 1 to 200 are allowed"),
        ("{count: 3}", "unknown keyword"),
        (f"{{matrix: [{{A: {'x' * 300}}}]}}", "longer than 255 characters"),
        ("{matrix: [{A: [1, '1']}]}", "two jobs “job: [1]”"),
        ('{matrix: [{A: "a\\nb"}]}', "line break"),
    ],
)
def test_the_error_says_what_is_wrong_with_parallel(parallel: str, reason: str):
    assert reason in mistake_in(f"job: {{script: x, parallel: {parallel}}}")
