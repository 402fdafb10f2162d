"""The cast and the stage for every test.

`cast` is a small world: `cast.maintainer`, `cast.developer`, `cast.outsider` …; `cast.library` is a private project
they know, `cast.app` another whose job comes asking. `api` is a client that speaks as anyone: `api(cast.developer)`,
`api(job=cast.job_token())`.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from playwright.sync_api import Browser, sync_playwright

from tests.factories.cast import Cast
from tests.factories.people import token_for
from tests.support.client import Api
from tests.support.prepared import Prepared, collected, copy_of_test_database
from tests.support.replay import Replay
from tests.support.server import clean_environment


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """SQLite in a file, as the product has it: in memory two threads get "table is locked" instead of their turn."""
    for connection in connections.all():
        test = connection.settings_dict["TEST"]
        if connection.vendor == "sqlite":
            test["NAME"] = str(tmp_path_factory.mktemp("database") / "test.sqlite3")
        else:
            test["NAME"] = test["NAME"] or f"test_{connection.settings_dict['NAME']}"


@pytest.fixture(scope="session")
def django_db_setup(
    request: pytest.FixtureRequest,
    django_db_setup: None,
    django_db_blocker: Any,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[str]:
    """The test database as ever; and, when a test is going to want `prepared`, the name of its copy.

    It is copied at once: later a thread of a test's server may be connected, and PostgreSQL would refuse.
    """
    if not any("prepared" in getattr(item, "fixturenames", ()) for item in request.session.items):
        yield ""
        return
    with ExitStack() as stack:
        with django_db_blocker.unblock():
            name = stack.enter_context(copy_of_test_database(tmp_path_factory.mktemp("migrated")))
        yield name


@pytest.fixture(scope="session")
def prepared(django_db_setup: str, tmp_path_factory: pytest.TempPathFactory) -> Prepared:
    """A migrated database and the static files for servers of their own, see tests/support/prepared.py."""
    shared = tmp_path_factory.getbasetemp()
    if "PYTEST_XDIST_WORKER" in os.environ:
        shared = shared.parent
    return Prepared(django_db_setup, collected(shared / "collected", clean_environment()))


@pytest.fixture(scope="session")
def _no_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Whitenoise looks through the folder of the static files for each client that a test makes."""
    return tmp_path_factory.mktemp("static")


@pytest.fixture(autouse=True)
def _stage(settings: Any, tmp_path: Path, _no_files: Path) -> None:
    """Each test has its own data folder, cheap passwords, and a log that is written at once."""
    settings.DATA_DIR = tmp_path
    settings.REPOSITORIES_DIR = tmp_path / "repositories"
    settings.BLOBS_DIR = tmp_path / "blobs"
    settings.TRACES_DIR = tmp_path / "traces"
    settings.STATIC_ROOT = _no_files
    settings.ACCESS_LOG_SECONDS = 0
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture
def api() -> Any:
    """`api(user)`, `api(token="glpat-…")`, `api(job="glcbt-…")`, `api()` for a visitor → an HTTP client for /api/v4."""

    def speak(user: Any = None, *, token: str = "", job: str = "", **headers: str) -> Api:
        if user is not None and not token:
            token = token_for(user)
        return Api(token=token, job=job, headers=headers)

    return speak


@pytest.fixture(scope="session")
def _recorded_cast(tmp_path_factory: pytest.TempPathFactory) -> Replay[Cast]:
    return Replay(Cast, tmp_path_factory.mktemp("cast") / "repositories")


@pytest.fixture
def cast(db: None, _recorded_cast: Replay[Cast]) -> Cast:
    """The usual people and projects, see tests/factories/cast.py; made once and laid down again for each test."""
    return _recorded_cast.again()


@pytest.fixture(scope="session")
def chromium() -> Iterator[Browser]:
    """Debian's Chromium, started once per test process."""
    program = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
    if program is None:
        pytest.skip("Chromium is missing. On Debian: apt-get install chromium")
    # Playwright's loop runs in the thread of the tests; Django would refuse every query of a fixture there.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]
