"""The cast and the stage for every test.

`cast` is a small world: `cast.maintainer`, `cast.developer`, `cast.outsider` …; `cast.library` is a private project
they know, `cast.app` another whose job comes asking. `api` is a client that speaks as anyone: `api(cast.developer)`,
`api(job=cast.job_token())`.
"""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.db import connections
from playwright.sync_api import Browser, sync_playwright

from tests.factories.cast import Cast
from tests.factories.people import token_for
from tests.support.client import Api


@pytest.fixture(scope="session")
def django_db_modify_db_settings(
    django_db_modify_db_settings_parallel_suffix: None, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """SQLite in a file, as the product has it: in memory two threads get "table is locked" instead of their turn."""
    for connection in connections.all():
        if connection.vendor == "sqlite":
            connection.settings_dict["TEST"]["NAME"] = str(tmp_path_factory.mktemp("database") / "test.sqlite3")


@pytest.fixture(autouse=True)
def _stage(settings: Any, tmp_path: Path) -> None:
    """Each test has its own data folder, cheap passwords, and a log that is written at once."""
    settings.DATA_DIR = tmp_path
    settings.REPOSITORIES_DIR = tmp_path / "repositories"
    settings.BLOBS_DIR = tmp_path / "blobs"
    settings.TRACES_DIR = tmp_path / "traces"
    settings.STATIC_ROOT = tmp_path
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


@pytest.fixture
def cast(db: None) -> Cast:
    """The usual people and projects, see tests/factories/cast.py."""
    return Cast()


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
