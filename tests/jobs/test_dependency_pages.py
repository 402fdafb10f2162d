"""The pipeline's page by what needs what, and the page of a job that starts another pipeline."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from jobs.models import Job, Pipeline
from jobs.pipelines.dependency_graph import dependency_rows
from projects import services
from tests.factories import artifacts, runners
from tests.factories.cast import Cast

YAML = """
stages: [build, test, deploy]
compile: {stage: build, script: [make]}
docs: {stage: build, script: [make docs]}
nightly: {stage: build, script: [x], rules: [{if: $NIGHTLY}]}
unit: {stage: test, script: [make test]}
lint: {stage: test, script: [x], needs: []}
page: {stage: deploy, script: [x], needs: [{job: docs, artifacts: false}, {job: nightly, optional: true}]}
ship: {stage: deploy, script: [x], needs: [unit, page]}
"""
CALLS = "call: {trigger: {project: acme/library, strategy: depend}}"


def page_text(address: str, user: Any) -> str:
    client = Client()
    client.force_login(user)
    answer = client.get(address)
    assert answer.status_code == 200
    return answer.content.decode()


def row_of(page: str, name: str) -> str:
    """The table row that begins with the job `name`."""
    return next(row for row in page.split('<tr role="row">') if f">{name}</a><br>" in row)


def test_the_view_orders_jobs_by_what_they_wait_for(cast: Cast) -> None:
    pipeline = runners.pipeline(cast.app, cast.developer, YAML)
    rows = dependency_rows(list(pipeline.jobs.all()))
    assert [(row.step, row.job.name) for row in rows] == [
        (1, "compile"),
        (1, "docs"),
        (1, "lint"),
        (2, "unit"),
        (2, "page"),
        (3, "ship"),
    ]
    assert [row.job.name for row in rows if row.starts_at_once] == ["compile", "docs", "lint"]


def test_jobs_that_need_each_other_come_last_and_break_nothing(cast: Cast) -> None:
    pipeline = runners.pipeline(cast.app, cast.developer, YAML)
    pipeline.jobs.filter(name="unit").update(needs=[{"job": "ship"}])
    rows = dependency_rows(list(pipeline.jobs.all()))
    assert [row.job.name for row in rows][-2:] == ["unit", "ship"]
    assert dependency_rows([]) == []


def test_the_page_shows_which_job_needs_which(cast: Cast) -> None:
    pipeline = runners.pipeline(cast.app, cast.developer, YAML)
    page = page_text(f"/acme/app/-/pipelines/{pipeline.pk}?view=needs", cast.reporter)
    assert '<a id="by-needs" href="?view=needs#graph-title" aria-current="page">Job dependencies</a>' in page
    assert "All 2 jobs of build" in row_of(page, "unit")
    assert "Nothing: starts at once" in row_of(page, "lint")
    needs = row_of(page, "page")
    assert "without artifacts" in needs
    assert "nightly</span>" in needs
    assert "Not in this pipeline" in needs
    assert "optional" in needs
    ship = Job.objects.get(name="ship")
    assert f'href="/acme/app/-/jobs/{ship.pk}">ship</a>' in row_of(page, "unit")


def test_the_stages_stay_what_one_sees_first(cast: Cast) -> None:
    pipeline = runners.pipeline(cast.app, cast.developer, YAML)
    for query in ("", "?view=stages", "?view=needs&view=stages"):
        page = page_text(f"/acme/app/-/pipelines/{pipeline.pk}{query}", cast.reporter)
        assert 'aria-current="page">Stages</a>' in page
        assert 'href="?view=needs#graph-title"' in page


def test_the_view_says_that_no_job_names_its_needs(cast: Cast) -> None:
    pipeline = runners.pipeline(
        cast.app, cast.developer, "a: {stage: build, script: [x]}\nb: {stage: test, script: [x]}"
    )
    page = page_text(f"/acme/app/-/pipelines/{pipeline.pk}?view=needs", cast.reporter)
    assert "No job uses needs" in page
    assert "The job of build" in row_of(page, "b")


def test_the_view_of_needs_costs_as_many_statements_as_that_of_stages(
    cast: Cast, django_assert_num_queries: Any
) -> None:
    pipeline = runners.pipeline(cast.app, cast.developer, YAML)
    client = Client()
    client.force_login(cast.reporter)
    address = f"/acme/app/-/pipelines/{pipeline.pk}"
    client.get(address)
    with CaptureQueriesContext(connection) as stages:
        client.get(address)
    with django_assert_num_queries(len(stages)):
        client.get(f"{address}?view=needs")


def test_a_bridge_shows_the_pipeline_it_started_to_those_who_may_see_it(
    cast: Cast, django_capture_on_commit_callbacks: Any
) -> None:
    runners.push_file(cast.library, runners.SIMPLE)
    with django_capture_on_commit_callbacks(execute=True):
        pipeline = runners.pipeline(cast.app, cast.developer, CALLS)
    bridge, below = pipeline.jobs.get(), Pipeline.objects.get(project=cast.library)
    for address in (f"pipelines/{pipeline.pk}?view=needs", f"jobs/{bridge.pk}"):
        assert f"/acme/library/-/pipelines/{below.pk}" in page_text(f"/acme/app/-/{address}", cast.developer)
    page = page_text(f"/acme/app/-/jobs/{bridge.pk}", cast.developer)
    assert "This job takes over the result of that pipeline." in page
    assert "waiting for a runner" not in page
    services.remove_member(cast.library.memberships.get(user=cast.reporter), by=cast.owner)
    for address in (f"pipelines/{pipeline.pk}?view=needs", f"jobs/{bridge.pk}"):
        assert "acme/library" not in page_text(f"/acme/app/-/{address}", cast.reporter)


def test_an_open_page_of_a_bridge_follows_it_to_its_end(cast: Cast, django_capture_on_commit_callbacks: Any) -> None:
    runners.push_file(cast.library, runners.SIMPLE)
    with django_capture_on_commit_callbacks(execute=True):
        bridge = runners.pipeline(cast.app, cast.developer, CALLS).jobs.get()
    client = Client()
    client.force_login(cast.developer)
    address = f"/acme/app/-/jobs/{bridge.pk}"
    cursor = client.get(address).context["cursor"]
    with django_capture_on_commit_callbacks(execute=True):
        runners.runner(cast.library).work().succeed()
    update = client.get(f"{address}/tail?from={cursor}").content.decode()
    assert '<section class="panel" id="job-downstream" aria-labelledby="downstream-title" hx-swap-oob="true">' in update
    assert 'id="job-log"' not in update
    assert "Passed" in update
    assert client.get(f"{address}/tail?from={cursor}").context["live"] is False


def test_a_job_shows_what_its_reports_say(cast: Cast) -> None:
    runners.pipeline(cast.app, cast.developer)
    job = Job.objects.get()
    suite = '<testsuite><testcase name="a"/><testcase name="b"><failure/></testcase></testsuite>'
    artifacts.store(job, artifacts.gzip_bytes(suite, "<broken"), file_type="junit")
    artifacts.store(job, artifacts.gzip_bytes("VERSION=1.2\nSECRET=do-not-show"), file_type="dotenv")
    artifacts.store(job, b'{"create": 3, "update": 1, "delete": 2}', file_type="terraform")
    page = page_text(f"/acme/app/-/jobs/{job.pk}", cast.developer)
    assert "2 tests · 1 failed · 1 file could not be read" in " ".join(page.split())
    assert '<code class="text-break">VERSION</code>' in page
    assert "do-not-show" not in page
    assert "3 to create, 1 to change, 2 to delete" in page
    whole = page_text(f"/acme/app/-/pipelines/{job.pipeline_id}", cast.developer)
    assert "1 report file is not valid XML." in whole


def test_a_failure_is_shown_in_a_sentence(cast: Cast) -> None:
    runners.pipeline(cast.app, cast.developer)
    work = runners.runner(cast.app).work()
    work.fail(code=3)
    page = page_text(f"/acme/app/-/jobs/{work.id}", cast.developer)
    assert "The script failed." in page
    assert "Exit code 3." in page


def test_a_bridge_fails_with_the_pipeline_it_waits_for_and_says_so(
    cast: Cast, django_capture_on_commit_callbacks: Any
) -> None:
    runners.push_file(cast.library, runners.SIMPLE)
    with django_capture_on_commit_callbacks(execute=True):
        bridge = runners.pipeline(cast.app, cast.developer, CALLS).jobs.get()
    with django_capture_on_commit_callbacks(execute=True):
        runners.runner(cast.library).work().fail()
    page = page_text(f"/acme/app/-/jobs/{bridge.pk}", cast.developer)
    assert "The downstream pipeline failed." in page
    assert "for an unknown reason" not in page
