"""A pipeline as a team writes it, for a push, a tag and a schedule."""

from pathlib import Path
from typing import Any

import pytest

import ci_config
from ci_config import Need
from tests.support.ci_file import variables_of

pytestmark = pytest.mark.pure
SHOP = Path(__file__).parent / "shop"
FILES = ["front/package.json", "ci/templates.yml", "ci/front/build.yml", "service/app.py", "requirements.txt"]


def read_local(path: str) -> str | None:
    return (SHOP / path).read_text() if (SHOP / path).exists() else None


def read_project(project: str, ref: str, path: str) -> str | None:
    return (SHOP / path).read_text() if (project, ref) == ("platform/pipelines", "v3") else None


def shop(**asked: Any) -> ci_config.CompiledPipeline:
    predefined = {"CI_DEFAULT_BRANCH": "main", "CI_PIPELINE_SOURCE": asked.get("source", "push"), **asked.pop("ci")}
    return ci_config.compile(
        (SHOP / "gitlab-ci.yml").read_text(),
        predefined=predefined,
        read_local=read_local,
        read_project=read_project,
        list_files=lambda: FILES,
        **asked,
    )


@pytest.fixture(scope="module")
def pushed_pipeline() -> ci_config.CompiledPipeline:
    ci = {"CI_COMMIT_BRANCH": "main", "CI_COMMIT_REF_NAME": "main"}
    return shop(ci=ci, changed_files=lambda compare_to: ["service/app.py"])


@pytest.fixture(scope="module")
def jobs(pushed_pipeline: ci_config.CompiledPipeline) -> dict[str, ci_config.CompiledJob]:
    return {job.name: job for job in pushed_pipeline.jobs}


def test_a_push_to_main_makes_the_whole_pipeline(pushed_pipeline: ci_config.CompiledPipeline):
    assert (pushed_pipeline.name, pushed_pipeline.auto_cancel) == ("Shop: main", {"on_new_commit": "interruptible"})
    assert pushed_pipeline.stages == ("prepare", "build", "test", "package", "deploy", ".post")
    assert [job.name for job in pushed_pipeline.jobs] == [
        "lint",
        "build front",
        "build service",
        "test service: [3.11, sqlite]",
        "test service: [3.11, postgres]",
        "test service: [3.12, sqlite]",
        "test service: [3.12, postgres]",
        "test service: [3.13, postgres]",
        "test slowly 1/3",
        "test slowly 2/3",
        "test slowly 3/3",
        "package image",
        "deploy",
        "tear down",
        "smoke",
    ]


def test_templates_references_and_defaults_come_together(jobs: dict[str, ci_config.CompiledJob]):
    build = jobs["build service"]
    assert build.script == (
        "python --version",
        "python -m venv .venv",
        ". .venv/bin/activate",
        "python -m build",
    )
    assert build.image == {"name": "python:3.11"}
    assert build.cache[0]["key"] == "pip-default"
    assert build.retry == {
        "max": 1,
        "when": ["runner_system_failure", "stuck_or_timeout_failure"],
        "exit_codes": [],
    }


def test_variables_come_from_the_file_the_template_and_the_matrix(jobs: dict[str, ci_config.CompiledJob]):
    assert variables_of(jobs["test service: [3.12, sqlite]"]) == {
        "TARGET": "staging",
        "PIP_CACHE_DIR": "$CI_PROJECT_DIR/.pip",
        "PRICE_PATTERN": "^$[0-9]+",
        "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        "PYTHON": "3.12",
        "DATABASE": "sqlite",
    }


def test_the_order_follows_needs(jobs: dict[str, ci_config.CompiledJob]):
    assert jobs["lint"].needs == ()
    assert jobs["package image"].needs == (Need("build service"), Need("build front", optional=True))
    assert jobs["deploy"].needs == (Need("package image"), Need("test service: [3.13, postgres]"))
    assert jobs["test slowly 2/3"].needs is None


def test_the_deploy_jobs_wait_their_turn_and_are_not_interrupted(jobs: dict[str, ci_config.CompiledJob]):
    deploy = jobs["deploy"]
    assert (deploy.when, deploy.interruptible, deploy.resource_group) == ("on_success", False, "$TARGET")
    assert (jobs["tear down"].when, jobs["tear down"].allow_failure) == ("manual", True)
    assert jobs["smoke"].trigger is not None
    assert variables_of(jobs["smoke"]) == {"TARGET": "staging"}


def test_a_release_is_deployed_by_hand():
    ci = {"CI_COMMIT_TAG": "v1.2", "CI_COMMIT_REF_NAME": "v1.2"}
    jobs = {job.name: job for job in shop(ref="v1.2", tag=True, ci=ci).jobs}
    assert (jobs["deploy"].when, jobs["deploy"].allow_failure) == ("manual", False)
    assert variables_of(jobs["deploy"])["TARGET"] == "production"
    assert "smoke" not in jobs
    assert "test slowly 1/3" not in jobs


def test_a_schedule_tests_slowly_by_itself():
    ci = {"CI_COMMIT_BRANCH": "main", "CI_COMMIT_REF_NAME": "main"}
    jobs = {job.name: job for job in shop(source="schedule", ci=ci).jobs}
    assert (jobs["test slowly 1/3"].when, jobs["test slowly 1/3"].timeout) == ("on_success", 5_400)


def test_work_in_progress_makes_no_pipeline():
    assert not shop(ref="wip/x", ci={"CI_COMMIT_BRANCH": "wip/x", "CI_COMMIT_REF_NAME": "wip/x"}).jobs


def test_a_branch_without_an_image_cannot_deploy_but_says_so():
    ci = {"CI_COMMIT_BRANCH": "main", "CI_COMMIT_REF_NAME": "main"}
    with pytest.raises(ci_config.ConfigError, match="“package image” is not in this pipeline"):
        shop(ref="other", ci=ci)
