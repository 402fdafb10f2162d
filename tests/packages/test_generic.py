"""Generic packages: storing and fetching files by name and version (resources.md §2.1)."""

from __future__ import annotations

import errno
import hashlib
import os
from io import BytesIO
from typing import Any

import pytest

from audit.models import AuditEvent
from blobs import receive
from blobs.models import Blob
from jobs.models import Job
from projects import services as project_services
from resources.packages.models import Package, PackageFile
from tests.factories import projects
from tests.factories.cast import Cast
from tests.support.response_schema import CheckedClient
from tokenaccess.access_log import buffer
from tokenaccess.models import AllowlistEntry
from tokenaccess.policy.levels import FeatureLevel, Visibility

HELLO = b"hello, library\n"
FILE = "packages/generic/tool/1.0/tool.tgz"


def address(project: Any, file: str = FILE) -> str:
    return f"/projects/{project.pk}/{file}"


def content(response: Any) -> bytes:
    return b"".join(response.streaming_content) if response.streaming else response.content


@pytest.fixture
def stored_file(cast: Cast, api: Any) -> Any:
    """`tool 1.0` with one file, put into the library by its developer."""
    answer = api(cast.developer).put(address(cast.library), HELLO)
    assert answer.status_code == 201
    return answer


@pytest.fixture
def app_entry(cast: Cast) -> AllowlistEntry:
    """The app is on the library's list."""
    return AllowlistEntry.objects.create(project=cast.library, target_project=cast.app, direction="inbound")


# --- Storing ----------------------------------------------------------------------------------------------------------


def test_a_developer_stores_a_file(cast: Cast, stored_file: Any):
    assert stored_file.json() == {"message": "201 Created"}
    file = PackageFile.objects.get()
    assert (file.name, file.size, file.sha256) == ("tool.tgz", len(HELLO), hashlib.sha256(HELLO).hexdigest())
    assert file.blob.path.read_bytes() == HELLO
    assert file.pipeline is None
    assert AuditEvent.objects.filter(event="package_published").count() == 1


def test_the_record_is_returned_on_demand(cast: Cast, api: Any):
    answer = api(cast.developer).put(address(cast.library) + "?select=package_file", HELLO)
    assert answer.status_code == 200
    body = answer.json()
    assert body["file_name"] == "tool.tgz"
    assert body["size"] == len(HELLO)
    assert body["file_sha256"] == hashlib.sha256(HELLO).hexdigest()
    assert (body["file_md5"], body["file_sha1"], body["status"]) == (None, None, "default")
    assert content(CheckedClient().get(body["file"]["url"])) != HELLO
    assert content(api(cast.developer).get(body["file"]["url"])) == HELLO


def test_a_file_from_a_job_remembers_its_pipeline(cast: Cast, api: Any, app_entry: AllowlistEntry):
    assert api(job=cast.job_token()).put(address(cast.library), HELLO).status_code == 201
    assert PackageFile.objects.get().pipeline == Job.objects.get().pipeline
    assert Package.objects.get().creator == cast.developer


def test_the_newest_of_a_name_wins_and_the_older_stays(cast: Cast, api: Any, stored_file: Any):
    api(cast.developer).put(address(cast.library), b"newer")
    assert content(api(cast.reporter).get(address(cast.library))) == b"newer"
    assert Package.objects.count() == 1
    assert PackageFile.objects.count() == 2


def test_equal_package_files_are_stored_once(cast: Cast, api: Any, stored_file: Any):
    api(cast.developer).put(address(cast.app, "packages/generic/other/2/copy"), HELLO)
    assert PackageFile.objects.count() == 2
    assert Blob.objects.count() == 1


def test_the_status_is_the_packages(cast: Cast, api: Any):
    client = api(cast.developer)
    client.put(address(cast.library) + "?status=hidden", HELLO)
    assert Package.objects.get().status == "hidden"
    assert content(client.get(address(cast.library))) == HELLO
    client.put(address(cast.library), HELLO)
    assert Package.objects.get().status == "hidden"
    client.put(address(cast.library) + "?status=default", HELLO)
    assert Package.objects.get().status == "default"


