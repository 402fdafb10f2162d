"""The index of Python packages in both forms, and downloads (resources.md §2.2)."""

from __future__ import annotations

import hashlib
from typing import Any

import orjson
import pytest

from blobs.models import Blob
from blobs.store import collect_garbage
from projects.models import Project
from resources.packages import services
from resources.packages.models import Package, PackageFile, PypiFile, Yank
from tests.factories.cast import Cast
from tests.packages.pypi import JSON, SHA256, WHEEL, base, body_of, index, upload
from tests.support.wheels import metadata, source_archive, wheel
from tokenaccess.access_log import buffer
from tokenaccess.models import AllowlistEntry


@pytest.fixture
def stored_wheel(cast: Cast, api: Any) -> Any:
    answer = upload(api(cast.developer), cast.library)
    assert answer.status_code == 201, answer.content
    return answer


@pytest.fixture
def app_entry(cast: Cast) -> AllowlistEntry:
    return AllowlistEntry.objects.create(project=cast.library, target_project=cast.app, direction="inbound")


# --- Index ------------------------------------------------------------------------------------------------------------


def test_pip_reads_the_index_as_json(cast: Cast, api: Any, stored_wheel: Any):
    answer = api(cast.reporter).get(f"{base(cast.library)}/simple/my-pkg/", headers={"Accept": JSON})
    assert (answer["Content-Type"], answer["Vary"]) == (JSON, "Accept")
    found = orjson.loads(answer.content)
    file = PackageFile.objects.get()
    assert found["meta"] == {"api-version": "1.1"}
    assert (found["name"], found["versions"]) == ("my-pkg", ["1.0"])
    (entry,) = found["files"]
    assert entry.pop("upload-time").endswith("Z")
    assert entry == {
        "filename": WHEEL.file_name,
        "url": f"http://testserver/api/v4/projects/{cast.library.pk}/packages/pypi/files/{SHA256}/{WHEEL.file_name}",
        "hashes": {"sha256": SHA256},
        "size": len(WHEEL.content),
        "requires-python": ">=3.7",
        "core-metadata": {"sha256": file.pypi.metadata_id},
        "yanked": False,
    }


@pytest.mark.one_case
@pytest.mark.parametrize("accept", ["", "*/*", "text/html", "image/png"])
def test_pip_reads_the_index_as_html(cast: Cast, api: Any, stored_wheel: Any, accept: str):
    answer = api(cast.reporter).get(f"{base(cast.library)}/simple/my-pkg", headers={"Accept": accept} if accept else {})
    known = PypiFile.objects.get().metadata_id
    assert answer["Content-Type"] == "text/html; charset=utf-8"
    assert (
        f'<a href="http://testserver/api/v4/projects/{cast.library.pk}/packages/pypi/files/{SHA256}/{WHEEL.file_name}'
        f'#sha256={SHA256}" data-requires-python="&gt;=3.7" data-core-metadata="sha256={known}" '
        f'data-dist-info-metadata="sha256={known}">{WHEEL.file_name}</a>'
    ) in answer.content.decode()


def test_the_form_that_the_client_prefers_is_sent(cast: Cast, api: Any, stored_wheel: Any):
    pip = f"{JSON}, application/vnd.pypi.simple.v1+html; q=0.1, text/html; q=0.01"
    answer = api(cast.reporter).get(f"{base(cast.library)}/simple/my-pkg", headers={"Accept": pip})
    assert answer["Content-Type"] == JSON
    html = "application/vnd.pypi.simple.v1+html"
    answer = api(cast.reporter).get(f"{base(cast.library)}/simple/my-pkg", headers={"Accept": html})
    assert answer["Content-Type"] == f"{html}; charset=utf-8"


@pytest.mark.one_case
@pytest.mark.parametrize("name", ["My.Pkg", "my_pkg", "MY--PKG", "my-pkg"])
def test_any_form_of_the_name_finds_it(cast: Cast, api: Any, stored_wheel: Any, name: str):
    assert index(api(cast.reporter), cast.library, name)["name"] == "my-pkg"


