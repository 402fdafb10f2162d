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
from blobs.models import Blob, path_of
from blobs.store import Incoming, TooLarge, keep, let_go, sweep, sweep_all, sweep_loose
from jobs.services.housekeeping import tidy_up
from projects.services import delete_project
from resources.packages.models import Package, PackageFile
from tests.factories.cast import Cast
from tests.support.at_once import at_once

WORDS = b"some words"
SHA256 = hashlib.sha256(WORDS).hexdigest()


def bring(words: bytes = WORDS) -> Blob:
    with Incoming() as incoming:
        incoming.write(words)
        with keep(incoming) as blob:
            return blob


def files_in(folder: Path) -> set[str]:
    beside = {store.LOCKS, store.LOOSE}
    return {path.name for path in folder.rglob("*") if path.is_file() and path.parent.name not in beside}


def test_what_is_kept_lies_under_its_hash(db: None, settings: Any):
    blob = bring()
    assert (blob.pk, blob.size) == (SHA256, len(WORDS))
    assert blob.path == settings.BLOBS_DIR / SHA256[:2] / SHA256[2:4] / SHA256
    assert blob.path.read_bytes() == WORDS
    assert files_in(settings.BLOBS_DIR) == {SHA256}


def test_the_same_again_is_the_same_file(db: None, settings: Any):
    assert bring() == bring()
    assert files_in(settings.BLOBS_DIR) == {SHA256}


def test_other_digests_are_reckoned_on_the_way():
    with Incoming(also=["md5", "sha1"]) as incoming:
        incoming.write(WORDS[:3])
        incoming.write(WORDS[3:])
        assert incoming.digests == {
            "sha256": SHA256,
            "md5": hashlib.md5(WORDS).hexdigest(),
            "sha1": hashlib.sha1(WORDS).hexdigest(),
        }


def test_a_large_file_is_sent_to_the_disk_on_its_way_and_stays_whole(db: None, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(store, "WRITE_OUT_EVERY", 4)
    with Incoming() as incoming:
        for byte in WORDS:
            incoming.write(bytes([byte]))
        with keep(incoming) as blob:
            assert blob.pk == SHA256
    assert blob.path.read_bytes() == WORDS


def test_what_is_not_kept_leaves_nothing(settings: Any):
    with Incoming(most=5) as incoming, pytest.raises(TooLarge):
        incoming.write(WORDS)
    assert not files_in(settings.BLOBS_DIR)


def fail_while_keeping() -> None:
    with Incoming() as incoming:
        incoming.write(WORDS)
        with keep(incoming):
            raise RuntimeError


def test_a_failure_while_keeping_leaves_no_row(db: None):
    with pytest.raises(RuntimeError):
        fail_while_keeping()
    assert not Blob.objects.exists()


def test_only_what_nobody_needs_is_swept(cast: Cast, settings: Any):
    blob, other = bring(), bring(b"other words")
    package = Package.objects.create(project=cast.library, kind="generic", name="a", version="1")
    file = PackageFile.objects.create(package=package, blob=blob, name="a", size=blob.size)
    assert sweep([blob.pk, other.pk, "0" * 64]) == 1
    assert files_in(settings.BLOBS_DIR) == {blob.pk}
    file.delete()
    assert sweep_all() == 1
    assert not files_in(settings.BLOBS_DIR)


def test_what_was_let_go_is_swept_at_the_next_pass_if_nobody_needs_it(cast: Cast, settings: Any):
    blob, other = bring(), bring(b"other words")
    package = Package.objects.create(project=cast.library, kind="generic", name="a", version="1")
    PackageFile.objects.create(package=package, blob=blob, name="a", size=blob.size)
    let_go([blob.pk, other.pk, other.pk, "0" * 64])
    assert files_in(settings.BLOBS_DIR) == {blob.pk, other.pk}
    assert tidy_up()["stored files went"] == 1
    assert files_in(settings.BLOBS_DIR) == {blob.pk}
    assert Blob.objects.get() == blob
    assert sweep_loose() == 0


@pytest.mark.django_db(transaction=True)
def test_the_same_brought_twice_at_once_is_there_for_both(cast: Cast, settings: Any):
    package = Package.objects.create(project=cast.library, kind="generic", name="a", version="1")

    def store_and_keep(name: str) -> None:
        with Incoming() as incoming:
            incoming.write(WORDS)
            with keep(incoming) as blob:
                PackageFile.objects.create(package=package, blob=blob, name=name, size=blob.size)

    assert at_once(partial(store_and_keep, "a"), partial(store_and_keep, "b"))[1] == []
    assert PackageFile.objects.filter(blob=SHA256).count() == 2
    assert files_in(settings.BLOBS_DIR) == {SHA256}


@pytest.mark.django_db(transaction=True)
def test_what_is_brought_again_while_it_is_swept_stays(cast: Cast, settings: Any):
    package = Package.objects.create(project=cast.library, kind="generic", name="a", version="1")

    def store_again() -> None:
        with Incoming() as incoming:
            incoming.write(WORDS)
            with keep(incoming) as blob:
                PackageFile.objects.create(package=package, blob=blob, name="a", size=blob.size)

    for _ in range(5):
        blob = bring()
        let_go([blob.pk])
        assert at_once(store_again, sweep_loose)[1] == []
        assert blob.path.read_bytes() == WORDS
        assert PackageFile.objects.get().blob == blob
        PackageFile.objects.all().delete()


@pytest.mark.parametrize("links", [True, False])
def test_what_was_there_already_stays_as_it_is_and_the_copy_goes_later(
    cast: Cast, settings: Any, monkeypatch: pytest.MonkeyPatch, links: bool
):
    def refused(source: Path, target: Path) -> None:
        raise PermissionError

    if not links:
        monkeypatch.setattr(os, "link", refused)
    first = bring().path.stat().st_ino
    assert (bring().path.stat().st_ino == first) is links
    assert len(list((settings.BLOBS_DIR / store.LOOSE).iterdir())) == (2 if links else 0)
    package = Package.objects.create(project=cast.library, kind="generic", name="a", version="1")
    PackageFile.objects.create(package=package, blob_id=SHA256, name="a", size=len(WORDS))
    assert sweep_loose() == 0
    assert files_in(settings.BLOBS_DIR) == {SHA256}
    assert not list((settings.BLOBS_DIR / store.LOOSE).iterdir())
    assert path_of(SHA256).stat().st_nlink == 1


def test_an_upload_that_failed_is_swept_at_the_next_pass(db: None, settings: Any):
    with pytest.raises(RuntimeError):
        fail_while_keeping()
    assert sweep_loose() == 1
    assert not files_in(settings.BLOBS_DIR)


def test_an_upload_that_never_ended_is_cleared_away(db: None, settings: Any):
    old, young = Incoming(), Incoming()
    long_ago = time.time() - store.STALE_SECONDS - 1
    os.utime(old.path, (long_ago, long_ago))
    sweep_all()
    assert files_in(settings.BLOBS_DIR) == {young.path.name}
    for incoming in (old, young):
        with incoming:
            pass


def test_a_file_that_no_row_knows_is_swept(db: None, settings: Any):
    with pytest.raises(RuntimeError):
        fail_while_keeping()
    assert files_in(settings.BLOBS_DIR) == {SHA256}
    assert sweep_all() == 1
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