def test_a_file_may_lie_in_a_folder(cast: Cast, api: Any):
    where = address(cast.library, "packages/generic/tool/1.0/linux/x86/tool")
    assert api(cast.developer).put(where, HELLO).status_code == 201
    assert PackageFile.objects.get().name == "linux%2Fx86%2Ftool"
    answer = api(cast.developer).get(where)
    assert content(answer) == HELLO
    assert answer["Content-Disposition"] == 'attachment; filename="tool"'


def test_an_empty_file_is_a_file(cast: Cast, api: Any):
    assert api(cast.developer).put(address(cast.library), b"").status_code == 201
    assert content(api(cast.developer).get(address(cast.library))) == b""


@pytest.mark.one_case
@pytest.mark.parametrize(
    ("path", "wrong"),
    [
        ("to%20ol/1.0/f", "package_name"),
        ("../1.0/f", "package_name"),
        ("a\0b/1.0/f", "package_name"),
        ("n" * 256 + "/1.0/f", "package_name"),
        ("tööl/1.0/f", "package_name"),
        ("tool/1..0/f", "package_version"),
        ("tool/1 0/f", "package_version"),
        ("tool/1.٠/f", "package_version"),
        ("tool/1.0/..", "file_name"),
        ("tool/1.0/../../etc/passwd", "file_name"),
        ("tool/1.0/a//b", "file_name"),
        ("tool/1.0/~f", "file_name"),
        ("tool/1.0/f@", "file_name"),
        ("tool/1.0/" + "f" * 256, "file_name"),
    ],
)
def test_a_name_that_is_none_is_refused(cast: Cast, api: Any, path: str, wrong: str):
    for method in ("PUT", "GET"):
        answer = api(cast.developer).request(method, address(cast.library, f"packages/generic/{path}"), b"x")
        assert (answer.status_code, answer.json()) == (400, {"error": f"{wrong} is invalid"})
    assert not Package.objects.exists()


@pytest.mark.one_case
@pytest.mark.parametrize(
    ("sent", "wrong"),
    [
        ("to%2Fol/1.0/f", "package_name"),
        ("tool%2F1.0/2.0/f", "package_name"),
        ("tool/1%2f0/f", "package_version"),
        ("tool/1.0%2Fdir/f", "package_version"),
    ],
)
def test_an_encoded_slash_names_no_other_place(cast: Cast, api: Any, sent: str, wrong: str):
    decoded = address(cast.library, f"packages/generic/{sent}").replace("%2F", "/").replace("%2f", "/")
    assert api(cast.developer).put(decoded, HELLO).status_code == 201
    for project in (cast.library.pk, "acme%2Flibrary"):
        for method in ("PUT", "GET"):
            answer = api(cast.developer).request(method, f"/projects/{project}/packages/generic/{sent}", b"x")
            assert (answer.status_code, answer.json()) == (400, {"error": f"{wrong} is invalid"})


def test_an_encoded_slash_in_a_files_name_is_a_folder(cast: Cast, api: Any):
    place = "/projects/acme%2Flibrary/packages/generic/tool%2b/1.0/dir%2Ff?status=hidden"
    assert api(cast.developer).put(place, HELLO).status_code == 201
    assert PackageFile.objects.get().path == "dir/f"


@pytest.mark.parametrize("parameter", ["select", "status"])
def test_an_unknown_choice_is_refused(cast: Cast, api: Any, parameter: str):
    answer = api(cast.developer).put(f"{address(cast.library)}?{parameter}=nonsense", HELLO)
    assert (answer.status_code, answer.json()) == (400, {"error": f"{parameter} does not have a valid value"})
    assert not Package.objects.exists()


