"""The real git pushes with a job's token: to its own project, and to others through every gate (job-token.md §8)."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.contract.world import CI_FILE, Work, World
from tests.support.git import Git
from tests.support.server import ADMIN_TOKEN

FEATURE = "/features/allow_push_to_allowlisted_projects"
SETTINGS = ("ci_push_repository_for_job_token_allowed", "ci_cross_project_push_for_job_token_allowed")
FORBIDDEN = "remote: You are not allowed to push code to this project."
HIDDEN = "remote: The project you were looking for could not be found or you don't have permission to view it."


class Gates:
    """Those of the library for the app's jobs, all open."""

    def __init__(self, world: World) -> None:
        self.world = world
        self.address = f"/projects/{world.library.id}"
        self.switch(on=True)
        self.change(**dict.fromkeys(SETTINGS, True))
        world.list_app(["admin_repositories"])

    def switch(self, *, on: bool) -> None:
        self.world.live.call("POST", FEATURE, {"value": on}, status=201)

    def change(self, **settings: bool) -> None:
        self.world.live.call("PUT", self.address, settings, token=self.world.maintainer.token)

    def limit(self, *, on: bool) -> None:
        scope = f"{self.address}/job_token_scope"
        self.world.live.call("PATCH", scope, {"enabled": on}, token=self.world.maintainer.token)


@pytest.fixture
def gates(world: World) -> Iterator[Gates]:
    gates = Gates(world)
    yield gates
    world.live.call("DELETE", FEATURE, status=204)


@pytest.fixture
def work(world: World) -> Work:
    """A job of the app."""
    return world.running_job()


@pytest.fixture
def here(world: World, gates: Gates, work: Work, tmp_path: Path) -> Git:
    """A clone of the library with that job's token, and a commit to push."""
    world.commit(world.library, {".gitlab-ci.yml": CI_FILE})
    git = Git(tmp_path)
    git("clone", "-q", world.clone_url(world.library, "gitlab-ci-token", work.token), "here")
    here = git.at("here")
    here("commit", "-q", "--allow-empty", "-m", "From a job")
    return here


def pipelines(world: World) -> list[Any]:
    found: list[Any] = world.live.call("GET", f"/projects/{world.library.id}/pipelines", token=ADMIN_TOKEN).json
    return found


def test_each_gate_that_is_shut_keeps_the_job_out(world: World, gates: Gates, here: Git):
    shut: list[tuple[Callable[[], None], Callable[[], None], str]] = [
        (lambda: gates.switch(on=False), lambda: gates.switch(on=True), FORBIDDEN),
        *(
            (lambda name=name: gates.change(**{name: False}), lambda name=name: gates.change(**{name: True}), FORBIDDEN)
            for name in SETTINGS
        ),
        (lambda: gates.limit(on=False), lambda: gates.limit(on=True), FORBIDDEN),
        (world.unlist_app, lambda: world.list_app(["read_repositories"]), HIDDEN),
    ]
    for shut_gate, open_gate, sentence in shut:
        shut_gate()
        assert sentence in here.refusal("push", "origin", "HEAD:main")
        open_gate()
    assert FORBIDDEN in here.refusal("push", "origin", "HEAD:main")  # the entry lets the job read only
    world.unlist_app()
    world.list_app(["admin_repositories"])

    before = len(pipelines(world))
    here("push", "-q", "origin", "HEAD:main")
    assert len(pipelines(world)) == before


def test_the_persons_role_and_protected_branches_count_all_the_same(world: World, gates: Gates, here: Git):
    branch = f"/projects/{world.library.id}/protected_branches/main"
    world.live.call("PATCH", branch, {"push_access_level": 40, "merge_access_level": 40})
    complaint = here.refusal("push", "origin", "HEAD:main")
    assert "GitLab: You are not allowed to push code to protected branches on this project." in complaint
    member = f"/projects/{world.library.id}/members/{world.developer.id}"
    world.live.call("PUT", member, {"access_level": 20})
    assert FORBIDDEN in here.refusal("push", "origin", "HEAD:other")


def test_a_push_by_a_job_starts_a_pipeline_where_the_project_says_so_but_no_loop(
    world: World, gates: Gates, work: Work, tmp_path: Path, here: Git
):
    gates.change(ci_pipelines_for_job_token_push_allowed=True)
    before = len(pipelines(world))
    here("push", "-q", "origin", "HEAD:main")
    started = pipelines(world)
    assert (len(started), started[0]["source"]) == (before + 1, "push")

    settings = dict.fromkeys((SETTINGS[0], "ci_pipelines_for_job_token_push_allowed"), True)
    world.live.call("PUT", f"/projects/{world.app.id}", settings)
    git = Git(tmp_path)
    git("clone", "-q", world.clone_url(world.app, "gitlab-ci-token", work.token), "own")
    own = git.at("own")
    own("commit", "-q", "--allow-empty", "-m", "From itself")
    said = own.run("push", "origin", "HEAD:main").stderr
    assert f"No pipeline was started for main: {world.app.path} on main has started this chain" in said
