"""Pipelines, jobs and runners in Chromium: no axe findings, no sideways scrolling, and all of it without script."""

from __future__ import annotations

from collections.abc import Callable

import pytest
from playwright.sync_api import expect

from jobs.models import Job, Pipeline, Runner
from tests.browser.conftest import Visit
from tests.factories import runners
from tests.factories.cast import Cast
from tests.support.runner import Work

pytestmark = pytest.mark.browser

YAML = """
stages: [build, test]
compile: {stage: build, script: [make]}
nightly: {stage: build, script: [x], rules: [{if: $NIGHTLY}]}
a job with a name as long as people like to give them: {stage: build, script: [make], tags: [gpu]}
unit: {stage: test, script: [make test], when: manual}
ship: {stage: test, needs: [compile, {job: nightly, optional: true}], trigger: acme/library}
"""


@pytest.fixture
def work(cast: Cast) -> Work:
    """A running job with a log that has everything: a section, colours, a secret, a very long line."""
    runners.pipeline(cast.app, cast.developer, YAML)
    work = runners.runner(cast.app, description="linux-3").work()
    work.log(
        b"section_start:1700000000:get_sources\r\x1b[0KFetch the code\nfetched\n"
        b"section_end:1700000003:get_sources\r\x1b[0K\n\x1b[32m$ echo $CI_JOB_TOKEN\x1b[0m\n"
        + work.token.encode()
        + b"\n"
        + b"x" * 10_000
        + b"\n\x1b[31merror\x1b[0m \x1b[33mwarning\x1b[0m\n"
    )
    return work


def test_the_pages_have_no_findings_and_never_scroll_sideways(
    cast: Cast, work: Work, visit: Callable[..., Visit]
) -> None:
    pipeline, runner = Pipeline.objects.get(), Runner.objects.get()
    paths = (
        "pipelines",
        "pipelines?status=failed",
        "pipelines/new",
        "ci/lint",
        f"pipelines/{pipeline.pk}",
        f"pipelines/{pipeline.pk}?view=needs",
        "jobs",
        f"jobs/{work.id}",
        "settings/ci_cd/runners",
        "settings/ci_cd/runners/new",
        f"settings/ci_cd/runners/{runner.pk}",
        f"settings/ci_cd/runners/{runner.pk}/delete",
    )
    assert visit(cast.maintainer).problems(*(f"/acme/app/-/{path}" for path in paths)) == []


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_a_developer_runs_watches_cancels_and_retries(cast: Cast, visit: Callable[..., Visit], script: bool) -> None:
    runners.push_file(cast.app, runners.SIMPLE)
    page = visit(cast.developer, java_script_enabled=script).goto("/acme/app/-/pipelines")
    page.get_by_role("link", name="Run a pipeline").click()
    page.get_by_label("Variables").fill("nonsense")
    page.get_by_role("button", name="Run pipeline").click()
    expect(page.get_by_text("“nonsense” is not KEY=value.")).to_be_visible()
    page.get_by_label("Variables").fill("LEVEL=3")
    page.get_by_role("button", name="Run pipeline").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Pending")
    work = runners.runner(cast.app).work()
    assert work.variables["LEVEL"] == "3"
    work.log(b"hello from the job\n" + work.token.encode() + b"\n")
    page.get_by_role("link", name="test", exact=True).click()
    expect(page.get_by_role("region", name="Log lines")).to_contain_text("hello from the job")
    expect(page.get_by_role("region", name="Log lines")).to_contain_text("[MASKED]")
    expect(page.get_by_role("region", name="Job token")).to_contain_text("Valid")
    page.get_by_role("button", name="Cancel").click()
    expect(page.get_by_role("region", name="Job token")).to_contain_text("Expired")
    page.get_by_role("button", name="Retry as you").click()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Pending")
    assert Job.objects.filter(name="test").count() == 2


def test_a_file_is_checked_before_it_is_pushed(cast: Cast, visit: Callable[..., Visit]) -> None:
    runners.push_file(cast.app, runners.SIMPLE)
    here = visit(cast.developer)
    page = here.goto("/acme/app/-/pipelines")
    page.get_by_role("link", name="Validate a CI file").click()
    page.get_by_label("Content of the CI file").fill("unit:\n  script: [x]\n  stag: test\n")
    page.get_by_role("button", name="Validate").click()
    expect(page.get_by_role("region", name="1 error")).to_contain_text("Line 3, job “unit”, keyword “stag”")
    assert not here.findings()
    page.get_by_label("Content of the CI file").fill("unit:\n  script: [x]\n")
    page.get_by_role("button", name="Validate").click()
    expect(page.get_by_role("region", name="The file is valid")).to_be_visible()
    page.get_by_text("Show the file with everything it includes").click()
    expect(page.get_by_role("region", name="Text of the merged file")).to_contain_text("script:")
    assert not here.findings()
    assert not here.too_wide()