def test_a_truncated_upload_leaves_nothing(cast: Cast, api: Any, settings: Any):
    cut_off = {"CONTENT_LENGTH": str(len(HELLO) + 1), "wsgi.input": BytesIO(HELLO)}
    answer = api(cast.developer).put(address(cast.library), HELLO, **cut_off)
    assert answer.status_code == 400
    assert answer.json() == {"message": "400 Bad request - The request ended too early"}
    assert not Package.objects.exists()
    assert not Blob.objects.exists()
    assert not [path for path in settings.BLOBS_DIR.rglob("*") if path.is_file()]


def test_a_package_file_over_the_limit_is_refused(cast: Cast, api: Any, settings: Any):
    settings.GENERIC_PACKAGE_BYTES = 10
    assert api(cast.developer).put(address(cast.library), b"x" * 10).status_code == 201
    answer = api(cast.developer).put(address(cast.library), b"x" * 11)
    assert (answer.status_code, answer.json()) == (413, {"message": "413 Request Entity Too Large"})
    assert PackageFile.objects.count() == 1


def test_a_package_file_that_turns_out_over_the_limit_is_refused_alike(
    cast: Cast, api: Any, settings: Any, monkeypatch: pytest.MonkeyPatch
):
    """As a chunked one does, which announces no length."""
    settings.GENERIC_PACKAGE_BYTES = 10
    monkeypatch.setattr(receive, "content_length", lambda request: None)
    answer = api(cast.developer).put(address(cast.library), b"x" * 11)
    assert (answer.status_code, answer.json()) == (413, {"message": "413 Request Entity Too Large"})
    assert not PackageFile.objects.exists()


def test_a_full_disk_is_said_and_leaves_nothing(cast: Cast, api: Any, settings: Any, monkeypatch: pytest.MonkeyPatch):
    def fail(descriptor: int) -> None:
        raise OSError(errno.ENOSPC, "No space left on device")

    monkeypatch.setattr(os, "fsync", fail)
    developer = api(cast.developer)
    developer.client.raise_request_exception = False
    answer = developer.put(address(cast.library), HELLO)
    sentence = "The server's disk is full. Nothing was stored; try again when there is room."
    assert (answer.status_code, answer.json()) == (507, {"message": f"507 Insufficient Storage - {sentence}"})
    assert not Package.objects.exists()
    assert not [path for path in settings.BLOBS_DIR.rglob("*") if path.is_file()]


def test_a_json_body_is_stored_as_a_package_file(cast: Cast, api: Any, app_entry: AllowlistEntry):
    body = b'{"job_token": "glcbt-nonsense"}'
    assert api(cast.developer).put(address(cast.library), body).status_code == 201
    assert content(api(cast.developer).get(address(cast.library))) == body


# --- Fetching ---------------------------------------------------------------------------------------------------------


def test_a_reporter_fetches_the_file(cast: Cast, api: Any, stored_file: Any):
    answer = api(cast.reporter).get(address(cast.library))
    assert content(answer) == HELLO
    assert answer["Content-Type"] == "application/octet-stream"
    assert answer["Content-Length"] == str(len(HELLO))
    assert answer["Content-Disposition"] == 'attachment; filename="tool.tgz"'
    assert answer["X-Checksum-SHA256"] == hashlib.sha256(HELLO).hexdigest()


def test_a_head_request_tells_the_same_without_the_file(cast: Cast, api: Any, stored_file: Any):
    answer = api(cast.reporter).request("HEAD", address(cast.library))
    assert (answer.status_code, answer["Content-Length"], content(answer)) == (200, str(len(HELLO)), b"")
    assert Package.objects.get().last_downloaded_at is None


