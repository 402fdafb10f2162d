"""Files on their way into the store and out of it."""

from __future__ import annotations

import hashlib
import os
import time
from functools import partial
from io import StringIO
from pathlib import Path
from typing import Any

import pytest
from django.core.management import call_command

from blobs import store
from blobs.errors import TooLarge
from blobs.models import Blob, path_of
from blobs.store import (
    TemporaryBlob,
    clear_stale_uploads,
    collect_all_garbage,
    collect_garbage,
    commit,
    delete_unreferenced,
    mark_unreferenced,
)
from jobs.housekeeping import run_housekeeping
from projects.services import delete_project
from resources.packages.models import Package, PackageFile
from tests.factories.cast import Cast
from tests.support.at_once import at_once

WORDS = b"some words"
SHA256 = hashlib.sha256(WORDS).hexdigest()


def bring(words: bytes = WORDS) -> Blob:
    with TemporaryBlob() as incoming:
        incoming.write(words)
        with commit(incoming) as blob:
            return blob


def files_in(folder: Path) -> set[str]:
    beside = {store.LOCKS, store.GC_QUEUE}
    return {path.name for path in folder.rglob("*") if path.is_file() and path.parent.name not in beside}


def test_a_committed_blob_lies_under_its_hash(db: None, settings: Any):
    blob = bring()
    assert (blob.pk, blob.size) == (SHA256, len(WORDS))
    assert blob.path == settings.BLOBS_DIR / SHA256[:2] / SHA256[2:4] / SHA256
    assert blob.path.read_bytes() == WORDS
    assert files_in(settings.BLOBS_DIR) == {SHA256}


def test_equal_contents_are_one_file(db: None, settings: Any):
    assert bring() == bring()
    assert files_in(settings.BLOBS_DIR) == {SHA256}


def test_other_digests_are_computed_while_writing():
    with TemporaryBlob(extra_digests=["md5", "sha1"]) as incoming:
        incoming.write(WORDS[:3])
        incoming.write(WORDS[3:])
        assert incoming.digests == {
            "sha256": SHA256,
            "md5": hashlib.md5(WORDS).hexdigest(),
            "sha1": hashlib.sha1(WORDS).hexdigest(),
        }


