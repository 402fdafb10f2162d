"""Reading zips that strangers made."""

from __future__ import annotations

import io
import struct
import zipfile
from pathlib import Path

import pytest

from jobs.artifacts import archive as archives
from jobs.artifacts.archive import Archive, BadPath, NoSuchEntry, NotAnArchive, TooManyEntries
from tests.factories.artifacts import zip_bytes

pytestmark = pytest.mark.pure


@pytest.fixture
def open_archive(tmp_path: Path):
    def open_(data: bytes) -> Archive:
        path = tmp_path / "archive.zip"
        path.write_bytes(data)
        return Archive(path)

    return open_


def names(archive: Archive, path: str = "") -> list[str]:
    return [f"{row.name}/" if row.is_folder else row.name for row in archive.folder(path).rows]


def test_folders_come_first_then_files_by_name(open_archive):
    with open_archive(zip_bytes({"z.txt": b"", "b/c/d": b"1", "a/x": b"22", "a.txt": b"333"})) as archive:
        assert names(archive) == ["a/", "b/", "a.txt", "z.txt"]
        assert names(archive, "b/c") == ["d"]
        assert archive.folder("a").rows[0].size == 2


def test_an_empty_folder_is_there(open_archive):
    with open_archive(zip_bytes({"empty/": b""})) as archive:
        assert names(archive) == ["empty/"]
        assert names(archive, "empty") == []


def test_an_empty_archive_is_one(open_archive):
    with open_archive(zip_bytes({})) as archive:
        assert names(archive) == []


@pytest.mark.parametrize("path", ["nowhere", "a.txt", "buil"])
def test_a_folder_that_is_not_there(open_archive, path: str):
    with open_archive(zip_bytes({"a.txt": b"", "build/x": b""})) as archive, pytest.raises(NoSuchEntry):
        archive.folder(path)


def test_names_that_lead_elsewhere_are_counted_and_never_read(open_archive):
    wicked = ["../up", "/etc/passwd", "a/../../up", "a\\b", "a//b", "./here"]
    with open_archive(zip_bytes(dict.fromkeys([*wicked, "good"], b"x"))) as archive:
        folder = archive.folder()
        assert [row.name for row in folder.rows] == ["good"]
        assert folder.hidden == len(wicked)
        for name in wicked:
            with pytest.raises(BadPath):
                archive.open(name)


def test_very_many_entries_are_not_all_shown(open_archive):
    with open_archive(zip_bytes({f"{n}": b"" for n in range(5)})) as archive:
        folder = archive.folder(max_rows=3)
        assert (len(folder.rows), folder.hidden) == (3, 2)


def test_a_list_too_long_to_hold_is_not_read_but_is_a_zip(
    open_archive, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
):
    monkeypatch.setattr(archives, "MAX_DIRECTORY_SIZE", 100)
    with pytest.raises(TooManyEntries):
        open_archive(zip_bytes({f"{n}": b"" for n in range(5)}))
    archives.check_archive(tmp_path / "archive.zip")


def test_the_list_of_a_zip64_is_measured(open_archive):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        for number in range(70_000):
            archive.writestr(zipfile.ZipInfo(str(number)), b"")
    assert archives.directory_size(packed) == 70_000 * 46 + sum(len(str(number)) for number in range(70_000))


def test_a_comment_and_something_in_front_do_no_harm(open_archive):
    packed = io.BytesIO(b"#!/bin/sh\n" + zip_bytes())
    with zipfile.ZipFile(packed, "a") as archive:
        archive.comment = b"made by hand"
    with open_archive(packed.getvalue()) as archive:
        assert "notes.md" in names(archive)


@pytest.mark.parametrize("data", [b"", b"x" * 100, b"PK\x05\x06", zip_bytes()[:-1], b"PK\x05\x06" + b"\xff" * 18])
def test_what_is_no_zip_is_named(open_archive, data: bytes):
    with pytest.raises((NotAnArchive, TooManyEntries)):
        open_archive(data)


def test_a_lie_about_the_list_is_found_out(open_archive):
    data = zip_bytes()
    end = data.rfind(b"PK\x05\x06")
    lying = data[: end + 12] + struct.pack("<L", 0) + data[end + 16 :]
    try:
        with open_archive(lying) as archive:
            assert names(archive) == []
    except NotAnArchive:
        pass


def test_only_what_the_runner_packs_is_unpacked(open_archive):
    packed = io.BytesIO()
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("lzma", b"x" * 1000, zipfile.ZIP_LZMA)
        archive.writestr("bzip2", b"x" * 1000, zipfile.ZIP_BZIP2)
    with open_archive(packed.getvalue()) as archive:
        for name in ("lzma", "bzip2"):
            with pytest.raises(NoSuchEntry):
                archive.open(name)


def test_an_encrypted_entry_is_not_read(open_archive):
    data = bytearray(zip_bytes({"secret": b"x"}))
    for header, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        data[data.find(header) + offset] |= 1
    with open_archive(bytes(data)) as archive, pytest.raises(NoSuchEntry):
        archive.open("secret")


def test_a_broken_entry_ends_early(open_archive):
    data = bytearray(zip_bytes({"large": bytes(range(256)) * 4000}))
    middle = data.find(b"large") + len("large") + 300
    data[middle : middle + 20] = b"\xff" * 20
    with open_archive(bytes(data)) as archive:
        try:
            entry = archive.open("large")
            assert len(b"".join(entry.blocks())) < entry.size
        except NoSuchEntry:
            pass


@pytest.mark.parametrize(
    ("data", "is_text"),
    [(b"", True), (b"plain", True), ("é".encode() * 10_000, True), (b"\xff", False), (b"a\0b", False)],
)
def test_text_is_recognized_by_its_beginning(open_archive, data: bytes, is_text: bool):
    with open_archive(zip_bytes({"file": b"a" + data if len(data) > 5 else data})) as archive:
        assert archive.open("file").is_text is is_text
