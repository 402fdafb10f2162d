"""How often a file was downloaded: what counts, where it is kept, and where people see it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import UTC, datetime, timedelta
from functools import partial
from typing import Any

import pytest
from django.db import OperationalError, connection, transaction
from django.test import Client
from django.utils.html import strip_tags

from resources.packages import download_counts, services
from resources.packages.formats.table import FORMATS, download_path
from resources.packages.models import DownloadCount, Package, PackageFile
from tests.factories.cast import Cast
from tests.packages import pypi
from tests.packages.npm import publications
from tests.support.at_once import at_once
from tests.support.client import Api
from tokenaccess.access_log import buffer, writer
from tokenaccess.models import AllowlistEntry

CONTENT = b"hello, library\n"
ADDRESS = "packages/generic/tool/1.0/tool.tgz"
PUBLISH: dict[str, Callable[[Any, Any], Any]] = {
    "generic": lambda client, project: client.put(f"/projects/{project.pk}/{ADDRESS}", CONTENT),
    "maven": lambda client, project: client.put(f"/projects/{project.pk}/packages/maven/a/b/1/b-1.jar", CONTENT),
    "npm": publications.put,
    "pypi": pypi.upload,
    "terraform_module": lambda client, project: client.put(
        f"/projects/{project.pk}/packages/terraform/modules/net/aws/1.0.0/file", CONTENT
    ),
}


@pytest.fixture
def file(cast: Cast, api: Any) -> PackageFile:
    """`tool 1.0`, with one file."""
    assert PUBLISH["generic"](api(cast.developer), cast.library).status_code == 201
    return PackageFile.objects.get()


def fetch(client: Api, file: PackageFile, method: str = "GET", **headers: str) -> int:
    answer: Any = client.request(method, download_path(file).removeprefix("/api/v4"), headers=headers)
    if answer.streaming:
        list(answer.streaming_content)
    return int(answer.status_code)


def counts() -> list[int]:
    return list(DownloadCount.objects.order_by("file").values_list("count", flat=True))


@pytest.mark.parametrize("kind", FORMATS)
def test_a_download_counts_in_every_format(cast: Cast, api: Any, kind: str) -> None:
    assert PUBLISH[kind](api(cast.developer), cast.library).status_code in {200, 201}
    file = PackageFile.objects.get()
    before = datetime.now(UTC)
    assert [fetch(api(cast.reporter), file) for _ in range(3)] == [200] * 3
    row, package = DownloadCount.objects.get(), Package.objects.get()
    assert (row.file, row.count) == (file, 3)
    assert before < row.last_at == package.last_downloaded_at
    body = api(cast.reporter).get(f"/projects/{cast.library.pk}/packages/{package.pk}/package_files").json()
    assert not [name for name in body[0] if "download" in name]  # as in GitLab


@pytest.mark.one_case
@pytest.mark.parametrize(
    ("method", "headers", "status", "count"),
    [
        ("HEAD", {}, 200, 0),
        ("GET", {"Range": "bytes=0-4"}, 206, 1),
        ("GET", {"Range": "bytes=-100"}, 206, 1),
        ("GET", {"Range": "bytes=5-"}, 206, 0),
        ("GET", {"Range": "bytes=-5"}, 206, 0),
        ("GET", {"Range": "bytes=15-"}, 416, 0),
        ("GET", {"Range": "bytes=5-", "If-Range": '"another"'}, 200, 1),
        ("GET", {"If-None-Match": "*"}, 304, 0),
        ("GET", {"If-Match": '"another"'}, 412, 0),
        ("GET", {"JOB-TOKEN": "glcbt-nonsense"}, 401, 0),
    ],
)
def test_only_what_begins_to_bring_the_file_counts(
    cast: Cast, api: Any, file: PackageFile, method: str, headers: dict[str, str], status: int, count: int
) -> None:
    client = api(cast.reporter) if "JOB-TOKEN" not in headers else api()
    assert fetch(client, file, method, **headers) == status
    assert sum(counts()) == count


@pytest.mark.one_case
@pytest.mark.parametrize(
    ("asked", "count"), [("bytes=0-4", 1), ("bytes=5-", 0), ("bytes=-100", 1), ("bytes=15-", 0), ("lines=5-", 1)]
)
def test_a_front_server_is_taken_to_send_the_part_asked_for(
    cast: Cast, api: Any, file: PackageFile, settings: Any, asked: str, count: int
) -> None:
    settings.ACCEL_REDIRECT = "/-/blobs"
    assert fetch(api(cast.reporter), file, Range=asked) == 200
    assert sum(counts()) == count


def test_a_job_that_is_refused_has_not_downloaded(cast: Cast, api: Any, file: PackageFile) -> None:
    client = api(job=cast.job_token())
    assert fetch(client, file) == 404
    entry = AllowlistEntry.objects.create(project=cast.library, target_project=cast.app, direction="inbound")
    assert fetch(client, file) == 200
    entry.delete()
    assert fetch(client, file) == 404
    assert counts() == [1]


def test_a_download_is_one_statement_and_is_written_later(
    cast: Cast, api: Any, file: PackageFile, later_log: None, django_assert_num_queries: Any
) -> None:
    AllowlistEntry.objects.create(project=cast.library, target_project=cast.app, direction="inbound")
    client, address = api(job=cast.job_token()), f"/projects/{cast.library.pk}/{ADDRESS}"
    with django_assert_num_queries(3):
        assert [client.get(address).status_code for _ in range(3)] == [200] * 3
    assert counts() == []
    buffer.write()
    assert counts() == [3]


def test_many_files_take_as_many_statements_as_one(
    cast: Cast, file: PackageFile, django_assert_num_queries: Any, later_log: None
) -> None:
    copies = [PackageFile(package=file.package, blob=file.blob, name=f"{n}", size=1) for n in range(8)]
    for copy in PackageFile.objects.bulk_create(copies):
        download_counts.count(copy.pk, copy.package_id)
    with django_assert_num_queries(4):  # a transaction with the counts, and with the packages
        download_counts.write(10)
    assert counts() == [1] * 8


@pytest.fixture
def no_room(monkeypatch: pytest.MonkeyPatch) -> Iterator[pytest.MonkeyPatch]:
    """The counts can be written, and then the times cannot: half is not done."""
    write = writer.write_notes

    def fail(statement: str, *args: Any, **more: Any) -> None:
        if statement.lstrip().startswith("UPDATE"):
            raise OperationalError("database or disk is full")
        write(statement, *args, **more)

    with monkeypatch.context() as patch:
        patch.setattr(writer, "write_notes", fail)
        yield patch


def test_what_cannot_be_written_waits_and_counts_once(
    file: PackageFile, later_log: None, no_room: pytest.MonkeyPatch
) -> None:
    download_counts.count(file.pk, file.package_id)
    with pytest.raises(OperationalError):
        download_counts.write(10)
    download_counts.count(file.pk, file.package_id)
    no_room.undo()
    download_counts.write(10)
    assert counts() == [2]


def test_counts_of_several_processes_add_up_and_the_clock_does_not_turn_back(file: PackageFile) -> None:
    later = datetime.now(UTC) + timedelta(hours=1)
    DownloadCount.objects.create(file=file, count=40, last_at=later)
    Package.objects.update(last_downloaded_at=later)
    download_counts.count(file.pk, file.package_id)
    row = DownloadCount.objects.get()
    assert (row.count, row.last_at, Package.objects.get().last_downloaded_at) == (41, later, later)


def test_the_pages_and_the_administration_show_how_often_and_when(cast: Cast, api: Any, file: PackageFile) -> None:
    client, address = Client(), f"/acme/library/-/packages/{file.package_id}"
    client.force_login(cast.admin)
    assert "never downloaded" in words_of(client, address)
    assert fetch(api(cast.reporter), file) == 200
    assert "1 download, just now" in words_of(client, address)
    download_counts._write_batch({file.pk: download_counts._Tally(file.package_id, 11, datetime.now(UTC))})
    assert "12 downloads, the last just now" in words_of(client, address)
    Package.objects.create(project=cast.library, kind="generic", name="other", version="2.0")
    words = words_of(client, "/acme/library/-/packages?sort=downloads")
    assert "just now 12 downloads" in words
    assert words.index("tool 1.0") < words.index("other 2.0")
    assert "12" in words_of(client, f"/admin/packages/package/{file.package_id}/change/")
    assert "12" in words_of(client, "/admin/packages/package/?o=8")


def words_of(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return " ".join(strip_tags(answer.content.decode()).split())


def test_a_file_that_is_gone_meanwhile_is_left_out(cast: Cast, api: Any, file: PackageFile, later_log: None) -> None:
    assert fetch(api(cast.reporter), file) == 200
    buffer.write()
    assert fetch(api(cast.reporter), file) == 200
    services.delete_package(Package.objects.get(), by=cast.owner)
    buffer.write()
    assert counts() == []


on_postgresql = pytest.mark.skipif(connection.vendor != "postgresql", reason="SQLite has one writer at a time")


@pytest.mark.may_skip
@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_an_upload_that_takes_its_time_does_not_stop_the_counting(file: PackageFile, later_log: None) -> None:
    """It holds the package's row; the next download sets the time."""
    download_counts.count(file.pk, file.package_id)
    with transaction.atomic():
        Package.objects.select_for_update().get()
        _, failed = at_once(lambda: download_counts.write(10))
    assert (failed, counts(), Package.objects.get().last_downloaded_at) == ([], [1], None)
    download_counts.count(file.pk, file.package_id)
    download_counts.write(10)
    assert (counts(), Package.objects.get().last_downloaded_at) == ([2], DownloadCount.objects.get().last_at)


@pytest.mark.may_skip
@on_postgresql
@pytest.mark.django_db(transaction=True)
def test_processes_that_write_at_once_lose_nothing(file: PackageFile) -> None:
    files = [file]
    for number in range(5):
        package = Package.objects.create(project=file.package.project, kind="generic", name=f"p{number}", version="1")
        files.append(PackageFile.objects.create(package=package, blob=file.blob, name="f", size=1))
    tallies = {one.pk: download_counts._Tally(one.package_id, 1, datetime.now(UTC)) for one in files}
    backwards = dict(reversed(tallies.items()))
    _, failed = at_once(*[partial(download_counts._write_batch, notes) for notes in (tallies, backwards) * 4])
    assert (failed, counts()) == ([], [8] * 6)
