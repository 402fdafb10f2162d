"""Whole archives and single files by REST (resources.md §4)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from jobs.models import Job, JobArtifact
from jobs.models.pipeline import Source
from jobs.states import State
from projects.models import Project
from tests.factories import artifacts, jobs
from tests.factories.artifacts import content, zip_bytes
from tests.factories.cast import Cast
from tokenaccess.models import AllowlistEntry
from tokenaccess.policy.levels import Visibility

NOT_FOUND = {"message": "404 Not Found"}


def of(job: Job, rest: str = "") -> str:
    return f"/projects/{job.project_id}/jobs/{job.pk}/artifacts{rest}"


def latest(job: Job, rest: str = "download", ref: str = "main", name: str = "build") -> str:
    return f"/projects/{job.project_id}/jobs/artifacts/{ref}/{rest}?job={name}"


# --- The archive ------------------------------------------------------------------------------------------------------


def test_a_member_downloads_the_archive(cast: Cast, finished_job: Job, api: Any):
    kept = finished_job.artifacts.get()
    for address in (of(finished_job), latest(finished_job)):
        answer = api(cast.guest).get(address)
        assert answer.status_code == 200
        assert answer["Content-Type"] == "application/octet-stream"
        assert answer["Content-Disposition"] == 'attachment; filename="artifacts.zip"'
        assert answer["Content-Length"] == str(kept.size)
        assert content(answer) == zip_bytes()


def test_head_sends_the_same_headers_and_nothing_else(cast: Cast, finished_job: Job, api: Any):
    answer = api(cast.developer).request("HEAD", of(finished_job))
    assert (answer.status_code, answer["Content-Length"], content(answer)) == (200, str(len(zip_bytes())), b"")


def test_a_range_is_sent_alone(cast: Cast, finished_job: Job, api: Any):
    client, data = api(cast.developer), zip_bytes()
    part = client.get(of(finished_job), headers={"Range": "bytes=2-5"})
    assert (part.status_code, part["Content-Range"], content(part)) == (206, f"bytes 2-5/{len(data)}", data[2:6])
    beyond = client.get(of(finished_job), headers={"Range": f"bytes={len(data)}-"})
    assert (beyond.status_code, beyond["Content-Range"]) == (416, f"bytes */{len(data)}")


def test_a_job_token_works_in_the_header_and_in_the_address(cast: Cast, finished_job: Job, api: Any):
    token = cast.job_token(cast.library)
    assert api(job=token).get(of(finished_job)).status_code == 200
    assert api().get(f"{of(finished_job)}?job_token={token}").status_code == 200
    assert api().get(f"{latest(finished_job)}&job_token={token}").status_code == 200
    assert api().get(f"{of(finished_job, '/notes.md')}?job_token={token}").status_code == 200


def test_a_dead_job_token_is_401_even_where_all_may_read(cast: Cast, finished_job: Job, api: Any):
    Project.objects.update(visibility=Visibility.PUBLIC)
    token = cast.job_token(cast.library, status=State.SUCCESS)
    assert api(job=token).get(of(finished_job)).status_code == 401
    assert api().get(of(finished_job)).status_code == 200


def test_another_projects_job_needs_to_be_on_the_list(cast: Cast, finished_job: Job, api: Any):
    token = cast.job_token(cast.app)
    assert api(job=token).get(of(finished_job)).status_code == 404
    entry = AllowlistEntry.objects.create(project=cast.library, target_project=cast.app, direction="inbound")
    assert api(job=token).get(of(finished_job)).status_code == 200
    AllowlistEntry.objects.filter(pk=entry.pk).update(default_permissions=False, permissions=["READ_PACKAGES"])
    answer = api(job=token).get(of(finished_job))
    assert (answer.status_code, "read_jobs" in answer.json()["message"].lower()) == (403, True)


def test_a_stranger_does_not_learn_that_there_is_anything(cast: Cast, finished_job: Job, api: Any):
    for client in (api(), api(cast.outsider)):
        for address in (
            of(finished_job),
            of(finished_job, "/notes.md"),
            latest(finished_job),
            latest(finished_job, "raw/notes.md"),
        ):
            answer = client.get(address)
            assert (answer.status_code, answer.json()) == (404, {"message": "404 Project Not Found"})


def test_a_guest_is_refused_where_pipelines_are_for_members_only(cast: Cast, finished_job: Job, api: Any):
    Project.objects.update(public_jobs=False)
    assert api(cast.guest).get(of(finished_job)).status_code == 403
    assert api(cast.reporter).get(of(finished_job)).status_code == 200


def test_what_is_not_there_is_404(cast: Cast, finished_job: Job, running: Job, api: Any):
    client = api(cast.developer)
    assert client.get(of(running)).json() == NOT_FOUND
    assert client.get(f"/projects/{cast.library.pk}/jobs/{2**70}/artifacts").json() == {"message": "404 Not found"}
    assert client.get(f"/projects/{cast.app.pk}/jobs/{finished_job.pk}/artifacts").json() == {
        "message": "404 Not found"
    }
    artifacts.store(running, artifacts.gzip_bytes("<testsuite/>"), file_type="junit")
    assert client.get(of(running)).json() == NOT_FOUND


# --- By ref and job name ----------------------------------------------------------------------------------------------


def test_the_newest_successful_pipeline_counts(cast: Cast, finished_job: Job, api: Any):
    for status in (State.FAILED, State.RUNNING, State.CANCELED):
        pipeline = jobs.pipeline(cast.library, cast.developer, status=status)
        artifacts.store(jobs.job(cast.library, cast.developer, State.SUCCESS, pipeline=pipeline, name="build"))
    newer = jobs.pipeline(cast.library, cast.developer, status=State.SUCCESS)
    job = jobs.job(cast.library, cast.developer, State.SUCCESS, pipeline=newer, name="build")
    artifacts.store(job, zip_bytes({"newer.txt": b"newer"}))
    other = jobs.pipeline(cast.library, cast.developer, status=State.SUCCESS, ref="other")
    artifacts.store(jobs.job(cast.library, cast.developer, State.SUCCESS, pipeline=other, name="build"))
    assert content(api(cast.developer).get(latest(finished_job, "raw/newer.txt"))) == b"newer"


def test_a_retried_job_gives_way_to_its_successor(cast: Cast, finished_job: Job, api: Any):
    Job.objects.filter(pk=finished_job.pk).update(retried=True)
    second = jobs.job(cast.library, cast.developer, State.SUCCESS, pipeline=finished_job.pipeline, name="build")
    artifacts.store(second, zip_bytes({"second.txt": b"2"}))
    assert content(api(cast.developer).get(latest(finished_job, "raw/second.txt"))) == b"2"


def test_a_child_pipelines_job_is_found_after_the_parents(cast: Cast, finished_job: Job, api: Any):
    for data in (b"first try", b"child"):
        child = jobs.pipeline(
            cast.library, cast.developer, status=State.SUCCESS, source=Source.PARENT, started_by_job=finished_job
        )
        for name in ("build", "inner"):
            job = jobs.job(cast.library, cast.developer, State.SUCCESS, pipeline=child, name=name)
            artifacts.store(job, zip_bytes({"child.txt": data}))
    client = api(cast.developer)
    assert content(client.get(latest(finished_job, "raw/child.txt", name="inner"))) == b"child"
    assert client.get(latest(finished_job, "raw/child.txt")).status_code == 404  # the parent's own job comes first


@pytest.mark.parametrize("ref", ["feature/login/form", "feature%2Flogin%2Fform"])
def test_a_ref_may_hold_slashes(cast: Cast, api: Any, ref: str):
    pipeline = jobs.pipeline(cast.library, cast.developer, status=State.SUCCESS, ref="feature/login/form")
    job = jobs.job(cast.library, cast.developer, State.SUCCESS, pipeline=pipeline, name="build")
    artifacts.store(job, zip_bytes({"raw/download": b"odd"}))
    client = api(cast.developer)
    assert client.get(latest(job, ref=ref)).status_code == 200
    assert content(client.get(latest(job, "raw/raw/download", ref=ref))) == b"odd"


def test_a_job_name_is_taken_as_it_is(cast: Cast, finished_job: Job, api: Any):
    Job.objects.filter(pk=finished_job.pk).update(name="build: [a, b] 1/3")
    client = api(cast.developer)
    assert client.get(latest(finished_job, name="build%3A%20%5Ba%2C%20b%5D%201%2F3")).status_code == 200
    assert client.get(latest(finished_job)).status_code == 404


@pytest.mark.one_case
@pytest.mark.parametrize("ref", ["nowhere", "HEAD", "1" * 40, "%00", "x" * 3000])
def test_a_ref_without_success_is_404(cast: Cast, finished_job: Job, api: Any, ref: str):
    answer = api(cast.developer).get(latest(finished_job, ref=ref))
    assert (answer.status_code, answer.json()) == (404, NOT_FOUND)


def test_the_jobs_name_is_needed(cast: Cast, finished_job: Job, api: Any):
    client = api(cast.developer)
    for rest in ("download", "raw/notes.md"):
        address = f"/projects/{cast.library.pk}/jobs/artifacts/main/{rest}"
        assert client.get(address).json() == {"error": "job is missing"}
        assert client.get(f"{address}?job=%00").json() == {"error": "job is invalid"}


# --- One file ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("prefix", ["of", "latest"])
def test_a_text_comes_as_text_and_the_rest_as_bytes(cast: Cast, finished_job: Job, api: Any, prefix: str):
    def get(path: str) -> Any:
        address = of(finished_job, f"/{path}") if prefix == "of" else latest(finished_job, f"raw/{path}")
        return api(cast.developer).get(address)

    text, binary = get("build/app.txt"), get("build/lib/core.bin")
    assert (text.status_code, text["Content-Type"], text["Content-Length"]) == (200, "text/plain; charset=utf-8", "6")
    assert text["Content-Disposition"] == 'attachment; filename="app.txt"'
    assert content(text) == b"hello\n"
    assert (binary["Content-Type"], content(binary)) == ("application/octet-stream", b"\0\1\2")


def test_a_page_is_never_shown_as_one(cast: Cast, running: Job, api: Any):
    artifacts.store(running, zip_bytes({"index.html": b"<script>alert(1)</script>"}))
    answer = api(cast.developer).get(of(running, "/index.html"))
    assert (answer["Content-Type"], answer["X-Content-Type-Options"]) == ("text/plain; charset=utf-8", "nosniff")
    assert answer["Content-Disposition"].startswith("attachment")


@pytest.mark.one_case
@pytest.mark.parametrize(
    "path", ["build", "build/", "build/lib", "/etc/passwd", "a//b", "build/%2E%2E/notes.md", "a%00b", "a%5Cb"]
)
def test_a_bad_path_is_400(cast: Cast, finished_job: Job, api: Any, path: str):
    answer = api(cast.developer).get(of(finished_job, f"/{path}"))
    assert (answer.status_code, answer.json()) == (400, {"message": "400 Bad request"})


@pytest.mark.one_case
@pytest.mark.parametrize("path", ["nothing.txt", "build/nothing", "BUILD/app.txt", "x" * 5000])
def test_a_file_that_is_not_in_it_is_404(cast: Cast, finished_job: Job, api: Any, path: str):
    answer = api(cast.developer).get(of(finished_job, f"/{path}"))
    assert (answer.status_code, answer.json()) == (404, NOT_FOUND)


def test_a_large_file_streams_whole(cast: Cast, running: Job, api: Any):
    large = bytes(range(256)) * 8192
    artifacts.store(running, zip_bytes({"large": large}))
    answer = api(cast.developer).get(of(running, "/large"))
    assert answer.streaming
    assert content(answer) == large


# --- Who ------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("access", "readers"),
    [
        ("all", {"guest", "reporter", "developer", "maintainer", "admin"}),
        ("developer", {"developer", "maintainer", "admin"}),
        ("maintainer", {"maintainer", "admin"}),
        ("none", set()),
    ],
)
def test_access_says_who_may_read(cast: Cast, finished_job: Job, api: Any, access: str, readers: set[str]):
    JobArtifact.objects.update(access=access)
    for name in ("guest", "reporter", "developer", "maintainer", "admin"):
        client = api(getattr(cast, name))
        wanted = 200 if name in readers else 403
        for address in (
            of(finished_job),
            of(finished_job, "/notes.md"),
            latest(finished_job),
            latest(finished_job, "raw/notes.md"),
        ):
            assert client.get(address).status_code == wanted, (name, address)


@pytest.mark.parametrize(
    ("keyword", "access"),
    [
        ({}, "all"),
        ({"public": True}, "all"),
        ({"public": False}, "developer"),
        ({"access": "developer"}, "developer"),
        ({"access": "none"}, "none"),
    ],
)
def test_the_jobs_file_decides_about_access(cast: Cast, keyword: dict[str, Any], access: str):
    job = jobs.job(cast.library, cast.developer, options={"artifacts": {"paths": ["a"], **keyword}})
    assert artifacts.store(job).access == access


def test_visitors_of_a_public_project_read_what_is_for_all(cast: Cast, finished_job: Job, api: Any):
    Project.objects.update(visibility=Visibility.PUBLIC)
    assert api().get(of(finished_job)).status_code == 200
    JobArtifact.objects.update(access="developer")
    assert api().get(of(finished_job)).status_code == 403
    assert api(job=cast.job_token(cast.app, cast.outsider)).get(of(finished_job)).status_code == 403


# --- Time -----------------------------------------------------------------------------------------------------------


def past(job: Job) -> None:
    JobArtifact.objects.filter(job=job).update(expires_at=timezone.now() - timedelta(minutes=1))


def test_past_its_time_the_archive_is_gone_for_readers(cast: Cast, finished_job: Job, older: Any, api: Any):
    client = api(cast.developer)
    assert client.get(of(finished_job)).status_code == 200
    past(finished_job)
    assert client.get(of(finished_job)).json() == NOT_FOUND
    assert client.get(of(finished_job, "/notes.md")).json() == NOT_FOUND


def test_the_latest_of_a_ref_stays_past_its_time(cast: Cast, finished_job: Job, api: Any):
    past(finished_job)
    assert api(cast.developer).get(of(finished_job)).status_code == 200
    assert api(cast.developer).get(latest(finished_job)).status_code == 200


def test_reading_takes_few_statements(cast: Cast, finished_job: Job, api: Any, django_assert_max_num_queries: Any):
    token = cast.job_token(cast.library)
    for address in (of(finished_job), latest(finished_job)):
        api(job=token).get(address)  # the log notes once what a job used its token for
        with django_assert_max_num_queries(2):
            assert api(job=token).get(address).status_code == 200