def test_a_log_grows_while_one_looks_at_it(cast: Cast, work: Work, visit: Callable[..., Visit]) -> None:
    here = visit(cast.developer)
    page = here.goto(f"/acme/app/-/jobs/{work.id}")
    log, patient = page.get_by_role("region", name="Log lines"), 15_000
    expect(log).not_to_contain_text("and more")
    work.log(b"section_start:1700000010:tests\r\x1b[0KTests\nand more\n")
    expect(log).to_contain_text("and more", timeout=patient)
    work.log(b"inside\nsection_end:1700000014:tests\r\x1b[0K\nbehind\n")
    expect(log.locator("details", has_text="Tests")).to_contain_text("inside", timeout=patient)
    expect(log.locator("details", has_text="Tests")).to_contain_text("4 s")
    expect(log.locator("details", has_text="Tests")).not_to_contain_text("behind")
    assert log.get_by_text("and more").count() == 1
    assert not here.findings()
    work.succeed()
    expect(page.get_by_role("heading", level=1)).to_contain_text("Passed", timeout=patient)
    expect(page.get_by_role("region", name="Job token")).to_contain_text("Expired")
    expect(page.get_by_role("button", name="Retry as you")).to_be_visible()
    assert page.locator("#job-live[hx-get]").count() == 0


def test_a_maintainer_makes_a_runner_by_keyboard_alone(cast: Cast, visit: Callable[..., Visit]) -> None:
    here = visit(cast.maintainer)
    page = here.goto("/acme/app/-/settings/ci_cd/runners/new")
    page.get_by_label("Description").focus()
    page.keyboard.type("linux-3")
    while "Create runner" not in here.focused_element():
        page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    expect(page.get_by_text("will not be shown again")).to_be_visible()
    assert Runner.objects.get().description == "linux-3"


def test_a_growing_log_is_followed_until_one_scrolls_up(cast: Cast, work: Work, visit: Callable[..., Visit]) -> None:
    page, patient = visit(cast.developer).goto(f"/acme/app/-/jobs/{work.id}"), 15_000
    log = page.get_by_role("region", name="Log lines")
    to_end = "log => Math.round(log.scrollHeight - log.scrollTop - log.clientHeight)"
    assert log.evaluate(to_end) < 5
    work.log(b"".join(b"line %d\n" % number for number in range(200)) + b"first piece\n")
    expect(log).to_contain_text("first piece", timeout=patient)
    assert log.evaluate(to_end) < 5
    log.evaluate("log => { log.scrollTop = 10; }")
    work.log(b"second piece\n")
    expect(log).to_contain_text("second piece", timeout=patient)
    assert log.evaluate("log => log.scrollTop") == 10


def test_the_times_of_a_log_are_shown_when_asked_for(cast: Cast, work: Work, visit: Callable[..., Visit]) -> None:
    work.log(b"2026-11-20T09:16:26.123456Z 01O stamped\n")
    here = visit(cast.developer, java_script_enabled=False)
    page = here.goto(f"/acme/app/-/jobs/{work.id}")
    expect(page.get_by_text("09:16:26")).to_be_hidden()
    page.get_by_label("Times (UTC)").check()
    expect(page.get_by_text("09:16:26")).to_be_visible()


def test_the_enter_key_runs_the_pipeline_with_what_was_typed(cast: Cast, visit: Callable[..., Visit]) -> None:
    runners.push_file(cast.app, "variables: {NOTE: {description: For the log}}\njob: {script: [x]}")
    here = visit(cast.developer)
    page = here.goto("/acme/app/-/pipelines/new")
    assert not here.findings()
    page.get_by_label("NOTE").fill("typed")
    page.get_by_label("NOTE").press("Enter")
    expect(page.get_by_role("heading", level=1)).to_contain_text("Pending")
    assert Pipeline.objects.get().variables == [{"key": "NOTE", "value": "typed", "variable_type": "env_var"}]


@pytest.mark.parametrize("view", ["", "?view=needs"])
def test_an_open_pipeline_shows_how_it_goes_on_and_leaves_the_keyboard_where_it_is(
    cast: Cast, work: Work, visit: Callable[..., Visit], view: str
) -> None:
    pipeline, patient = Pipeline.objects.get(), 15_000
    here = visit(cast.developer)
    page = here.goto(f"/acme/app/-/pipelines/{pipeline.pk}{view}")
    link = page.get_by_role("link", name="compile", exact=True).first
    link.focus()
    expect(page.get_by_text("0 of 4 jobs finished")).to_be_visible()
    work.succeed()
    expect(page.get_by_text("2 of 4 jobs finished")).to_be_visible(timeout=patient)  # and the bridge failed
    expect(page.get_by_role("button", name="Cancel")).to_contain_text("Cancel 2 jobs")
    expect(link).to_be_focused()
    assert not here.findings()
