"""The main job, by real clients: a job asks for another project, is refused, let in by a maintainer, refused again."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from tests.contract.world import Someone, Work, World
from tests.support.curl import Reply, curl
from tests.support.git import Git

HIDDEN = "remote: The project you were looking for could not be found or you don't have permission to view it."
NOT_FOUND = (404, '{"message":"404 Project Not Found"}')


class JobScript:
    """What a job's script does with its token, and what came of it."""

    def __init__(self, world: World, work: Work, folder: Path) -> None:
        self.world, self.work, self.folder = world, work, folder
        self.count = 0

    @property
    def _url(self) -> str:
        return self.world.clone_url(self.world.library, "gitlab-ci-token", self.work.token)

    def clones(self) -> None:
        self.count += 1
        Git(self.folder)("clone", "-q", self._url, f"clone{self.count}")

    def clone_is_refused(self) -> str:
        return Git(self.folder).refusal("clone", "-q", self._url, "refused")

    def package(self, *arguments: str) -> Reply:
        address = f"{self.world.live.api}/projects/{self.world.library.id}/packages/generic/tool/1.0/tool.txt"
        return curl(self.folder, "-H", f"JOB-TOKEN: {self.work.token}", *arguments, address)

    def everything_is_refused(self) -> None:
        complaint = self.clone_is_refused()
        assert HIDDEN in complaint
        assert "not found" in complaint
        for reply in (self.package(), self.package("-T", "tool.txt")):
            assert (reply.status, reply.text) == NOT_FOUND
            assert reply.headers["x-access-reason"]

    def everything_works(self) -> None:
        self.clones()
        assert self.package("-T", "tool.txt").status == 201
        assert self.package().body == b"a tool\n"


@pytest.fixture
def script(world: World, tmp_path: Path) -> JobScript:
    world.commit(world.library, {"README.md": "hello\n"})
    (tmp_path / "tool.txt").write_text("a tool\n")
    return JobScript(world, world.running_job(), tmp_path)


@pytest.fixture
def scope(world: World) -> Callable[..., Any]:
    """`scope("POST", "/allowlist", {...})`: the library's Token Access by REST, as its maintainer."""

    def speak(method: str, path: str = "", body: Any = None, *, by: Someone | None = None) -> Any:
        address = f"/projects/{world.library.id}/job_token_scope{path}"
        return world.live.call(method, address, body, token=(by or world.maintainer).token)

    return speak


def test_a_maintainer_admits_a_job_and_takes_its_access_away_again(world: World, script: JobScript, scope: Any):
    assert scope("GET").json == {"inbound_enabled": True, "outbound_enabled": False}
    assert [project["id"] for project in scope("GET", "/allowlist").json] == [world.library.id]
    script.everything_is_refused()

    scope("POST", "/allowlist", {"target_project_id": world.app.id})
    script.everything_works()

    scope("DELETE", f"/allowlist/{world.app.id}")
    script.everything_is_refused()


def test_a_jobs_end_is_its_tokens_end(world: World, script: JobScript, scope: Any):
    scope("POST", "/allowlist", {"target_project_id": world.app.id})
    script.everything_works()
    script.work.finish()
    assert "remote: HTTP Basic: Access denied." in script.clone_is_refused()
    for reply in (script.package(), script.package("-T", "tool.txt")):
        assert (reply.status, reply.text) == (401, '{"message":"401 Unauthorized"}')
        assert reply.headers["www-authenticate"] == 'Basic realm="GitLab Packages Registry"'


def test_a_group_on_the_list_lets_its_projects_in(world: World, script: JobScript, scope: Any):
    world.live.make(f"/groups/{world.group.id}/members", user_id=world.maintainer.id, access_level=40)
    scope("POST", "/groups_allowlist", {"target_group_id": world.group.id})
    script.everything_works()
    scope("DELETE", f"/groups_allowlist/{world.group.id}")
    script.everything_is_refused()


def test_without_the_limit_every_project_is_admitted(world: World, script: JobScript, scope: Any):
    scope("PATCH", "", {"enabled": False})
    script.everything_works()
    scope("PATCH", "", {"enabled": True})
    script.everything_is_refused()


def test_the_person_behind_the_job_must_be_allowed(world: World, tmp_path: Path, scope: Any):
    scope("POST", "/allowlist", {"target_project_id": world.app.id})
    world.live.make(f"/projects/{world.app.id}/members", user_id=world.outsider.id, access_level=30)
    world.commit(world.library, {"README.md": "hello\n"})
    (tmp_path / "tool.txt").write_text("a tool\n")
    JobScript(world, world.running_job(by=world.outsider), tmp_path).everything_is_refused()


def test_a_job_clones_its_own_project_and_pushes_nowhere(world: World, tmp_path: Path):
    work, git = world.running_job(), Git(tmp_path)
    git("clone", "-q", world.clone_url(world.app, "gitlab-ci-token", work.token), "here")
    here = git.at("here")
    here("commit", "-q", "--allow-empty", "-m", "From a job")
    complaint = here.refusal("push", "origin", "HEAD:main")
    assert "remote: You are not allowed to push code to this project." in complaint


def test_a_push_by_a_job_starts_no_pipeline(world: World, tmp_path: Path):
    work, git = world.running_job(), Git(tmp_path)
    world.live.call("PUT", f"/projects/{world.app.id}", {"ci_push_repository_for_job_token_allowed": True})
    before = len(world.live.call("GET", f"/projects/{world.app.id}/pipelines").json)
    git("clone", "-q", world.clone_url(world.app, "gitlab-ci-token", work.token), "here")
    here = git.at("here")
    here("commit", "-q", "--allow-empty", "-m", "From a job")
    here("push", "-q", "origin", "HEAD:main")
    assert len(world.live.call("GET", f"/projects/{world.app.id}/pipelines").json) == before
    git("clone", "-q", world.clone_url(world.app, "anyone", world.developer.token), "person")
    person = git.at("person")
    person("commit", "-q", "--allow-empty", "-m", "From a person")
    person("push", "-q", "origin", "HEAD:main")
    assert len(world.live.call("GET", f"/projects/{world.app.id}/pipelines").json) == before + 1
