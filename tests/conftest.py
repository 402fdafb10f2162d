"""The cast and the stage for every test.

`cast` is a small world: `cast.maintainer`, `cast.developer`, `cast.outsider` …; `cast.library` is a private project
they know, `cast.app` another whose job comes asking. `api` is a client that speaks as anyone: `api(cast.developer)`,
`api(job=cast.job_token())`.
"""

from __future__ import annotations

import gc
import os
import shutil
from collections.abc import Iterator
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from threading import BoundedSemaphore
from typing import Any

import hypothesis
import pytest
from django.db import connections
from playwright.sync_api import Browser, sync_playwright

from projects.repository import archives
from resources.packages import download_counts
from resources.packages.formats import index_cache
from scripts.system_tools import HEADLESS_SHELL, find_chromium
from tests.factories.cast import Cast
from tests.factories.people import token_for
from tests.support import flush, rsa_keys
from tests.support.client import Api
from tests.support.prepared import Prepared, collect_static_files, migrate_database
from tests.support.replay import Replay
from tests.support.response_schema import CheckedClient
from tests.support.server import clean_environment
from tokenaccess.access_log import addresses, buffer, daily, job_uses

# Generated inputs are the same in every run and on every machine; `make fuzz` looks for new ones.
hypothesis.settings.register_profile("tests", derandomize=True, deadline=None, database=None, max_examples=500)
hypothesis.settings.load_profile("tests")


def is_pure(item: pytest.Item) -> bool:
    return item.get_closest_marker("pure") is not None


def uses_database(item: pytest.Item) -> bool:
    """Of the test process; others start a server with its own, or are pure."""
    fixtures = getattr(item, "fixturenames", ())
    return not {"db", "transactional_db"}.isdisjoint(fixtures) or item.get_closest_marker("django_db") is not None


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Short tests last, so that all test processes end together: pure ones while the database is migrated, then those
    that start servers and real clients and take seconds each, then the thousands that take a moment."""
    items.sort(key=lambda item: (not is_pure(item), uses_database(item)))


def pytest_collection_finish() -> None:
    """Thousands of tests and the modules they import stay to the end: the garbage collector need not walk them."""
    gc.collect()
    gc.freeze()
    gc.set_threshold(50_000, 20, 20)


@pytest.fixture(scope="session")
def _folder_of_run(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One for all test processes."""
    folder = tmp_path_factory.getbasetemp()
    return folder.parent if "PYTEST_XDIST_WORKER" in os.environ else folder


@pytest.fixture(scope="session", autouse=True)
def _migration(
    request: pytest.FixtureRequest, django_db_use_migrations: bool, _folder_of_run: Path
) -> Iterator[Future[str] | None]:
    """Under way while the tests run that need no database; they come first."""
    if not django_db_use_migrations or all(map(is_pure, request.session.items)):
        yield None
        return
    with ThreadPoolExecutor() as pool:
        yield pool.submit(migrate_database, _folder_of_run / "migrated", clean_environment())


@pytest.fixture(scope="session")
def _migrated_database(_migration: Future[str] | None) -> str:
    """What each process's own is a copy of; "" with --no-migrations."""
    return _migration.result() if _migration else ""


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None,
    _migrated_database: str,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    """SQLite in a file, as the product has it: in memory two threads get "table is locked" instead of their turn."""
    for connection in connections.all():
        test = connection.settings_dict["TEST"]
        if connection.vendor == "sqlite":
            test["NAME"] = str(tmp_path_factory.mktemp("database") / "test.sqlite3")
            if _migrated_database:
                shutil.copy(_migrated_database, test["NAME"])
        else:
            test["NAME"] = test["NAME"] or f"test_{connection.settings_dict['NAME']}"
            test["TEMPLATE"] = _migrated_database or None


@pytest.fixture(scope="session")
def django_db_keepdb(django_db_keepdb: bool) -> bool:
    """Django would begin by deleting the file of SQLite, which is a copy in a folder of this run."""
    return django_db_keepdb or connections["default"].vendor == "sqlite"


@pytest.fixture(scope="session")
def django_db_setup(django_db_setup: None) -> Iterator[None]:
    with pytest.MonkeyPatch.context() as patch:
        flush.install(patch, connections["default"].ops)
        yield


@pytest.fixture(scope="session")
def prepared_data(_migrated_database: str, _folder_of_run: Path) -> Prepared:
    """A migrated database and the static files for servers of their own, see tests/support/prepared.py."""
    return Prepared(_migrated_database, collect_static_files(_folder_of_run / "collected", clean_environment()))


@pytest.fixture(scope="session")
def _no_files(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Whitenoise looks through the folder of the static files for each client that a test makes."""
    return tmp_path_factory.mktemp("static")


@pytest.fixture(autouse=True)
def _stage(settings: Any, tmp_path: Path, _no_files: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Each test has its own data folder, cheap passwords and keys, and a log that is written at once."""
    rsa_keys.install(monkeypatch)
    settings.DATA_DIR = tmp_path
    settings.REPOSITORIES_DIR = tmp_path / "repositories"
    settings.BLOBS_DIR = tmp_path / "blobs"
    settings.TRACES_DIR = tmp_path / "traces"
    settings.REGISTRY_DIR = tmp_path / "registry"
    settings.REGISTRY_ENABLED = False
    settings.STATIC_ROOT = _no_files
    settings.ACCESS_LOG_SECONDS = 0
    job_uses.forget()
    daily.forget()
    addresses.forget()
    download_counts.forget()
    index_cache.documents.clear()  # a rolled back test may have used the same ids
    archives._SLOTS = BoundedSemaphore(archives.MAX_AT_ONCE)  # an earlier test may not have read one to its end
    settings.PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
    settings.STORAGES = {
        **settings.STORAGES,
        "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
    }


@pytest.fixture
def later_log(settings: Any) -> Iterator[None]:
    """As on a server, no request waits until the access log is written."""
    settings.ACCESS_LOG_SECONDS = 3600
    yield
    buffer.write()


@pytest.fixture
def client() -> CheckedClient:
    """Instead of pytest-django's, which does not look at what the API answers."""
    return CheckedClient()


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
    program = find_chromium()
    if not program:
        pytest.skip(f"Chromium is missing. On Debian: apt-get install {HEADLESS_SHELL}")
    # Playwright's loop runs in the thread of the tests; Django would refuse every query of a fixture there.
    os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"] = "true"
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=program, args=["--no-sandbox"])
        yield browser
        browser.close()
    del os.environ["DJANGO_ALLOW_ASYNC_UNSAFE"]
