"""The artifacts browser, and what the pages of a job and a pipeline say about artifacts."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from jobs.artifacts import services
from jobs.models import Job, JobArtifact, Pipeline
from projects.models import Project
from tests.factories import artifacts, jobs
from tests.factories.artifacts import content, gzip_bytes, zip_bytes
from tests.factories.cast import Cast
from tests.jobs.artifacts.test_reports import FAILING, PASSING
from tokenaccess.policy.levels import Visibility


def browser(user: Any = None) -> Client:
    client = Client()
    if user is not None:
        client.force_login(user)
    return client


def page(job: Job, rest: str = "") -> str:
    return f"/{job.project.full_path}/-/jobs/{job.pk}/artifacts{rest}"


def pipeline_page(job: Job, user: Any) -> str:
    Pipeline.objects.update(commit={"title": "Change"})
    return text(browser(user).get(f"/{job.project.full_path}/-/pipelines/{job.pipeline_id}"))


def text(answer: Any) -> str:
    assert answer.status_code == 200, answer.status_code
    return str(answer.content.decode())


# --- Browsing ---------------------------------------------------------------------------------------------------------


def test_the_browser_shows_folders_and_files(cast: Cast, finished_job: Job):
    client = browser(cast.guest)
    top = text(client.get(page(finished_job)))
    assert "build/</a>" in top
    assert "notes.md" in top
    assert f'href="{page(finished_job, "/browse/build/lib")}"' in text(client.get(page(finished_job, "/browse/build")))
    assert "core.bin" in text(client.get(page(finished_job, "/browse/build/lib")))


def test_a_text_is_shown_escaped_and_a_binary_is_not(cast: Cast, running: Job):
    artifacts.store(running, zip_bytes({"a.html": b"<script>alert(1)</script>", "b.bin": b"\0\xff", "empty": b""}))
    client = browser(cast.developer)
    shown = text(client.get(page(running, "/file/a.html")))
    assert "&lt;script&gt;" in shown
    assert "<script>alert" not in shown
    assert "binary or too large" in text(client.get(page(running, "/file/b.bin")))
    assert "This file is empty" in text(client.get(page(running, "/file/empty")))


def test_files_and_the_whole_are_saved(cast: Cast, finished_job: Job):
    client = browser(cast.developer)
    file = client.get(page(finished_job, "/raw/build/app.txt"))
    assert (content(file), file["Content-Disposition"]) == (b"hello\n", 'attachment; filename="app.txt"')
    whole = client.get(page(finished_job, "/download"))
    assert content(whole) == zip_bytes()
    assert client.get(page(finished_job, "/download"), headers={"Range": "bytes=0-3"}).status_code == 206


def test_a_report_is_saved_by_its_type(cast: Cast, running: Job):
    artifacts.store(running, gzip_bytes(PASSING), file_type="junit")
    client = browser(cast.developer)
    assert content(client.get(page(running, "/download?file_type=junit"))) == gzip_bytes(PASSING)
    for other in ("archive", "nonsense", "%00"):
        assert client.get(page(running, f"/download?file_type={other}")).status_code == 404


@pytest.mark.parametrize(
    "rest",
    ["/browse/nowhere", "/browse/notes.md", "/browse/../x", "/browse/build/", "/file/build", "/file/nothing",
     "/raw/%2Fetc%2Fpasswd", "/raw/a%00b", "/file/" + "x" * 3000],
)  # fmt: skip
def test_what_is_not_in_the_archive_is_404(cast: Cast, finished_job: Job, rest: str):
    assert browser(cast.developer).get(page(finished_job, rest)).status_code == 404


def test_odd_names_are_linked_so_that_they_open(cast: Cast, running: Job):
    name = "dir with ?/50% #1 & <b>.txt"
    artifacts.store(running, zip_bytes({name: b"odd"}))
    client = browser(cast.developer)
    assert client.get(page(running, "/browse/dir%20with%20%3F")).status_code == 200
    assert content(client.get(page(running, "/raw/dir%20with%20%3F/50%25%20%231%20%26%20%3Cb%3E.txt"))) == b"odd"


def test_an_archive_with_wicked_names_shows_how_many_are_left_out(cast: Cast, running: Job):
    artifacts.store(running, zip_bytes({"../up": b"", "/abs": b"", "good": b""}))
    assert "2 more entries are not shown" in text(browser(cast.developer).get(page(running)))


def test_strangers_and_visitors_find_nothing(cast: Cast, finished_job: Job):
    for rest in ("", "/browse/build", "/file/notes.md", "/raw/notes.md", "/download", "/delete"):
        assert browser(cast.outsider).get(page(finished_job, rest)).status_code == 404
        assert browser().get(page(finished_job, rest)).status_code == 302
    assert browser(cast.developer).get(f"/{cast.app.full_path}/-/jobs/{finished_job.pk}/artifacts").status_code == 404


def test_what_is_for_developers_is_refused_to_others_with_a_sentence(cast: Cast, finished_job: Job):
    JobArtifact.objects.update(access="developer")
    answer = browser(cast.reporter).get(page(finished_job))
    assert answer.status_code == 403
    assert "does not give your role access to these artifacts" in answer.content.decode()
    assert "Your role does not give access to some of them" in text(
        browser(cast.reporter).get(f"/acme/library/-/jobs/{finished_job.pk}")
    )
    assert browser(cast.developer).get(page(finished_job)).status_code == 200


def test_visitors_browse_a_public_project(cast: Cast, finished_job: Job):
    Project.objects.update(visibility=Visibility.PUBLIC)
    shown = text(browser().get(page(finished_job)))
    assert "notes.md" in shown
    assert "Delete artifacts" not in shown


# --- Keeping and deleting ---------------------------------------------------------------------------------------------


def test_a_developer_keeps_artifacts_on_the_page(cast: Cast, finished_job: Job):
    assert "Keep artifacts" not in text(browser(cast.reporter).get(page(finished_job)))
    client = browser(cast.developer)
    assert "Keep artifacts" in text(client.get(page(finished_job)))
    assert client.get(page(finished_job, "/keep")).status_code == 405
    assert "are kept until someone deletes" in text(client.post(page(finished_job, "/keep"), follow=True))
    assert finished_job.artifacts.get().expires_at is None
    assert browser(cast.reporter).post(page(finished_job, "/keep")).status_code == 403


def test_a_maintainer_deletes_them_after_being_asked(cast: Cast, finished_job: Job):
    client = browser(cast.maintainer)
    asked = text(client.get(page(finished_job, "/delete")))
    assert "Delete the artifacts of build" in asked
    assert JobArtifact.objects.exists()
    assert "Artifacts of job" in text(client.post(page(finished_job, "/delete"), follow=True))
    assert not JobArtifact.objects.exists()
    assert client.get(page(finished_job, "/delete")).status_code == 404
    assert client.post(page(finished_job, "/delete")).status_code == 302
    assert browser(cast.developer).post(page(finished_job, "/delete")).status_code == 403


# --- On the pages of the job and the pipeline -------------------------------------------------------------------------


def test_a_jobs_page_shows_what_it_left(cast: Cast, finished_job: Job):
    artifacts.store(finished_job, gzip_bytes(PASSING), file_type="junit")
    shown = text(browser(cast.maintainer).get(f"/acme/library/-/jobs/{finished_job.pk}"))
    for words in (
        "artifacts.zip",
        "junit.xml.gz",
        "They are kept while they are the latest of main",
        "Delete artifacts",
    ):
        assert words in shown


def test_a_jobs_page_tells_when_their_time_ended(cast: Cast, finished_job: Job, older: Any):
    JobArtifact.objects.update(expires_at=timezone.now() - timedelta(days=1))
    for _ in range(2):
        shown = text(browser(cast.maintainer).get(f"/acme/library/-/jobs/{finished_job.pk}"))
        assert "Expired" in shown
        assert "Browse" not in shown
        services.expire_artifacts()


def test_a_jobs_page_without_artifacts_is_silent(cast: Cast, running: Job):
    assert "artifacts-title" not in text(browser(cast.developer).get(f"/acme/library/-/jobs/{running.pk}"))


def test_a_pipelines_page_counts_tests_of_all_jobs_and_names_failures(cast: Cast, finished_job: Job):
    artifacts.store(finished_job, gzip_bytes(PASSING, FAILING), file_type="junit")
    other = jobs.job(cast.library, cast.developer, pipeline=finished_job.pipeline, name="broken report")
    artifacts.store(other, gzip_bytes(PASSING)[:-9], file_type="junit")
    shown = pipeline_page(finished_job, cast.guest)
    for words in ("<dt>5</dt>", "math.Division · breaks", "ended with an error", "could not be unpacked"):
        assert words in shown
    JobArtifact.objects.update(access="developer")
    assert "tests-title" not in pipeline_page(finished_job, cast.guest)


def test_a_pipelines_page_tells_what_a_plan_would_do(cast: Cast, running: Job):
    artifacts.store(running, b'{"create":3,"update":1,"delete":2}', file_type="terraform")
    shown = pipeline_page(running, cast.guest)
    assert "3 to create, 1 to change, 2 to delete" in shown


def test_a_pipelines_page_shows_the_artifacts_that_a_job_gives_a_name(cast: Cast, finished_job: Job):
    assert "exposed-title" not in pipeline_page(finished_job, cast.guest)
    Job.objects.update(options={"artifacts": {"paths": ["build"], "expose_as": "The <manual>"}})
    shown = pipeline_page(finished_job, cast.guest)
    assert f'<a class="text-break" href="{page(finished_job)}">The &lt;manual&gt;</a>' in shown
    assert f'of <a href="/acme/library/-/jobs/{finished_job.pk}">build</a>' in shown
    JobArtifact.objects.update(access="developer")
    assert "exposed-title" not in pipeline_page(finished_job, cast.guest)


def test_a_pipelines_page_shows_no_name_for_artifacts_whose_time_is_over(cast: Cast, finished_job: Job, older: Any):
    Job.objects.update(options={"artifacts": {"paths": ["build"], "expose_as": "Manual"}})
    assert "Manual" in pipeline_page(finished_job, cast.guest)
    JobArtifact.objects.update(expires_at=timezone.now() - timedelta(days=1))
    assert "Manual" not in pipeline_page(finished_job, cast.guest)
