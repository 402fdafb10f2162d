"""Pushes of pointers whose objects nobody has uploaded, and projects without LFS."""

from __future__ import annotations

import io
import tarfile
import zipfile
from typing import Any

import pytest

from projects.models import Project
from projects.repository import Repository
from resources.lfs.models import LfsObject
from tests.factories import projects
from tests.factories.cast import Cast
from tests.lfs.test_locked_pushes import make, push
from tests.lfs.test_objects import CONTENT, NOT_FOUND, OID, SIZE, person, pointer

pytestmark = pytest.mark.once

MISSING = "GitLab: LFS objects are missing. Ensure LFS is properly set up"


@pytest.fixture
def main(cast: Cast) -> str:
    return projects.commit(cast.library, {"README": "hello"})


@pytest.fixture
def stored_object(cast: Cast) -> None:
    assert person(cast.developer).upload()[0] == 200


def test_a_pointer_without_its_object_is_refused(cast: Cast, main: str):
    output = push(cast, make(cast, {"a.bin": pointer()}, main))
    assert MISSING in output
    assert Repository(cast.library.repository_path).branch("topic") is None


def test_a_pointer_deep_in_the_history_is_found(cast: Cast, main: str):
    hidden = make(cast, {"a.bin": pointer()}, main)
    assert MISSING in push(cast, make(cast, {"README": "hello"}, hidden))


def test_a_pointer_to_an_object_that_is_here_is_taken(cast: Cast, main: str, stored_object: None):
    assert "ok refs/heads/topic" in push(cast, make(cast, {"a.bin": pointer()}, main))


def test_another_project_s_object_does_not_count(cast: Cast, main: str, stored_object: None):
    LfsObject.objects.update(project=cast.app)
    assert MISSING in push(cast, make(cast, {"a.bin": pointer()}, main))


def test_a_pointer_that_was_there_before_is_no_new_one(cast: Cast):
    old = projects.commit(cast.library, {"a.bin": pointer()})
    assert "ok refs/heads/topic" in push(cast, make(cast, {"a.bin": pointer(), "b": "2"}, old))


@pytest.mark.parametrize(
    "text", [f"See how it looks:\n{pointer()}", "version 1\noid sha256:" + "0" * 64, "x" * 5000, ""]
)
def test_other_files_are_no_pointers(cast: Cast, main: str, text: str):
    assert "ok refs/heads/topic" in push(cast, make(cast, {"a.txt": text}, main))


def test_without_lfs_pointers_are_files_like_any_other(cast: Cast, api: Any, main: str, stored_object: None):
    answer = api(cast.maintainer).put(f"/projects/{cast.library.pk}", {"lfs_enabled": False})
    assert answer.json()["lfs_enabled"] is False
    assert "ok refs/heads/topic" in push(cast, make(cast, {"a.bin": pointer("0" * 64)}, main))
    assert person(cast.developer).batch("download") == (404, NOT_FOUND)
    assert person(cast.developer).upload() == (404, NOT_FOUND)
    Project.objects.filter(pk=cast.library.pk).update(lfs_enabled=True)
    assert person(cast.developer).batch("download")[0] == 200


def test_a_raw_file_is_its_pointer_or_what_that_stands_for(cast: Cast, api: Any, stored_object: None):
    projects.commit(cast.library, {"d/a.bin": pointer(), "b.bin": pointer("0" * 64), "c": "text"})
    client, files = api(cast.reporter), f"/projects/{cast.library.pk}/repository/files"
    assert client.get(f"{files}/d%2Fa.bin/raw?ref=main").content.decode() == pointer()
    whole = client.get(f"{files}/d%2Fa.bin/raw?ref=main&lfs=true")
    assert whole.getvalue() == CONTENT, whole.content
    assert (whole["Content-Length"], whole["ETag"]) == (str(SIZE), f'"{OID}"')
    assert client.get(f"{files}/b.bin/raw?ref=main&lfs=true").status_code == 404
    assert client.get(f"{files}/c/raw?ref=main&lfs=true").content == b"text"


@pytest.mark.parametrize("suffix", ["tar", "zip"])
def test_an_archive_has_what_pointers_stand_for(cast: Cast, api: Any, stored_object: None, suffix: str):
    elsewhere = "0" * 64
    plain = "no pointer, but it has the attribute\n" * 100
    files = {".gitattributes": "*.bin filter=lfs -text\n", "a.bin": pointer(), "gone.bin": pointer(elsewhere)}
    projects.commit(cast.library, {**files, "plain.bin": plain, "short.bin": "x", "a.txt": pointer()})
    address = f"/projects/{cast.library.pk}/repository/archive.{suffix}"
    whole, pointers = api(cast.reporter).get(address), api(cast.reporter).get(f"{address}?include_lfs_blobs=false")
    found = unpack(whole.getvalue())
    assert found["a.bin"] == CONTENT
    assert found["gone.bin"].decode() == pointer(elsewhere)
    assert (found["plain.bin"].decode(), found["short.bin"]) == (plain, b"x")
    assert found["a.txt"].decode() == pointer()
    assert unpack(pointers.getvalue())["a.bin"].decode() == pointer()
    assert whole["ETag"] != pointers["ETag"]
    LfsObject.objects.update(project=cast.app)
    assert unpack(api(cast.reporter).get(address).getvalue())["a.bin"].decode() == pointer()


def unpack(data: bytes) -> dict[str, bytes]:
    """Name → content."""
    if data[:2] == b"PK":
        archive = zipfile.ZipFile(io.BytesIO(data))
        return {name.rpartition("/")[2]: archive.read(name) for name in archive.namelist()}
    with tarfile.open(fileobj=io.BytesIO(data)) as tar:
        files = [(member.name, tar.extractfile(member)) for member in tar]
        return {name.rpartition("/")[2]: file.read() for name, file in files if file is not None}
