"""Artifacts are kept, deleted, and end with their time (resources.md §4)."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils import timezone

from api.rest import moment
from audit.models import AuditEvent
from blobs.models import Blob, path_of
from blobs.store import collect_garbage
from jobs.artifacts import services
from jobs.models import Job, JobArtifact
from jobs.models.pipeline import Source
from jobs.pipelines.job_actions import erase_job
from jobs.pipelines.services import delete_pipeline
from jobs.states import State
from projects.models import Project
from tests.factories import artifacts, jobs
from tests.factories.cast import Cast
from tokenaccess.allowlist.services import change_instance_settings

WEEK = timedelta(days=7)
LATER = timedelta(days=8)


def of(job: Job, rest: str = "") -> str:
    return f"/projects/{job.project_id}/jobs/{job.pk}/artifacts{rest}"


# --- Keep -------------------------------------------------------------------------------------------------------------


def test_a_developer_keeps_them_for_good(cast: Cast, finished_job: Job, api: Any):
    answer = api(cast.developer).post(of(finished_job, "/keep"))
    assert answer.status_code == 200
    assert (answer.json()["id"], answer.json()["artifacts_expire_at"]) == (finished_job.pk, None)
    assert answer.json()["artifacts_file"]["filename"] == "artifacts.zip"
    assert finished_job.artifacts.get().expires_at is None
    assert AuditEvent.objects.filter(event="artifacts_kept").count() == 1


def test_a_reporter_and_a_job_may_not_keep_artifacts(cast: Cast, finished_job: Job, api: Any):
    assert api(cast.reporter).post(of(finished_job, "/keep")).status_code == 403
    assert api(job=cast.job_token(cast.library)).post(of(finished_job, "/keep")).status_code in {401, 404}
    assert api(cast.outsider).post(of(finished_job, "/keep")).status_code == 404
    assert finished_job.artifacts.get().expires_at is not None


def test_there_must_be_something_to_keep(cast: Cast, running: Job, finished_job: Job, older: Any, api: Any):
    assert api(cast.developer).post(of(running, "/keep")).status_code == 404
    JobArtifact.objects.update(expires_at=timezone.now() - WEEK)
    assert api(cast.developer).post(of(finished_job, "/keep")).status_code == 404


# --- Delete -----------------------------------------------------------------------------------------------------------


@pytest.mark.django_db(transaction=True)
def test_a_maintainer_deletes_them_with_their_bytes(cast: Cast, finished_job: Job, api: Any):
    path = Blob.objects.get().path
    answer = api(cast.maintainer).delete(of(finished_job))
    assert (answer.status_code, answer.content) == (204, b"")
    assert not JobArtifact.objects.exists()
    assert path.exists()
    assert collect_garbage() == 1
    assert not Blob.objects.exists()
    assert not path.exists()
    assert AuditEvent.objects.filter(event="artifacts_deleted").count() == 1
    assert api(cast.maintainer).get(of(finished_job)).status_code == 404


@pytest.mark.django_db(transaction=True)
def test_bytes_that_another_job_left_too_stay(cast: Cast, finished_job: Job, running: Job, api: Any):
    artifacts.store(running)
    assert api(cast.maintainer).delete(of(finished_job)).status_code == 204
    assert collect_garbage() == 0
    assert api(cast.maintainer).get(of(running)).status_code == 200


def test_a_developer_and_a_job_may_not_delete(cast: Cast, finished_job: Job, api: Any):
    for address in (of(finished_job), f"/projects/{cast.library.pk}/artifacts"):
        assert api(cast.developer).delete(address).status_code == 403
        assert api(job=cast.job_token(cast.library, cast.maintainer)).delete(address).status_code in {401, 404}
        assert api(cast.outsider).delete(address).status_code == 404
    assert JobArtifact.objects.count() == 1


def test_deleting_nothing_is_no_mistake_but_an_unknown_job_is(cast: Cast, running: Job, api: Any):
    assert api(cast.maintainer).delete(of(running)).status_code == 204
    assert api(cast.maintainer).delete(f"/projects/{cast.app.pk}/jobs/{running.pk}/artifacts").status_code == 404
    assert not AuditEvent.objects.filter(event="artifacts_deleted").exists()


def test_a_whole_project_is_emptied_but_for_the_latest(cast: Cast, finished_job: Job, api: Any):
    newer = jobs.pipeline(cast.library, cast.developer, status=State.SUCCESS)
    latest = jobs.job(cast.library, cast.developer, State.SUCCESS, pipeline=newer)
    elsewhere = jobs.job(cast.app, cast.developer, State.FAILED)
    for job in (latest, elsewhere):
        artifacts.store(job)
    services.keep_artifacts(finished_job, by=cast.developer)
    answer = api(cast.maintainer).delete(f"/projects/{cast.library.pk}/artifacts")
    assert (answer.status_code, answer.json()) == (202, {"message": "202 Accepted"})
    client = api(cast.maintainer)
    assert [client.get(of(job)).status_code for job in (finished_job, latest, elsewhere)] == [404, 200, 200]


@pytest.mark.django_db(transaction=True)
def test_erasing_a_job_takes_its_artifacts(cast: Cast, finished_job: Job, api: Any):
    erase_job(finished_job, by=cast.developer)
    assert not JobArtifact.objects.exists()
    assert collect_garbage() == 1
    assert not Blob.objects.exists()


@pytest.mark.django_db(transaction=True)
def test_deleting_a_pipeline_takes_its_artifacts(cast: Cast, finished_job: Job):
    delete_pipeline(finished_job.pipeline, by=cast.owner)
    assert collect_garbage() == 1
    assert not Blob.objects.exists()


# --- The end of their time --------------------------------------------------------------------------------------------


def expire() -> int:
    return services.expire_artifacts(timezone.now() + LATER)


def test_the_clean_up_removes_the_bytes_and_remembers_that_there_were_some(finished_job: Job, older: Any):
    path = Blob.objects.get().path
    assert expire() == 1
    assert expire() == 0
    assert not path.exists()
    assert not Blob.objects.exists()
    left = finished_job.artifacts.get()
    assert (left.blob, left.size > 0, left.expires_at is not None) == (None, True, True)


def test_the_clean_up_leaves_what_is_in_time_kept_or_latest(cast: Cast, finished_job: Job):
    assert services.expire_artifacts() == 0
    assert expire() == 0  # it is the latest of its ref
    jobs.pipeline(cast.library, cast.developer, status=State.SUCCESS, ref="other")
    jobs.pipeline(cast.library, cast.developer, status=State.SUCCESS, tag=True)
    jobs.pipeline(cast.library, cast.developer, status=State.FAILED)
    jobs.pipeline(cast.app, cast.developer, status=State.SUCCESS)
    assert expire() == 0
    services.keep_artifacts(finished_job, by=cast.developer)
    jobs.pipeline(cast.library, cast.developer, status=State.SUCCESS)
    assert expire() == 0


def test_a_child_of_the_latest_pipeline_counts_as_latest(cast: Cast, finished_job: Job):
    child = jobs.pipeline(
        cast.library, cast.developer, status=State.SUCCESS, source=Source.PARENT, started_by_job=finished_job
    )
    artifacts.store(jobs.job(cast.library, cast.developer, State.SUCCESS, pipeline=child))
    assert expire() == 0
    jobs.pipeline(cast.library, cast.developer, status=State.SUCCESS)
    assert expire() == 2


def test_a_project_may_expire_the_latest_artifacts(cast: Cast, finished_job: Job, api: Any):
    project, client = f"/projects/{cast.library.pk}", api(cast.maintainer)
    assert client.get(project).json()["keep_latest_artifact"] is True
    JobArtifact.objects.update(expires_at=timezone.now() - WEEK)
    assert client.get(of(finished_job)).status_code == 200
    assert client.put(project, {"keep_latest_artifact": "false"}).json()["keep_latest_artifact"] is False
    assert client.get(of(finished_job)).status_code == 404
    assert services.expire_artifacts() == 1
    assert AuditEvent.objects.get(event="project_updated").details == {"keep_latest_artifact": False}


def test_another_projects_switch_changes_nothing_here(cast: Cast, finished_job: Job):
    Project.objects.filter(pk=cast.app.pk).update(keep_latest_artifact=False)
    assert expire() == 0


def test_the_instance_may_let_the_latest_go_everywhere(cast: Cast, finished_job: Job, api: Any):
    settings = api(cast.admin).put("/application/settings", {"keep_latest_artifact": False}).json()
    assert settings["keep_latest_artifact"] is False
    assert cast.library.keep_latest_artifact
    JobArtifact.objects.update(expires_at=timezone.now() - WEEK)
    assert api(cast.developer).get(of(finished_job)).status_code == 404
    api(cast.admin).put("/application/settings", {"keep_latest_artifact": True})
    assert api(cast.developer).get(of(finished_job)).status_code == 200
    assert expire() == 0


def test_emptying_a_project_that_keeps_no_latest_leaves_none(cast: Cast, finished_job: Job, api: Any):
    Project.objects.update(keep_latest_artifact=False)
    api(cast.maintainer).delete(f"/projects/{cast.library.pk}/artifacts")
    assert api(cast.maintainer).get(of(finished_job)).status_code == 404


@pytest.mark.one_case
@pytest.mark.parametrize("wrong", ["perhaps", [], 7])
def test_the_switch_is_yes_or_no(cast: Cast, api: Any, wrong: Any):
    answer = api(cast.maintainer).put(f"/projects/{cast.library.pk}", {"keep_latest_artifact": wrong})
    assert answer.status_code == 400
    assert Project.objects.get(pk=cast.library.pk).keep_latest_artifact


def test_the_settings_page_has_the_switch_unless_the_instance_forbids_it(cast: Cast, client: Any):
    client.force_login(cast.maintainer)
    address = f"/{cast.library.full_path}/-/settings/general"
    page = client.get(address).content.decode()
    form = {name: value for name, value in client.get(address).context["form"].initial.items() if value is not None}
    assert 'name="keep_latest_artifact"' in page
    form.pop("keep_latest_artifact")
    form["id_token_subject"] = "project_path,ref_type,ref"
    assert client.post(address, form).status_code == 302
    assert not Project.objects.get(pk=cast.library.pk).keep_latest_artifact
    change_instance_settings(by=cast.admin, keep_latest_artifact=False)
    assert "An administrator turned this off for all projects." in client.get(address).content.decode()
    assert client.post(address, {**form, "keep_latest_artifact": "on"}).status_code == 302
    assert not Project.objects.get(pk=cast.library.pk).keep_latest_artifact


def test_bytes_shared_with_something_in_time_stay(cast: Cast, finished_job: Job, older: Any, running: Job):
    artifacts.store(running, forever=True)
    assert expire() == 1
    assert path_of(running.artifacts.get().sha256).exists()


def test_a_failed_pipelines_artifacts_go(cast: Cast):
    job = jobs.job(cast.library, cast.developer, State.FAILED)
    artifacts.store(job)
    assert expire() == 1


def test_many_go_in_batches(cast: Cast, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(services, "BATCH", 2)
    for _ in range(5):
        artifacts.store(jobs.job(cast.library, cast.developer, State.FAILED))
    assert expire() == 5


# --- What a job's JSON says -------------------------------------------------------------------------------------------


def job_body(api: Any, cast: Cast, job: Job) -> Any:
    return api(cast.developer).get(f"/projects/{job.project_id}/jobs/{job.pk}").json()


def test_a_job_tells_of_its_artifacts(cast: Cast, finished_job: Job, api: Any):
    artifacts.store(finished_job, artifacts.gzip_bytes("<testsuite/>"), file_type="junit")
    body = job_body(api, cast, finished_job)
    archive = finished_job.artifacts.get(file_type="archive")
    assert body["artifacts_file"] == {"filename": "artifacts.zip", "size": archive.size}
    assert body["artifacts"][0] == {
        "file_type": "archive", "size": archive.size, "filename": "artifacts.zip", "file_format": "zip"
    }  # fmt: skip
    assert [one["file_type"] for one in body["artifacts"]] == ["archive", "junit"]
    assert body["artifacts_expire_at"] == moment(archive.expires_at)


def test_a_job_without_an_archive_has_no_artifacts_file(cast: Cast, running: Job, api: Any):
    artifacts.store(running, artifacts.gzip_bytes("<testsuite/>"), file_type="junit")
    body = job_body(api, cast, running)
    assert "artifacts_file" not in body
    assert len(body["artifacts"]) == 1


def test_a_job_whose_artifacts_are_past_tells_only_since_when(cast: Cast, finished_job: Job, older: Any, api: Any):
    JobArtifact.objects.update(expires_at=timezone.now() - WEEK)
    for _ in range(2):
        body = job_body(api, cast, finished_job)
        assert (body["artifacts"], "artifacts_file" in body) == ([], False)
        assert body["artifacts_expire_at"] is not None
        services.expire_artifacts()


def test_a_list_of_jobs_costs_no_more_for_their_artifacts(cast: Cast, api: Any):
    client, address = api(cast.developer), f"/projects/{cast.library.pk}/jobs"
    for number in range(2):
        artifacts.store(jobs.job(cast.library, cast.developer, name=f"first {number}"))
    client.get(address)
    with CaptureQueriesContext(connection) as few:
        client.get(address)
    for number in range(5):
        artifacts.store(jobs.job(cast.library, cast.developer, name=f"more {number}"))
    with CaptureQueriesContext(connection) as many:
        assert len(client.get(address).json()) == 7
    assert len(many) == len(few)


def test_a_running_job_sees_its_own(cast: Cast, running: Job, token: str, api: Any):
    assert api(job=token).get("/job").json()["artifacts"] == []
    artifacts.store(running)
    body = api(job=token).get("/job").json()
    assert [one["file_type"] for one in body["artifacts"]] == ["archive"]
    same = job_body(api, cast, running)
    assert {key: body[key] for key in ("artifacts", "artifacts_file", "artifacts_expire_at")} == {
        key: same[key] for key in ("artifacts", "artifacts_file", "artifacts_expire_at")
    }
