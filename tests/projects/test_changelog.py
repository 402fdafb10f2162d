"""Changelogs from the trailers of commits, read and committed by REST through real git."""

from __future__ import annotations

from typing import Any

import pytest
from semver import Version

from projects.changelog import commits, markdown
from projects.changelog.versions import parse_version, previous_tag
from projects.models import ProtectedRef
from projects.repository import Change, NoSuchFile, Ref, Repository
from tests.factories.cast import Cast


@pytest.fixture
def history(cast: Cast, api: Any) -> str:
    """A tag v1.0.0, then commits with trailers, one of them reverted. The address of the changelog."""
    ProtectedRef.objects.filter(project=cast.library).delete()
    repository = Repository(cast.library.repository_path)
    write(repository, "first\n\nChangelog: feature")
    repository.create_tag("v1.0.0", "main")
    repository.create_tag("v1.1.0-rc1", "main")
    write(repository, "Add it\n\nMore words.\n\nChangelog: feature")
    write(repository, "Say nothing")
    bad = write(repository, "Break it\n\nChangelog: bug")
    write(repository, f'Revert "Break it"\n\nThis reverts commit {bad}.')
    write(repository, "Mend it\n\nchangelog: bug\nIssue: 1")
    return f"/projects/{cast.library.pk}/repository/changelog"


def write(repository: Repository, message: str, path: str = "a.txt", text: str = "") -> str:
    kind = "update" if not repository.is_empty() and exists(repository, path) else "create"
    return repository.write("main", [Change(kind, path, (text or message).encode())], message, by=("a", "a@b.c")).sha


def exists(repository: Repository, path: str) -> bool:
    try:
        return bool(repository.blob_id("main", path))
    except NoSuchFile:
        return False


def test_a_changelog_has_the_commits_since_the_last_release_by_category(cast: Cast, api: Any, history: str):
    answer = api(cast.reporter).get(f"{history}?version=1.1.0&date=2026-01-05")
    assert answer.status_code == 200
    notes = answer.json()["notes"]
    assert notes.startswith(
        "## 1.1.0 (2026-01-05)\n\n### bug (1 change)\n\n- [Mend it](http://testserver/acme/library/-/"
    )
    assert "### feature (1 change)\n\n- [Add it](" in notes
    assert "Break it" not in notes
    assert "first" not in notes
    other = api(cast.reporter).get(f"{history}?version=v1.1.0&date=2026-01-05&trailer=Issue").json()["notes"]
    assert "### 1 (1 change)" in other
    none = api(cast.reporter).get(f"{history}?version=1.1.0&from=main&date=2026-01-05").json()["notes"]
    assert none == "## 1.1.0 (2026-01-05)\n\nNo changes.\n"
    assert api(cast.guest).get(f"{history}?version=1.1.0").status_code == 403


def test_without_a_release_before_the_range_must_be_said(cast: Cast, api: Any, history: str):
    answer = api(cast.reporter).get(f"{history}?version=0.9.0")
    assert answer.status_code == 422
    assert "no previous tag could be found" in answer.json()["message"]
    assert api(cast.reporter).get(f"{history}?version=0.9.0&from=v1.0.0").status_code == 200
    assert api(cast.reporter).get(f"{history}?version=0.9.0&from=nowhere").status_code == 404


@pytest.mark.one_case
@pytest.mark.parametrize(
    ("query", "fault"),
    [
        ("", "version is missing"),
        ("version=one", "version is invalid"),
        ("version=1.1.0&trailer=%25x00", "trailer is invalid"),
        ("version=1.1.0&date=soon", "date"),
    ],
)
def test_bad_values_are_named(cast: Cast, api: Any, history: str, query: str, fault: str):
    answer = api(cast.reporter).get(f"{history}?{query}")
    assert answer.status_code == 400
    assert fault in str(answer.json())


def test_a_file_of_the_repository_says_how_it_looks(cast: Cast, api: Any, history: str):
    repository = Repository(cast.library.repository_path)
    path = ".gitlab/changelog_config.yml"
    write(repository, "c", path, "date_format: '%d.%m.%Y'\ncategories: {bug: Bug fixes}\n")
    notes = api(cast.reporter).get(f"{history}?version=1.1.0&date=2026-01-05").json()["notes"]
    assert notes.startswith("## 1.1.0 (05.01.2026)\n\n### Bug fixes (1 change)")
    refusals = {
        "template: x\n": "template is not supported",
        "[": "no valid YAML",
        "a": "no mapping",
        "tag_regex: '('": "tag_regex is invalid",
        "categories: 1": "categories is no mapping",
        "date_format: '%99999999d'": "date_format is invalid",
    }
    for text, words in refusals.items():
        write(repository, "c", path, text)
        refused = api(cast.reporter).get(f"{history}?version=1.1.0")
        assert (refused.status_code, words in refused.json()["message"]) == (422, True)


def test_a_section_is_committed_into_its_place(cast: Cast, api: Any, history: str):
    repository = Repository(cast.library.repository_path)
    developer = api(cast.developer)
    assert api(cast.reporter).post(history, {"version": "1.1.0"}).status_code == 403
    assert developer.post(history, {"version": "1.1.0", "date": "2026-01-05"}).status_code == 200
    assert repository.commit("main").title == "Add changelog for version 1.1.0"
    assert developer.post(history, {"version": "1.0.5", "from": "v1.0.0", "message": "m"}).status_code == 200
    text = repository.blob("main", "CHANGELOG.md").decode()
    assert [line.split()[1] for line in text.splitlines() if line.startswith("## ")] == ["1.1.0", "1.0.5"]
    assert repository.commit("main").message == "m"
    assert developer.post(history, {"version": "1.1.0", "branch": "nowhere"}).status_code == 404


def test_a_range_of_too_many_commits_is_refused(cast: Cast, api: Any, history: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(commits, "MAX_COMMITS", 2)
    answer = api(cast.reporter).get(f"{history}?version=1.1.0")
    assert (answer.status_code, "more than 2 commits" in answer.json()["message"]) == (422, True)


@pytest.mark.pure
def test_the_highest_release_below_is_the_one_before():
    tags = [Ref(name, name, True) for name in ("v1.0.0", "1.10.0", "v1.9.0", "v2.0.0-rc1", "v3.0.0", "x", "rel-1-11-0")]
    found = previous_tag(tags, Version(2))
    assert found is not None
    assert found.name == "1.10.0"
    custom = previous_tag(tags, Version(2), r"^rel-(?P<major>\d+)-(?P<minor>\d+)-(?P<patch>\d+)$")
    assert custom is not None
    assert custom.name == "rel-1-11-0"
    assert previous_tag(tags, Version(1)) is None
    assert [parse_version(text) for text in ("1.0", "01.0.0", "1.0.0 ", "9" * 300)] == [None] * 4


@pytest.mark.pure
@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("", "NEW\n"),
        ("# Log\n", "# Log\n\nNEW\n"),
        ("# Log\n\n## 1.0.0 (x)\n", "# Log\n\nNEW\n\n## 1.0.0 (x)\n"),
        ("## 3.0.0 (x)\n\n## v1.0.0\n", "## 3.0.0 (x)\n\nNEW\n\n## v1.0.0\n"),
        ("## 3.0.0 (x)\n", "## 3.0.0 (x)\n\nNEW\n"),
    ],
)
def test_a_section_stands_before_the_next_lower_version(text: str, expected: str):
    assert markdown.insert(text, Version(2), "NEW\n") == expected
