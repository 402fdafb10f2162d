"""Large files by REST, and histories that are too long to look through."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest

from projects.repository import Repository, blob_stream, history
from tests.factories import projects
from tests.factories.cast import Cast

CONTENT = "x" * 5000


@pytest.fixture
def at(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> str:
    monkeypatch.setattr(blob_stream, "MAX_HELD", 4096)
    projects.commit(cast.library, {"d/large.txt": CONTENT, "small": "hello"})
    return f"/projects/{cast.library.pk}/repository"


def test_a_large_file_is_read_while_it_is_sent(cast: Cast, api: Any, at: str):
    client = api(cast.reporter)
    answer = client.get(f"{at}/files/d%2Flarge.txt/raw?ref=main")
    assert answer.streaming
    assert (answer.getvalue().decode(), answer["Content-Length"]) == (CONTENT, "5000")
    assert answer["X-Gitlab-Content-Sha256"] == hashlib.sha256(CONTENT.encode()).hexdigest()
    assert answer["Content-Disposition"] == 'attachment; filename="large.txt"'
    head = client.request("HEAD", f"{at}/files/d%2Flarge.txt/raw?ref=main")
    assert (head.content, head["X-Gitlab-Size"]) == (b"", "5000")
    assert client.get(f"{at}/files/small/raw?ref=main").content == b"hello"


def test_a_large_blob_is_read_while_it_is_sent(cast: Cast, api: Any, at: str):
    blob = Repository(cast.library.repository_path).blob_id("main", "d/large.txt")
    answer = api(cast.reporter).get(f"{at}/blobs/{blob}/raw")
    assert answer.streaming
    assert answer.getvalue().decode() == CONTENT
    commit = Repository(cast.library.repository_path).find("main").sha
    for other in (commit, "0" * 40, "x"):
        assert api(cast.reporter).get(f"{at}/blobs/{other}/raw").status_code == 404


def test_a_file_of_any_size_is_refused_beyond_the_limit(cast: Cast, api: Any, at: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(blob_stream, "MAX_BYTES", 4097)
    assert api(cast.reporter).get(f"{at}/files/d%2Flarge.txt/raw?ref=main").status_code == 413


def test_a_history_is_not_looked_through_without_end(cast: Cast, api: Any, at: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(history, "MAX_SECONDS", -1.0)
    answer = api(cast.reporter).get(f"{at}/commits?path=small")
    assert (answer.status_code, answer.json()) == (422, {"message": "There is too much to look at."})
    assert api(cast.reporter).get(f"{at}/files/small?ref=main").status_code == 422