@pytest.mark.one_case
@pytest.mark.parametrize(
    ("asked", "status", "expected", "where"),
    [
        ("bytes=0-4", 206, b"hello", "bytes 0-4/15"),
        ("bytes=7-", 206, b"library\n", "bytes 7-14/15"),
        ("bytes=-8", 206, b"library\n", "bytes 7-14/15"),
        ("bytes=-100", 206, HELLO, "bytes 0-14/15"),
        ("bytes=10-100", 206, HELLO[10:], "bytes 10-14/15"),
        ("bytes=15-", 416, b"", "bytes */15"),
        ("bytes=-0", 416, b"", "bytes */15"),
        ("bytes=5-4", 200, HELLO, ""),
        ("bytes=0-1,3-4", 200, HELLO, ""),
        ("lines=0-1", 200, HELLO, ""),
        ("bytes=" + "9" * 30 + "-", 200, HELLO, ""),
        ("bytes=-", 200, HELLO, ""),
    ],
)
def test_a_part_may_be_asked_for(
    cast: Cast, api: Any, stored_file: Any, asked: str, status: int, expected: bytes, where: str
):
    answer = api(cast.reporter).get(address(cast.library), headers={"Range": asked})
    assert (answer.status_code, content(answer), answer.get("Content-Range", "")) == (status, expected, where)


def test_a_part_of_another_version_is_not_mixed_in(cast: Cast, api: Any, stored_file: Any):
    headers = {"Range": "bytes=0-4", "If-Range": '"another"'}
    answer = api(cast.reporter).get(address(cast.library), headers=headers)
    assert (answer.status_code, content(answer)) == (200, HELLO)


def test_an_unchanged_file_is_not_sent_again(cast: Cast, api: Any, stored_file: Any):
    client = api(cast.reporter)
    first = client.get(address(cast.library))
    for condition in ({"If-None-Match": first["ETag"]}, {"If-Modified-Since": first["Last-Modified"]}):
        for method in ("GET", "HEAD"):
            answer = client.request(method, address(cast.library), headers=condition)
            assert (answer.status_code, content(answer), answer["ETag"]) == (304, b"", first["ETag"])


def test_a_changed_file_is_sent_whatever_the_client_has(cast: Cast, api: Any, stored_file: Any):
    for condition in ({"If-None-Match": '"another"'}, {"If-Modified-Since": "Thu, 01 Jan 1970 00:00:01 GMT"}):
        answer = api(cast.reporter).get(address(cast.library), headers=condition)
        assert (answer.status_code, content(answer)) == (200, HELLO)


def test_a_part_of_the_same_version_is_sent_by_its_date(cast: Cast, api: Any, stored_file: Any):
    modified = api(cast.reporter).get(address(cast.library))["Last-Modified"]
    answer = api(cast.reporter).get(address(cast.library), headers={"Range": "bytes=0-4", "If-Range": modified})
    assert (answer.status_code, content(answer)) == (206, b"hello")


def test_a_job_that_has_the_file_already_is_a_use_of_the_token(
    cast: Cast, api: Any, stored_file: Any, app_entry: AllowlistEntry, monkeypatch: pytest.MonkeyPatch
):
    uses: list[Any] = []
    monkeypatch.setattr(buffer, "record_use", uses.append)
    etag = f'"{hashlib.sha256(HELLO).hexdigest()}"'
    answer = api(job=cast.job_token()).get(address(cast.library), headers={"If-None-Match": etag})
    assert (answer.status_code, len(uses)) == (304, 1)


def test_a_front_server_may_send_the_file(cast: Cast, api: Any, stored_file: Any, settings: Any):
    settings.ACCEL_REDIRECT = "/-/blobs"
    answer = api(cast.reporter).get(address(cast.library))
    sha256 = hashlib.sha256(HELLO).hexdigest()
    assert answer["X-Accel-Redirect"] == f"/-/blobs/{sha256[:2]}/{sha256[2:4]}/{sha256}"
    assert content(answer) == b""


