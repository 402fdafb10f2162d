"""A runner brings what its job left (runner.md §3.4)."""

from __future__ import annotations

import hashlib
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from django.utils import timezone

from blobs.models import Blob
from blobs.store import collect_garbage
from jobs.artifacts import services
from jobs.models import Job, JobArtifact
from jobs.states import State
from tests.factories import artifacts, jobs
from tests.factories.artifacts import BOUNDARY, body, upload, zip_bytes
from tests.factories.cast import Cast

ARCHIVE: Any = {"artifact_format": "zip", "artifact_type": "archive"}


def test_an_uploaded_archive_is_kept(running: Job, token: str):
    data = zip_bytes()
    answer = upload(running.pk, token, data, **ARCHIVE, expire_in="1+week", name="build.zip")
    assert (answer.status_code, answer.content) == (201, b"201")
    kept = running.artifacts.get()
    assert (kept.file_type, kept.file_format, kept.filename) == ("archive", "zip", "build.zip")
    assert (kept.size, kept.sha256) == (len(data), hashlib.sha256(data).hexdigest())
    assert kept.blob is not None
    assert kept.blob.path.read_bytes() == data
    assert days_left(kept) == 7


def test_an_upload_that_names_no_time_is_kept_for_thirty_days(running: Job, token: str):
    assert upload(running.pk, token, zip_bytes()).status_code == 201
    kept = running.artifacts.get()
    assert kept.file_type == "archive"
    assert days_left(kept) == 30


@pytest.mark.parametrize("expire_in", ["never", "900+years"])
def test_an_upload_that_never_expires_is_kept_for_good(running: Job, token: str, expire_in: str):
    assert upload(running.pk, token, zip_bytes(), expire_in=expire_in).status_code == 201
    assert running.artifacts.get().expires_at is None


def test_the_same_upload_twice_is_stored_once(running: Job, token: str):
    data = zip_bytes()
    assert [upload(running.pk, token, data).status_code for _ in range(2)] == [201, 201]
    assert running.artifacts.count() == Blob.objects.count() == 1


def test_another_archive_of_the_same_job_is_refused_and_leaves_nothing(running: Job, token: str, settings: Any):
    first, second = zip_bytes({"a": b"1"}), zip_bytes({"a": b"2"})
    assert upload(running.pk, token, first).status_code == 201
    answer = upload(running.pk, token, second)
    assert answer.status_code == 400
    assert answer.json() == {"message": "400 Bad request - another artifact of the same type already exists"}
    assert running.artifacts.get().sha256 == hashlib.sha256(first).hexdigest()
    assert stored_files(settings) == {hashlib.sha256(first).hexdigest()}


def test_two_jobs_with_the_same_bytes_share_them(cast: Cast, running: Job, token: str):
    other = jobs.job(cast.app, cast.developer)
    data = zip_bytes()
    upload(running.pk, token, data)
    upload(other.pk, jobs.token_of(other), data)
    assert JobArtifact.objects.count() == 2
    assert Blob.objects.count() == 1


def test_a_job_may_leave_an_archive_and_reports(running: Job, token: str):
    report = artifacts.gzip_bytes("<testsuite/>")
    assert upload(running.pk, token, zip_bytes()).status_code == 201
    answer = upload(running.pk, token, report, artifact_type="junit", artifact_format="gzip", name="junit.xml.gz")
    assert answer.status_code == 201
    assert set(running.artifacts.values_list("file_type", "filename")) == {
        ("archive", "artifacts.zip"),
        ("junit", "junit.xml.gz"),
    }


@pytest.mark.one_case
@pytest.mark.parametrize(
    ("name", "kept"),
    [("../../etc/passwd", "passwd"), ("..", "artifacts.zip"), (".env.gz", ".env.gz"), ("x" * 300, "x" * 255)],
)
def test_a_file_name_is_only_a_name(running: Job, token: str, name: str, kept: str):
    assert upload(running.pk, token, zip_bytes(), name=name).status_code == 201
    assert running.artifacts.get().filename == kept


# --- Refused ----------------------------------------------------------------------------------------------------------


def test_any_token_but_the_jobs_own_is_refused(cast: Cast, running: Job, token: str, api: Any):
    other = jobs.job_token(cast.library, cast.developer)
    for wrong in (other, "glcbt-nonsense", "", "x" * 10_000):
        assert upload(running.pk, wrong, zip_bytes()).status_code == 403
    assert upload(2**70, token, zip_bytes()).status_code == 403
    assert not JobArtifact.objects.exists()


@pytest.mark.parametrize("status", [State.SUCCESS, State.FAILED, State.CANCELED])
def test_a_job_that_is_over_leaves_nothing_more(cast: Cast, status: str):
    job = jobs.job(cast.library, cast.developer, status)
    answer = upload(job.pk, jobs.token_of(job), zip_bytes())
    assert answer.status_code == 403
    assert answer["Job-Status"] == status
    assert answer.json() == {"message": "403 Forbidden - Job is not processing on runner"}


