"""Lock files and temporary objects of killed writers are removed; nothing that somebody alive may need is."""

from __future__ import annotations

import logging
import os
import signal
import subprocess
import sys
import time
from collections.abc import Iterator
from pathlib import Path

import pytest
from django.core.management import call_command

from jobs.housekeeping import run_housekeeping
from projects.models import Project
from projects.repository import InvalidChange, Repository
from projects.repository.leftovers import MIN_AGE, MIN_UNEXPECTED_AGE
from projects.repository.write_lock import WriteLock, lock_path
from tests.factories.cast import Cast
from tests.support.server import ROOT

STEP = "leftovers of killed pushes removed"
# What git 2.39 and libgit2 leave behind when they are killed at one moment or another.
LEFTOVERS = [
    "refs/heads/main.lock",
    "refs/heads/feature/new.lock",
    "HEAD.lock",
    "packed-refs.lock",
    "objects/tmp_objdir-incoming-x3fG2a/pack/tmp_pack_a1",
    "objects/pack/tmp_pack_Xy12",
    "objects/pack/tmp_idx_Xy12",
    "objects/4b/tmp_obj_Xy12",
    "objects/tmp_object_git2_a1b2",
]


@pytest.fixture
def repository(cast: Cast) -> Repository:
    repository = Repository(cast.library.repository_path)
    if not repository.branch("main"):
        repository.write("main", [], "First", by=("A", "a@example.org"))
    return repository


def leave_behind(repository: Repository, *names: str, age: float) -> list[Path]:
    """The topmost paths that were made."""
    found = []
    for name in names:
        path = repository.path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(b"")
        top = path.parents[1] if "incoming" in name else path
        os.utime(top, (time.time() - age,) * 2)
        found.append(top)
    return found


def kill_a_writer(repository: Repository) -> None:
    with writer_in_another_process(repository) as process:
        process.kill()


class writer_in_another_process:
    """Holds the write lock until the end of the block, or until it is killed."""

    def __init__(self, repository: Repository) -> None:
        code = (
            "import sys, time; from pathlib import Path; from projects.repository.write_lock import WriteLock\n"
            "lock = WriteLock(Path(sys.argv[1])); print('holds', flush=True); time.sleep(60)"
        )
        command = [sys.executable, "-c", code, str(repository.path)]
        self.process = subprocess.Popen(command, cwd=ROOT, stdout=subprocess.PIPE, env=os.environ)

    def __enter__(self) -> subprocess.Popen[bytes]:
        assert self.process.stdout is not None
        assert self.process.stdout.readline() == b"holds\n"
        return self.process

    def __exit__(self, *_: object) -> None:
        self.process.send_signal(signal.SIGKILL)
        self.process.wait()
        assert self.process.stdout is not None
        self.process.stdout.close()


def test_leftovers_of_a_killed_writer_are_removed_counted_and_logged(
    repository: Repository, caplog: pytest.LogCaptureFixture
) -> None:
    paths = leave_behind(repository, *LEFTOVERS, age=MIN_AGE + 5)
    kill_a_writer(repository)
    with pytest.raises(InvalidChange):
        repository.write("main", [], "Second", by=("A", "a@example.org"))
    with caplog.at_level(logging.WARNING):
        assert run_housekeeping()[STEP] == len(LEFTOVERS)
    assert not [path for path in paths if path.exists()]
    assert f"Removing {len(LEFTOVERS)} leftovers of killed writes from {repository.path}: HEAD.lock" in caplog.text
    repository.write("main", [], "Second", by=("A", "a@example.org"))
    assert not lock_path(repository.path).exists()
    assert run_housekeeping()[STEP] == 0


def test_what_a_living_writer_may_need_stays(repository: Repository) -> None:
    paths = leave_behind(repository, *LEFTOVERS, age=MIN_UNEXPECTED_AGE + 5)
    with writer_in_another_process(repository):
        kill_a_writer(repository)
        assert run_housekeeping()[STEP] == 0
        call_command("housekeeping")
    assert all(path.exists() for path in paths)
    assert run_housekeeping()[STEP] == len(paths), "and is removed once it is dead"


def test_a_child_that_outlives_its_parent_counts_as_alive(repository: Repository) -> None:
    paths = leave_behind(repository, "refs/heads/main.lock", age=MIN_AGE + 5)
    with WriteLock(repository.path) as lock:
        child = subprocess.Popen(["sleep", "60"], pass_fds=[lock.fileno()])
        lock.abandon()
    assert run_housekeeping()[STEP] == 0
    child.kill()
    child.wait()
    assert run_housekeeping()[STEP] == len(paths)


def test_what_is_young_waits_for_a_later_pass(repository: Repository) -> None:
    (path,) = leave_behind(repository, "refs/heads/main.lock", age=0)
    kill_a_writer(repository)
    assert run_housekeeping()[STEP] == 0
    assert path.exists()
    leave_behind(repository, "refs/heads/main.lock", age=MIN_AGE + 5)
    assert run_housekeeping()[STEP] == 1


def test_an_hour_old_leftovers_are_removed_without_a_trace_of_their_writer(repository: Repository) -> None:
    (new,) = leave_behind(repository, "refs/heads/feature.lock", age=MIN_UNEXPECTED_AGE - 60)
    (old,) = leave_behind(repository, "refs/heads/main.lock", age=MIN_UNEXPECTED_AGE + 60)
    call_command("housekeeping")
    assert new.exists()
    assert not old.exists()


def test_writers_that_end_leave_no_lock_file(repository: Repository) -> None:
    with WriteLock(repository.path), WriteLock(repository.path):
        assert lock_path(repository.path).exists()
    repository.create_branch("feature", "main")
    repository.delete_ref(repository.find("feature"))
    assert not lock_path(repository.path).exists()


def test_a_lock_of_a_deleted_repository_goes(repository: Repository, cast: Cast) -> None:
    kill_a_writer(repository)
    repository.remove()
    assert run_housekeeping()[STEP] == 0
    assert not lock_path(repository.path).exists()
    assert Project.objects.filter(pk=cast.library.pk).exists()


@pytest.fixture(autouse=True)
def _clean_locks(repository: Repository) -> Iterator[None]:
    yield
    lock_path(repository.path).unlink(missing_ok=True)