@pytest.mark.parametrize("name", ["other", "my-pkg%0A", "-", "my%00pkg", "p" * 300])
def test_an_unknown_package_is_not_found(cast: Cast, api: Any, stored_wheel: Any, name: str):
    answer = api(cast.reporter).get(f"{base(cast.library)}/simple/{name}/")
    assert (answer.status_code, answer.json()) == (404, {"message": "404 Package Not Found"})


def test_the_names_are_listed(cast: Cast, api: Any, stored_wheel: Any):
    upload(api(cast.developer), cast.library, wheel("another"), name="another")
    answer = api(cast.reporter).get(f"{base(cast.library)}/simple/", headers={"Accept": JSON})
    assert orjson.loads(answer.content)["projects"] == [{"name": "another"}, {"name": "my-pkg"}]
    answer = api(cast.reporter).get(f"{base(cast.library)}/simple")
    assert '<a href="my-pkg/">my-pkg</a>' in answer.content.decode()


def test_a_yanked_release_says_so_with_its_reason(cast: Cast, api: Any, stored_wheel: Any):
    yank = Yank.objects.create(package=Package.objects.get(), reason='breaks on "x" <y>')
    assert index(api(cast.reporter), cast.library)["files"][0]["yanked"] == yank.reason
    answer = api(cast.reporter).get(f"{base(cast.library)}/simple/my-pkg/")
    assert 'data-yanked="breaks on &quot;x&quot; &lt;y&gt;"' in answer.content.decode()
    Yank.objects.update(reason="")
    assert index(api(cast.reporter), cast.library)["files"][0]["yanked"] is True


def test_an_unchanged_index_is_not_sent_again(cast: Cast, api: Any, stored_wheel: Any):
    client, address = api(cast.reporter), f"{base(cast.library)}/simple/my-pkg/"
    etag = client.get(address)["ETag"]
    assert client.get(address, headers={"If-None-Match": etag}).status_code == 304
    assert client.get(address, headers={"If-None-Match": etag, "Accept": JSON}).status_code == 200
    upload(api(cast.developer), cast.library, source_archive())
    assert client.get(address, headers={"If-None-Match": etag}).status_code == 200


def test_the_index_of_a_thousand_versions_costs_one_statement_and_one_more_after_a_change(
    cast: Cast, api: Any, stored_wheel: Any, monkeypatch: Any, app_entry: Any, django_assert_num_queries: Any
):
    """However many other packages there are."""
    monkeypatch.setattr(buffer, "record_use", lambda access: None)  # written by a thread of its own
    packages = Package.objects.bulk_create(
        Package(project=cast.library, kind="pypi", name=name, version=f"0.{number}")
        for name, count in {"my-pkg": 999, "other": 50}.items()
        for number in range(count)
    )
    files = PackageFile.objects.bulk_create(
        PackageFile(package=package, blob_id=SHA256, name=f"my_pkg-{package.version}.tar.gz", size=1)
        for package in packages
    )
    PypiFile.objects.bulk_create(PypiFile(file=file) for file in files)
    client = api(job=cast.job_token())
    with django_assert_num_queries(2):  # the check with whether they have changed, and the files
        found = index(client, cast.library)
    assert len(found["files"]) == len(found["versions"]) == 1000
    with django_assert_num_queries(1):
        assert index(client, cast.library) == found


def test_an_index_always_says_how_things_are(cast: Cast, api: Any, stored_wheel: Any, app_entry: Any):
    """Whatever was kept of it before."""
    client = api(job=cast.job_token())
    before = index(client, cast.library)
    package = Package.objects.get(kind="pypi")
    services.yank_release(package, by=cast.owner, reason="")
    assert index(client, cast.library)["files"][0]["yanked"] is True
    services.unyank_release(package, by=cast.owner)
    assert index(client, cast.library) == before
    upload(api(cast.developer), cast.library, source_archive())
    assert len(index(client, cast.library)["files"]) == len(before["files"]) + 1
    services.delete_file(PackageFile.objects.order_by("-pk")[0], by=cast.owner)
    assert index(client, cast.library) == before


# --- Download ---------------------------------------------------------------------------------------------------------


def file_address(project: Project, sha256: str = SHA256, name: str = WHEEL.file_name) -> str:
    return f"{base(project)}/files/{sha256}/{name}"


