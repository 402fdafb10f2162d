"""What a commit holds, and what a push changed in it."""

from __future__ import annotations

import pytest

import ci_config
from jobs.pipelines.commit_files import changed_files, list_files
from projects.repository import Change, Repository
from tests.factories import runners
from tests.factories.cast import Cast

pytestmark = pytest.mark.once

NOTHING = "0" * 40


@pytest.fixture
def repository(cast: Cast) -> Repository:
    return Repository(cast.app.repository_path)


def push(cast: Cast, path: str, branch: str = "main") -> str:
    """A commit with one new file; gives its id."""
    change = Change("create", path, path.encode())
    repository = Repository(cast.app.repository_path)
    return repository.write(branch, [change], f"Add {path}", by=("Tester", "tester@example.org"), start="main").sha


def test_every_file_is_listed_with_its_folders(cast: Cast, repository: Repository) -> None:
    push(cast, "README.md")
    sha = push(cast, "src/deep/app.py")
    assert {"README.md", "src/deep/app.py"} <= set(list_files(repository, sha))


def test_a_push_changes_what_differs_from_the_commit_before(cast: Cast, repository: Repository) -> None:
    before = push(cast, "one")
    push(cast, "two")
    after = push(cast, "three")
    assert changed_files(repository, after, before, None) == ["three", "two"]


def test_the_first_push_of_a_branch_has_nothing_to_compare_with(cast: Cast, repository: Repository) -> None:
    sha = push(cast, "one")
    assert changed_files(repository, sha, NOTHING, None) is None
    assert changed_files(repository, sha, "1" * 40, None) is None


def test_a_branch_is_compared_with_where_it_left_another(cast: Cast, repository: Repository) -> None:
    push(cast, "one")
    sha = push(cast, "two", branch="feature")
    push(cast, "three")
    assert changed_files(repository, sha, NOTHING, "refs/heads/main") == ["two"]


def test_a_ref_that_is_not_there_is_named(cast: Cast, repository: Repository) -> None:
    sha = push(cast, "one")
    with pytest.raises(ci_config.ConfigError, match="there is no branch, tag or commit “gone”"):
        ci_config.compile(
            "job: {script: x, rules: [{changes: {paths: [a], compare_to: gone}}]}",
            changed_files=lambda ref: changed_files(repository, sha, NOTHING, ref),
        )


def test_rules_ask_the_commit_they_run_on(cast: Cast) -> None:
    push(cast, "Dockerfile")
    text = "build: {script: x, rules: [{exists: [Docker*]}]}\nother: {script: x, rules: [{exists: [none]}]}"
    pipeline = runners.pipeline(cast.app, cast.developer, text)
    assert [job.name for job in pipeline.jobs.all()] == ["build"]
