"""The page that checks a CI file: for a chosen ref, source, variables and inputs, and why each job is in or out."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
from django.test import Client

from jobs.models import Pipeline
from tests.factories import projects, runners
from tests.factories.cast import Cast

pytestmark = pytest.mark.once

PAGE = "/acme/app/-/ci/lint"
ADDRESS = "/projects/acme%2Fapp/ci/lint"
FILE = """
include: {local: ci/base.yml}
nightly: {script: [x], rules: [{if: $CI_PIPELINE_SOURCE == "schedule"}]}
loud: {script: [x], rules: [{if: $LOUD == "yes", when: manual}]}
unit: {extends: .base, needs: []}
deploy: {stage: deploy, extends: .base, needs: [unit]}
"""
WITH_INPUTS = """spec:
  inputs:
    stage: {options: [test, build]}
    who: {default: me, description: Whom to greet}
---
greet:
  stage: $[[ inputs.stage ]]
  script: echo $[[ inputs.who ]]
"""


@pytest.fixture
def client(cast: Cast) -> Client:
    projects.commit(cast.app, {"ci/base.yml": ".base:\n  script: [make]\n", ".gitlab-ci.yml": FILE})
    client = Client()
    client.force_login(cast.developer)
    return client


def page_text(answer: Any) -> str:
    """The page's text, without its tags."""
    return " ".join(html.unescape(re.sub("<[^>]+>", " ", answer.content.decode())).split())


def check(client: Client, text: str = FILE, **given: str) -> str:
    return page_text(client.post(PAGE, {"content": text, **given}))


def test_the_page_names_what_a_job_needs_of_another_project(client: Client) -> None:
    page = check(
        client,
        "go: {script: x, needs: [{project: acme/library, ref: main, job: build}, {pipeline: $UPSTREAM, job: lib}]}",
    )
    assert "on_success build (acme/library main) lib ($UPSTREAM) – –" in page


def test_page_and_api_warn_of_a_token_that_is_too_narrow(cast: Cast, client: Client, api: Any) -> None:
    text = (
        "go: {script: x, release: {tag_name: v1, description: x}, variables: {TOKEN_ACCESS: admin_releases acme/app}}"
    )
    narrow = text.replace("acme/app", "acme/library")
    warning = "Line 1, job “go”, keyword “release”: `TOKEN_ACCESS` leaves out “$CI_PROJECT_PATH”, so the release will "
    warning += "be refused."
    assert (warning in check(client, text), warning in check(client, narrow)) == (False, True)
    answer = api(cast.developer).post(ADDRESS, {"content": narrow}).json()
    assert (answer["valid"], answer["warnings"]) == (True, [warning])


def test_the_page_says_why_each_job_is_in_or_out(client: Client) -> None:
    page = check(client)
    assert "A push would create 2 jobs." in page
    assert "2 are left out" in page
    assert 'nightly test Out Its one rule did not match. if: $CI_PIPELINE_SOURCE == "schedule" this file:3' in page
    assert "unit test In on_success It has no rules. this file:5" in page


def test_another_source_and_variables_make_another_pipeline(client: Client) -> None:
    page = check(client, source="schedule", variables="LOUD=yes\nMORE=1")
    assert "Such a pipeline would have 4 jobs." in page
    assert 'loud test In manual Rule 1 of 1 matched. if: $LOUD == "yes" this file:4' in page
    assert not Pipeline.objects.exists()


def test_the_page_draws_the_jobs_and_says_the_same_in_words(client: Client) -> None:
    page = client.post(PAGE, {"content": FILE}).content.decode()
    assert page.count("<rect ") == 2
    assert page.count("<path d=") == 1
    assert "deploy deploy 2 on_success unit" in page_text(client.post(PAGE, {"content": FILE}))


def test_the_page_tells_where_each_line_came_from(client: Client) -> None:
    page = client.post(PAGE, {"content": FILE}).content.decode()
    assert re.search(r'<i class="far" title="ci/base.yml:2"><bdi>ci/base.yml:2</bdi></i><code>  script:', page)
    assert re.search(r"<i><bdi>5</bdi></i><code>unit:", page)


def test_the_file_of_a_ref_is_loaded(client: Client, cast: Cast) -> None:
    runners.push_file(cast.app, "other: {script: [there]}", branch="side")
    kept = {"content": "lost", "ref": "side", "variables": "A=1", "load": "1"}
    page = client.post(PAGE, kept).content.decode()
    assert "other: {script: [there]}" in page
    assert "A=1" in page
    assert "lost" not in page
    assert "there" in client.get(f"{PAGE}?ref=side").content.decode()
    assert "There is no such branch or tag" in page_text(client.post(PAGE, {**kept, "ref": "nowhere"}))


def test_the_inputs_of_the_file_are_fields(client: Client, cast: Cast) -> None:
    first = client.post(PAGE, {"content": WITH_INPUTS})
    assert first.status_code == 422
    assert "Whom to greet" in page_text(first)
    page = check(client, WITH_INPUTS, input_stage="build", input_who="you")
    assert "greet build In" in page
    assert "echo you" in page
    assert client.post(PAGE, {"content": WITH_INPUTS, "input_stage": "fly"}).status_code == 422


def test_rest_takes_inputs_and_leaves_the_merged_file_out(client: Client, cast: Cast, api: Any) -> None:
    speaker = api(cast.developer)
    asked = {"content": WITH_INPUTS, "include_jobs": True}
    assert speaker.post(ADDRESS, asked).json()["valid"] is False
    found = speaker.post(ADDRESS, {**asked, "inputs": {"stage": "build"}, "include_merged_yaml": False}).json()
    assert (found["valid"], found["jobs"][0]["stage"], "merged_yaml" in found) == (True, "build", False)
    runners.push_file(cast.app, WITH_INPUTS)
    found = speaker.get(f"{ADDRESS}?inputs[stage]=test&include_jobs=true&dry_run=true&dry_run_ref=main").json()
    assert (found["valid"], found["jobs"][0]["stage"], "merged_yaml" in found) == (True, "test", True)
    assert speaker.post(ADDRESS, {**asked, "inputs": {"stage": "fly"}}).json()["valid"] is False
    assert speaker.post(ADDRESS, {**asked, "inputs": ["x"]}).status_code == 400


def test_files_that_one_may_not_read_are_refused_as_when_a_pipeline_is_started(client: Client, cast: Cast) -> None:
    projects.commit(cast.library, {"job.yml": "secret job: {script: [x]}"})
    hidden = projects.project("vault", group=projects.group("deep", by=cast.owner), by=cast.owner)
    projects.commit(hidden, {"job.yml": "secret job: {script: [x]}"})
    texts = [
        check(client, f"include: {{project: {path}, file: job.yml}}\nx: {{script: [x]}}").replace(path, "P")
        for path in ("deep/vault", "deep/absent")
    ]
    assert "you may not read it" in texts[0]
    assert texts[0] == texts[1]
    assert "secret job" in check(client, "include: {project: acme/library, file: job.yml}\nx: {script: [x]}")


@pytest.mark.parametrize("given", [{"source": "magic"}, {"variables": "no value"}, {"ref": "x" * 2000}])
def test_what_is_no_choice_says_so(client: Client, given: dict[str, str]) -> None:
    assert client.post(PAGE, {"content": FILE, **given}).status_code == 422


def test_a_large_pipeline_is_a_table_without_a_drawing(client: Client) -> None:
    text = "".join(f"j{number}: {{script: [x]}}\n" for number in range(600))
    answer = client.post(PAGE, {"content": text})
    assert b"<rect " not in answer.content
    assert "And 400 more." in page_text(answer)