def test_a_job_downloads_a_file_in_one_statement(
    cast: Cast, api: Any, stored_wheel: Any, app_entry: Any, later_log: None, django_assert_num_queries: Any
):
    client = api(job=cast.job_token())
    with django_assert_num_queries(1):
        answer = client.get(file_address(cast.library))
    assert body_of(answer) == WHEEL.content
    assert answer["X-Checksum-SHA256"] == SHA256


def test_the_metadata_of_a_wheel_is_served(cast: Cast, api: Any, stored_wheel: Any):
    answer = api(cast.reporter).get(file_address(cast.library, name=f"{WHEEL.file_name}.metadata"))
    assert body_of(answer) == metadata("My.Pkg", "1.0", "Requires-Python: >=3.7")
    assert answer["X-Checksum-SHA256"] == PypiFile.objects.get().metadata_id


def test_a_source_archive_has_no_metadata(cast: Cast, api: Any):
    built = source_archive()
    upload(api(cast.developer), cast.library, built)
    sha256 = hashlib.sha256(built.content).hexdigest()
    assert api(cast.reporter).get(file_address(cast.library, sha256, built.file_name)).status_code == 200
    assert api(cast.reporter).get(file_address(cast.library, sha256, f"{built.file_name}.metadata")).status_code == 404


@pytest.mark.parametrize(
    ("sha256", "name"),
    [("0" * 64, WHEEL.file_name), (SHA256, "other-1.0-py3-none-any.whl"), (SHA256, "x"), (SHA256, "%00-1.0.zip")],
)
def test_another_digest_or_name_is_not_found(cast: Cast, api: Any, stored_wheel: Any, sha256: str, name: str):
    answer = api(cast.reporter).get(file_address(cast.library, sha256, name))
    assert (answer.status_code, answer.json()) == (404, {"message": "404 Not found"})


def test_a_python_package_that_is_unchanged_is_not_sent_again(cast: Cast, api: Any, stored_wheel: Any):
    answer = api(cast.reporter).get(file_address(cast.library), headers={"If-None-Match": f'"{SHA256}"'})
    assert (answer.status_code, body_of(answer)) == (304, b"")


def test_what_a_deleted_package_stored_is_collected(
    cast: Cast, api: Any, stored_wheel: Any, django_capture_on_commit_callbacks: Any
):
    assert Blob.objects.count() == 2
    with django_capture_on_commit_callbacks(execute=True):
        services.delete_package(Package.objects.get(), by=cast.owner)
    collect_garbage()
    assert not Blob.objects.exists()


# --- Who may ----------------------------------------------------------------------------------------------------------


def test_an_unlisted_job_learns_of_nothing(cast: Cast, api: Any, stored_wheel: Any):
    client = api(job=cast.job_token())
    answers = [
        client.get(f"{base(cast.library)}/simple/my-pkg/"),
        client.get(f"{base(cast.library)}/simple/nothing/"),
        client.get(f"{base(cast.library)}/simple/"),
        client.get(file_address(cast.library)),
        client.get("/projects/999999/packages/pypi/simple/my-pkg/"),
        upload(client, cast.library),
    ]
    for answer in answers:
        assert (answer.status_code, answer.json()) == (404, {"message": "404 Project Not Found"})


def test_an_entry_that_grants_reading_does_not_grant_uploading(cast: Cast, api: Any, stored_wheel: Any):
    AllowlistEntry.objects.create(
        project=cast.library,
        target_project=cast.app,
        direction="inbound",
        default_permissions=False,
        permissions=["read_packages"],
    )
    client = api(job=cast.job_token())
    assert client.get(f"{base(cast.library)}/simple/my-pkg/").status_code == 200
    answer = upload(client, cast.library, source_archive())
    assert answer.status_code == 403
    assert "admin_packages" in answer.json()["message"]


def test_a_visitor_of_the_index_is_asked_to_sign_in(cast: Cast, api: Any, stored_wheel: Any):
    for answer in (api().get(f"{base(cast.library)}/simple/my-pkg/"), upload(api(), cast.library)):
        assert answer.status_code == 401
        assert answer["WWW-Authenticate"] == 'Basic realm="GitLab Packages Registry"'


def test_a_reporter_may_not_upload(cast: Cast, api: Any):
    assert upload(api(cast.reporter), cast.library).status_code == 403
    assert upload(api(cast.outsider), cast.library).status_code == 404