def test_a_large_file_is_sent_to_the_disk_on_its_way_and_stays_whole(db: None, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(store, "WRITE_OUT_BYTES", 4)
    with TemporaryBlob() as incoming:
        for byte in WORDS:
            incoming.write(bytes([byte]))
        with commit(incoming) as blob:
            assert blob.pk == SHA256
    assert blob.path.read_bytes() == WORDS


def test_an_upload_that_is_not_committed_leaves_nothing(settings: Any):
    with TemporaryBlob(max_bytes=5) as incoming, pytest.raises(TooLarge):
        incoming.write(WORDS)
    assert not files_in(settings.BLOBS_DIR)


def fail_while_keeping() -> None:
    with TemporaryBlob() as incoming:
        incoming.write(WORDS)
        with commit(incoming):
            raise RuntimeError


def test_a_failure_while_keeping_leaves_no_row(db: None):
    with pytest.raises(RuntimeError):
        fail_while_keeping()
    assert not Blob.objects.exists()


def test_only_what_nobody_needs_is_swept(cast: Cast, settings: Any):
    blob, other = bring(), bring(b"other words")
    package = Package.objects.create(project=cast.library, kind="generic", name="a", version="1")
    file = PackageFile.objects.create(package=package, blob=blob, name="a", size=blob.size)
    assert delete_unreferenced([blob.pk, other.pk, "0" * 64]) == 1
    assert files_in(settings.BLOBS_DIR) == {blob.pk}
    file.delete()
    assert collect_all_garbage() == 1
    assert not files_in(settings.BLOBS_DIR)


def test_garbage_collection_removes_an_unreferenced_blob(cast: Cast, settings: Any):
    blob, other = bring(), bring(b"other words")
    package = Package.objects.create(project=cast.library, kind="generic", name="a", version="1")
    PackageFile.objects.create(package=package, blob=blob, name="a", size=blob.size)
    mark_unreferenced([blob.pk, other.pk, other.pk, "0" * 64])
    assert files_in(settings.BLOBS_DIR) == {blob.pk, other.pk}
    assert run_housekeeping()["unreferenced files deleted"] == 1
    assert files_in(settings.BLOBS_DIR) == {blob.pk}
    assert Blob.objects.get() == blob
    assert collect_garbage() == 0


@pytest.mark.django_db(transaction=True)
def test_equal_uploads_at_once_are_there_for_both(cast: Cast, settings: Any):
    package = Package.objects.create(project=cast.library, kind="generic", name="a", version="1")

    def store_and_keep(name: str) -> None:
        with TemporaryBlob() as incoming:
            incoming.write(WORDS)
            with commit(incoming) as blob:
                PackageFile.objects.create(package=package, blob=blob, name=name, size=blob.size)

    assert at_once(partial(store_and_keep, "a"), partial(store_and_keep, "b"))[1] == []
    assert PackageFile.objects.filter(blob=SHA256).count() == 2
    assert files_in(settings.BLOBS_DIR) == {SHA256}


@pytest.mark.django_db(transaction=True)
def test_a_blob_uploaded_again_during_garbage_collection_stays(cast: Cast, settings: Any):
    package = Package.objects.create(project=cast.library, kind="generic", name="a", version="1")

    def store_again() -> None:
        with TemporaryBlob() as incoming:
            incoming.write(WORDS)
            with commit(incoming) as blob:
                PackageFile.objects.create(package=package, blob=blob, name="a", size=blob.size)

    for _ in range(5):
        blob = bring()
        mark_unreferenced([blob.pk])
        assert at_once(store_again, collect_garbage)[1] == []
        assert blob.path.read_bytes() == WORDS
        assert PackageFile.objects.get().blob == blob
        PackageFile.objects.all().delete()


@pytest.mark.parametrize("links", [True, False])
def test_an_existing_blob_stays_and_its_copy_is_collected_later(
    cast: Cast, settings: Any, monkeypatch: pytest.MonkeyPatch, links: bool
):
    def refuse(source: Path, target: Path) -> None:
        raise PermissionError

    if not links:
        monkeypatch.setattr(os, "link", refuse)
    first = bring().path.stat().st_ino
    assert (bring().path.stat().st_ino == first) is links
    assert len(list((settings.BLOBS_DIR / store.GC_QUEUE).iterdir())) == 2
    package = Package.objects.create(project=cast.library, kind="generic", name="a", version="1")
    PackageFile.objects.create(package=package, blob_id=SHA256, name="a", size=len(WORDS))
    assert collect_garbage() == 0
    assert files_in(settings.BLOBS_DIR) == {SHA256}
    assert not list((settings.BLOBS_DIR / store.GC_QUEUE).iterdir())
    assert path_of(SHA256).stat().st_nlink == 1


def test_an_upload_that_failed_is_swept_at_the_next_pass(db: None, settings: Any):
    with pytest.raises(RuntimeError):
        fail_while_keeping()
    assert collect_garbage() == 1
    assert not files_in(settings.BLOBS_DIR)


def make_old(path: Path) -> None:
    long_ago = time.time() - store.STALE_SECONDS - 1
    os.utime(path, (long_ago, long_ago))


def test_housekeeping_clears_away_an_upload_that_never_ended(db: None, settings: Any):
    old, young = TemporaryBlob(), TemporaryBlob()
    make_old(old.path)
    said = StringIO()
    call_command("housekeeping", stdout=said)
    assert "1 uploads that never ended removed\n" in said.getvalue()
    assert files_in(settings.BLOBS_DIR) == {young.path.name}
    for incoming in (old, young):
        with incoming:
            pass


def test_what_a_killed_upload_had_put_in_place_is_cleared_away(db: None, settings: Any):
    killed, place = settings.BLOBS_DIR / store.TEMPORARY / "killed", path_of(SHA256)
    for folder in (killed.parent, place.parent):
        folder.mkdir(parents=True)
    killed.write_bytes(WORDS)
    os.link(killed, place)
    make_old(killed)
    assert clear_stale_uploads() == 1
    assert collect_garbage() == 1
    assert not files_in(settings.BLOBS_DIR)


def test_a_file_that_no_row_knows_is_swept(db: None, settings: Any):
    with pytest.raises(RuntimeError):
        fail_while_keeping()
    assert files_in(settings.BLOBS_DIR) == {SHA256}
    assert collect_all_garbage() == 1
    assert not files_in(settings.BLOBS_DIR)


def test_a_deleted_projects_files_are_swept_by_the_command(cast: Cast, settings: Any):
    blob = bring()
    package = Package.objects.create(project=cast.library, kind="generic", name="a", version="1")
    PackageFile.objects.create(package=package, blob=blob, name="a", size=blob.size)
    delete_project(cast.library, by=cast.owner)
    said = StringIO()
    call_command("sweep_blobs", stdout=said)
    assert said.getvalue() == "Removed 1 files.\n"
    assert not files_in(settings.BLOBS_DIR)
