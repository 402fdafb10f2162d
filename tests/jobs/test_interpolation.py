"""Tags and resource groups that the CI file writes with variables."""

from __future__ import annotations

from typing import Any

from jobs.models import Job
from jobs.pipelines.plan import PipelineRequest
from jobs.pipelines.services import create_pipeline
from jobs.variables.services import create_variable
from tests.factories import runners
from tests.factories.cast import Cast

WRITTEN = """
build:
  script: [make]
  tags: [linux, $KIND, "$KIND-$ARCH"]
  resource_group: $CI_JOB_NAME/$ARCH
  variables: {ARCH: arm}
"""


def keep(cast: Cast, **fields: Any) -> None:
    create_variable(project=cast.app, by=cast.maintainer, **fields)


def build(cast: Cast, yaml: str = WRITTEN) -> Job:
    return runners.pipeline(cast.app, cast.developer, yaml).jobs.get()


def test_tags_and_resource_groups_may_be_written_with_variables(cast: Cast) -> None:
    keep(cast, key="KIND", value="fast")
    job = build(cast)
    assert (job.tag_list, job.resource_group) == (["linux", "fast", "fast-arm"], "build/arm")


def test_a_runner_with_the_tags_that_are_meant_takes_the_job(cast: Cast) -> None:
    keep(cast, key="KIND", value="fast")
    build(cast, "a: {script: [x], tags: [linux, $KIND]}")
    assert runners.runner(cast.app, tag_list=["linux", "$KIND"]).take() is None
    assert runners.runner(cast.app, tag_list=["linux", "fast"]).take() is not None


def test_what_was_given_with_the_pipeline_counts_most(cast: Cast) -> None:
    runners.push_file(cast.app, "a: {script: [x], tags: [$KIND], variables: {KIND: slow}}")
    given = [{"key": "KIND", "value": "fast", "variable_type": "env_var"}]
    made = create_pipeline(
        PipelineRequest(project=cast.app, ref="main", user=cast.developer, source="api", variables=given)
    )
    assert made.jobs.get().tag_list == ["fast"]


def test_a_tag_nobody_has_given_a_value_leaves_the_job_to_no_runner(cast: Cast) -> None:
    job = build(cast, "a: {script: [x], tags: [$NOWHERE], resource_group: $NOWHERE}")
    assert (job.tag_list, job.resource_group) == (["$NOWHERE"], "$NOWHERE")
    assert runners.runner(cast.app).take() is None


def test_a_masked_variable_is_not_shown_as_a_tag(cast: Cast) -> None:
    keep(cast, key="KIND", value="sesame-open-12", masked=True)
    assert build(cast, "a: {script: [x], tags: [$KIND]}").tag_list == ["$KIND"]


def test_jobs_of_a_matrix_go_to_the_runners_they_name(cast: Cast) -> None:
    yaml = "a: {script: [x], tags: [$ARCH], parallel: {matrix: [{ARCH: [arm, intel]}]}}"
    made = runners.pipeline(cast.app, cast.developer, yaml)
    assert [job.tag_list for job in made.jobs.order_by("name")] == [["arm"], ["intel"]]