@pytest.mark.parametrize("file", ["tool/1.0/other", "tool/2.0/tool.tgz", "other/1.0/tool.tgz"])
def test_an_absent_package_file_is_not_found(cast: Cast, api: Any, stored_file: Any, file: str):
    answer = api(cast.reporter).get(address(cast.library, f"packages/generic/{file}"))
    assert (answer.status_code, answer.json()) == (404, {"message": "404 Not found"})


# --- Who may ----------------------------------------------------------------------------------------------------------


def test_a_job_reads_and_writes_while_its_project_is_listed(cast: Cast, api: Any, stored_file: Any):
    client = api(job=cast.job_token())
    hidden = (404, {"message": "404 Project Not Found"})
    for answer in (client.get(address(cast.library)), client.put(address(cast.library), b"x")):
        assert (answer.status_code, answer.json()) == hidden
    entry = AllowlistEntry.objects.create(project=cast.library, target_project=cast.app, direction="inbound")
    assert client.get(address(cast.library)).status_code == 200
    assert client.put(address(cast.library), b"x").status_code == 201
    entry.delete()
    assert client.get(address(cast.library)).status_code == 404


def test_a_private_package_is_hidden_from_an_unlisted_job(cast: Cast, api: Any, stored_file: Any):
    client = api(job=cast.job_token(user=cast.outsider))
    there, nowhere = client.get(address(cast.library)), client.get(f"/projects/999999/{FILE}")
    assert there.content == nowhere.content == b'{"message":"404 Project Not Found"}'
    assert there.status_code == nowhere.status_code == 404
    assert there.headers.keys() == nowhere.headers.keys()


@pytest.mark.parametrize("project", ["library", "nothing"])
def test_a_visitor_is_asked_to_sign_in(cast: Cast, stored_file: Any, project: str):
    for method in ("GET", "PUT"):
        answer = CheckedClient().generic(method, f"/api/v4/projects/acme%2F{project}/{FILE}")
        assert (answer.status_code, answer.json()) == (401, {"message": "401 Unauthorized"})
        assert answer["WWW-Authenticate"] == 'Basic realm="GitLab Packages Registry"'


def test_a_wrong_token_is_refused_with_the_challenge(cast: Cast, api: Any, stored_file: Any):
    answer = api(job="glcbt-nonsense").get(address(cast.library))
    assert answer.status_code == 401
    assert answer["WWW-Authenticate"] == 'Basic realm="GitLab Packages Registry"'


def test_roles_bound_what_people_do(cast: Cast, api: Any, stored_file: Any):
    forbidden = (403, {"message": "403 Forbidden"})
    for answer in (
        api(cast.guest).get(address(cast.library)),
        api(cast.reporter).put(address(cast.library), b"x"),
    ):
        assert (answer.status_code, answer.json()) == forbidden
    assert api(cast.outsider).put(address(cast.library), b"x").status_code == 404


def test_anyone_reads_from_a_public_project(cast: Cast, api: Any):
    site = projects.project("site", group=cast.acme, by=cast.owner, visibility=Visibility.PUBLIC)
    api(cast.owner).put(address(site), HELLO)
    assert content(CheckedClient().get(f"/api/v4{address(site)}")) == HELLO
    project_services.update_project(site, by=cast.owner, package_registry_access_level=FeatureLevel.PRIVATE)
    assert CheckedClient().get(f"/api/v4{address(site)}").status_code == 401


def test_generic_packages_refuse_other_methods(cast: Cast, api: Any, stored_file: Any):
    for method in ("POST", "DELETE", "PATCH"):
        assert api(cast.owner).request(method, address(cast.library)).status_code == 405


@pytest.mark.parametrize("place", ["987654321", "acme%2Fnothing"])
def test_an_absent_project_never_has_what_the_jobs_own_project_has(cast: Cast, api: Any, place: str):
    assert api(cast.developer).put(address(cast.app), HELLO).status_code == 201
    job = api(job=cast.job_token())
    assert content(job.get(address(cast.app))) == HELLO
    assert job.get(f"/projects/{place}/{FILE}").status_code == 404
