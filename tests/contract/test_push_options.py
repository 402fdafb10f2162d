"""Pushes of the real git: what it may ask for with `-o`, how many pipelines it starts, and what it is told of both."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from tests.contract.world import Someone, World
from tests.support.git import Git

CI = "unit: {script: [make]}\n"


@pytest.fixture
def here(world: World, tmp_path: Path) -> Git:
    """A clone of the library whose remote is the developer's, with a commit to push."""
    git = Git(tmp_path)
    git("init", "-q", "-b", "main", "here")
    here = git.at("here")
    here("remote", "add", "origin", world.clone_url(world.library, world.developer.username, world.developer.token))
    commit(here, CI)
    return here


def commit(here: Git, text: str) -> None:
    (here.folder / ".gitlab-ci.yml").write_text(text)
    here("add", ".")
    here("commit", "-q", "--allow-empty", "-m", "Change")


def push(here: Git, *arguments: str) -> str:
    """What the pusher was told."""
    done = here.run("push", *arguments)
    assert done.returncode == 0, done.stderr
    return done.stderr


def pipelines(world: World, who: Someone) -> list[dict[str, Any]]:
    found: list[dict[str, Any]] = world.live.call(
        "GET", f"/projects/{world.library.id}/pipelines", token=who.token
    ).json
    return found


def variables(world: World, who: Someone) -> dict[str, str]:
    address = f"/projects/{world.library.id}/pipelines/{pipelines(world, who)[0]['id']}/variables"
    return {one["key"]: one["value"] for one in world.live.call("GET", address, token=who.token).json}


def test_a_push_starts_no_more_pipelines_than_the_instance_allows(world: World, here: Git):
    tags = [f"v{number}" for number in range(1, 10)]
    for tag in tags:
        here("tag", tag)
    output = push(here, "origin", *tags, "main")
    assert (
        "remote: GitLab: A push starts 4 pipelines at most. None was started for v4, v5, v6, v7, v8 and 1 more."
        in output
    )
    assert [one["ref"] for one in pipelines(world, world.developer)] == ["v3", "v2", "v1", "main"]


def test_without_a_limit_a_push_starts_them_all(world: World, here: Git):
    world.live.call("PUT", "/application/settings", {"git_push_pipeline_limit": 0})
    try:
        for number in range(6):
            here("tag", f"v{number}")
        assert "pipelines at most" not in push(here, "--tags", "origin", "main")
        assert len(pipelines(world, world.developer)) == 7
    finally:
        world.live.call("PUT", "/application/settings", {"git_push_pipeline_limit": 4})


def test_refs_without_a_ci_file_are_not_spoken_of(world: World, here: Git):
    here("rm", "-q", ".gitlab-ci.yml")
    here("commit", "-q", "-m", "Away")
    for number in range(9):
        here("tag", f"v{number}")
    assert "remote: GitLab" not in push(here, "--tags", "origin")


@pytest.mark.parametrize("version", ["0", "2"])
def test_a_pusher_skips_the_pipeline(world: World, here: Git, version: str):
    here.options = [f"protocol.version={version}"]
    assert "remote: GitLab" not in push(here, "-o", "ci.skip", "origin", "main")
    assert [one["status"] for one in pipelines(world, world.developer)] == ["skipped"]
    commit(here, CI)
    push(here, "origin", "main")
    assert [one["status"] for one in pipelines(world, world.developer)] == ["pending", "skipped"]


def test_a_pusher_gives_variables(world: World, here: Git):
    rules = "unit: {script: [make], rules: [{if: '$WHERE == \"here = there\"'}]}\n"
    commit(here, rules)
    output = push(here, "-o", "ci.variable=WHERE=here = there", "-o", "ci.variable=EMPTY=", "origin", "main")
    assert "remote: GitLab" not in output
    assert variables(world, world.developer) == {"WHERE": "here = there", "EMPTY": ""}


def test_other_options_do_not_fail_a_push_and_the_pusher_gets_a_warning(world: World, here: Git):
    options = [
        "somebody.else",
        "merge_request.create",
        "merge_request.title=A B",
        "ci.variable=no",
        "ci.variable=A-B=c",
    ]
    output = push(here, *[part for option in options for part in ("-o", option)], "origin", "main")
    assert (
        "remote: GitLab: Push options without effect here: somebody.else, merge_request.create, merge_request" in output
    )
    assert "remote: GitLab: ci.variable=no is no variable: write -o ci.variable=NAME=value." in output
    assert "remote: GitLab: ci.variable=A-B=c is no variable" in output
    assert len(pipelines(world, world.developer)) == 1
    assert variables(world, world.developer) == {}
