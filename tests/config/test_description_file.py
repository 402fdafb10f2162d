"""The API's description is made once for a state of the code, and nobody waits for it after that."""

from __future__ import annotations

import time
from pathlib import Path
from typing import Any

import orjson
import pytest
from django.test import Client

from portal.api import description_file, openapi, reference
from server.supervisor import Child, Supervisor


@pytest.fixture
def folder(settings: Any, tmp_path: Path) -> Path:
    settings.DATA_DIR = tmp_path
    return tmp_path / "api-description"


def refuse() -> Any:
    raise AssertionError("described while somebody waits")


def test_a_description_that_is_there_is_read_and_not_made(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    description_file.ensure_description()
    monkeypatch.setattr(openapi, "document", refuse)
    reference.operations.cache_clear()
    shown = Client().get("/api/schema/ui/", {"q": "preflight"})
    assert shown.status_code == 200
    assert b"/token_access/preflight" in shown.content
    assert orjson.loads(Client().get("/api/schema/").content)["openapi"].startswith("3.")


def test_the_file_says_what_the_description_says(folder: Path) -> None:
    assert orjson.loads(description_file.read_description()) == orjson.loads(orjson.dumps(openapi.document()))


def test_another_state_of_the_code_has_another_file_and_the_former_one_goes(
    folder: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    description_file.ensure_description()
    (former,) = folder.iterdir()
    monkeypatch.setattr(description_file, "state_of_code", lambda: "another")
    description_file.ensure_description()
    assert [path.name for path in folder.iterdir()] == ["another.json"]
    assert former.name != "another.json"


def test_what_is_to_run_once_is_not_started_anew() -> None:
    child = Child("Once", lambda: None, once=True)
    supervisor = Supervisor([child])
    supervisor._start(child)
    until = time.monotonic() + 10
    while supervisor.children and time.monotonic() < until:
        time.sleep(0.01)
        supervisor._reap()
    assert supervisor.children == []