def test_a_job_that_is_being_cancelled_still_brings_its_artifacts(cast: Cast):
    job = jobs.job(cast.library, cast.developer, State.CANCELING)
    assert upload(job.pk, jobs.token_of(job), zip_bytes()).status_code == 201


def test_a_job_that_ends_while_its_upload_comes_in_is_refused(
    running: Job, token: str, monkeypatch: pytest.MonkeyPatch, settings: Any
):
    real = services.store_artifact

    def late(**given: Any) -> Any:
        Job.objects.filter(pk=running.pk).update(status=State.CANCELED)
        return real(**given)

    monkeypatch.setattr(services, "store_artifact", late)
    answer = upload(running.pk, token, zip_bytes())
    assert (answer.status_code, answer["Job-Status"]) == (403, "canceled")
    assert collect_garbage() == 1
    assert not stored_files(settings)


def test_more_than_allowed_is_413_and_leaves_nothing(running: Job, token: str, settings: Any):
    settings.ARTIFACT_BYTES = 1000
    noise = zip_bytes({"noise": bytes(range(256)) * 100})
    many = b"".join(hashlib.sha256(bytes([number])).digest() for number in range(100))
    assert upload(running.pk, token, zip_bytes({"noise": many})).status_code == 413
    assert upload(running.pk, token, noise).status_code == 201
    assert len(stored_files(settings)) == 1


def test_much_around_the_file_is_413(running: Job, token: str, settings: Any):
    padding = body(b"x" * 3_000_000, field="padding").removesuffix(f"--{BOUNDARY}--\r\n".encode())
    assert upload(running.pk, token, b"", sent=padding + body(zip_bytes())).status_code == 413
    assert not stored_files(settings)


@pytest.mark.one_case
@pytest.mark.parametrize(
    ("query", "message"),
    [
        ({"artifact_type": "nonsense"}, {"error": "artifact_type does not have a valid value"}),
        ({"artifact_format": "rar"}, {"error": "artifact_format does not have a valid value"}),
        ({"expire_in": "soon"}, {"error": "expire_in is invalid"}),
        (
            {"artifact_type": "junit", "artifact_format": "zip"},
            {"message": {"file_format": ["Invalid file format with specified file type"]}},
        ),
    ],
)
def test_nonsense_in_the_query_is_400(running: Job, token: str, query: Any, message: Any):
    answer = upload(running.pk, token, zip_bytes(), **query)
    assert (answer.status_code, answer.json()) == (400, message)


@pytest.mark.one_case
@pytest.mark.parametrize(
    ("sent", "reason"),
    [
        (b"not multipart at all", "The body is not valid multipart/form-data"),
        (body(zip_bytes())[:-20], "The body ended early"),
        (body(b"no zip"), "The file is not a zip archive"),
        (body(zip_bytes()[:-5]), "The file is not a zip archive"),
        (body(b""), "The file is not a zip archive"),
    ],
)
def test_a_body_that_is_not_a_whole_archive_is_400(running: Job, token: str, sent: bytes, reason: str, settings: Any):
    answer = upload(running.pk, token, b"", sent=sent)
    assert (answer.status_code, answer.json()) == (400, {"message": f"400 Bad request - {reason}"})
    assert not stored_files(settings)


@pytest.mark.one_case
@pytest.mark.parametrize("sent", [b"", body(zip_bytes(), field="other")], ids=["empty", "another field"])
def test_a_form_without_the_file_says_that_it_is_missing(running: Job, token: str, sent: bytes, settings: Any):
    answer = upload(running.pk, token, b"", sent=sent)
    assert (answer.status_code, answer.json()) == (400, {"error": "file is missing"})
    assert not stored_files(settings)


def test_a_body_without_a_boundary_is_400(running: Job, token: str, api: Any):
    for kind in ("application/json", "multipart/form-data", "multipart/form-data; boundary=" + "x" * 5000):
        answer = api(job=token).post(f"/jobs/{running.pk}/artifacts", b"x", content_type=kind)
        assert answer.status_code == 400, kind


def test_a_report_that_is_not_gzip_is_400(running: Job, token: str):
    answer = upload(running.pk, token, b"<testsuite/>", artifact_type="junit", artifact_format="gzip")
    assert answer.json() == {"message": "400 Bad request - The file is not gzip"}


def test_another_method_is_405(running: Job, token: str, api: Any):
    assert api(job=token).put(f"/jobs/{running.pk}/artifacts").status_code == 405


def days_left(artifact: JobArtifact) -> int:
    assert artifact.expires_at is not None
    return round((artifact.expires_at - timezone.now()) / timedelta(days=1))


def stored_files(settings: Any) -> set[str]:
    """Every file in the store, and whatever is left of uploads on their way."""
    folder = Path(settings.BLOBS_DIR)
    assert not list((folder / "incoming").glob("*"))
    return {path.name for path in folder.glob("??/??/*")}
