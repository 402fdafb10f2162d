"""The queue's version is one for all processes of the server, and outlives each (runner.md §2.2)."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.conf import settings as django_settings

from jobs.models import Runner
from jobs.runners.queue import version as queue_version
from jobs.runners.services import update_runner
from projects.models import Project
from projects.services import update_project
from tests.factories import runners
from tests.factories.cast import Cast
from tokenaccess.policy.levels import FeatureLevel

ANOTHER_PROCESS = """
import os, sys
os.environ["DJANGO_SETTINGS_MODULE"] = "config.settings"
from pathlib import Path
from django.conf import settings
settings.configure(DATA_DIR=Path(sys.argv[1]), SECRET_KEY="x")
from jobs.runners.queue import version
version.MAX_AGE_SECONDS = 10**9
if sys.argv[2] == "bump":
    version.bump()
print(version.current())
"""


@pytest.fixture(autouse=True)
def _timeless(settings: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    settings.DATA_DIR = tmp_path
    monkeypatch.setattr(queue_version, "MAX_AGE_SECONDS", 10**9)


def another(folder: Path, act: str = "look") -> str:
    """The version as another process sees it, after a bump there or without."""
    command = [sys.executable, "-c", ANOTHER_PROCESS, str(folder), act]
    done = subprocess.run(command, cwd=django_settings.BASE_DIR, check=True, capture_output=True, text=True, timeout=60)
    return done.stdout.strip()


def test_a_bump_of_the_version_in_one_process_is_seen_in_all(tmp_path: Path) -> None:
    before = queue_version.current()
    assert another(tmp_path) == before
    bumped = another(tmp_path, "bump")
    assert bumped != before
    assert queue_version.current() == bumped
    queue_version.bump()
    assert another(tmp_path) == queue_version.current() != bumped


def test_the_version_stays_the_same_over_a_restart(tmp_path: Path) -> None:
    queue_version.bump()
    now = queue_version.current()
    assert another(tmp_path) == another(tmp_path) == now


def test_each_tick_leaves_another_version_and_nothing_else(tmp_path: Path) -> None:
    seen = set()
    for _ in range(20):
        queue_version.bump()
        seen.add(queue_version.current())
    assert len(seen) == 20
    assert [path.name for path in tmp_path.iterdir()] == ["queue_version"]


def test_a_lost_tick_is_made_up_for_within_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(queue_version, "MAX_AGE_SECONDS", 60)
    versions = set()
    for second in (0, 59, 60, 120):
        monkeypatch.setattr("jobs.runners.queue.version.time.time", lambda second=second: 1_800_000_000 + second)
        versions.add(queue_version.current())
    assert len(versions) == 3


def test_without_its_folder_yet_everything_is_new(settings: Any, tmp_path: Path) -> None:
    settings.DATA_DIR = tmp_path / "later"
    assert queue_version.current()


# --- What makes a new version: a runner that has just heard "nothing" asks again, and has the job ---------------------


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("field", "closed", "opened"),
    [
        ("shared_runners_enabled", False, True),
        ("archived", True, False),
        ("builds_access_level", FeatureLevel.DISABLED, FeatureLevel.ENABLED),
    ],
)
def test_a_project_that_admits_runners_changes_the_queue_version_at_once(field: str, closed: Any, opened: Any) -> None:
    cast = Cast()
    runners.pipeline(cast.app, cast.developer)
    Project.objects.filter(pk=cast.app.pk).update(**{field: closed})
    runner = runners.runner()
    assert runner.take() is None
    project = Project.objects.get(pk=cast.app.pk)
    version = queue_version.current()
    update_project(project, by=cast.maintainer, description="Something else")
    assert queue_version.current() == version
    update_project(project, by=cast.maintainer, **{field: opened})
    assert runner.take() is not None


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize(
    ("field", "closed", "opened"),
    [
        ("paused", True, False),
        ("tag_list", ["other"], ["gpu"]),
        ("access_level", "ref_protected", "not_protected"),
    ],
)
def test_a_runner_that_may_do_more_now_hears_of_it_at_once(field: str, closed: Any, opened: Any) -> None:
    cast = Cast()
    runners.pipeline(cast.app, cast.developer, "test: {script: [make], tags: [gpu]}")
    cast.app.jobs.update(protected=False)
    runner = runners.runner(cast.app, **{"tag_list": ["gpu"], field: closed})
    assert runner.take() is None
    update_runner(Runner.objects.get(), by=cast.maintainer, **{field: opened})
    assert runner.take() is not None
