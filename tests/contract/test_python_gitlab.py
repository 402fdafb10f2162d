"""python-gitlab, unchanged, against the real server: what a project's automation does with it."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Any

import gitlab
import pytest
from gitlab.exceptions import GitlabAuthenticationError, GitlabError

from tests.contract.conftest import Connect
from tests.contract.world import CI_FILE, World

WORDS = b"python-gitlab was here\n"


@pytest.fixture
def library(world: World, connect: Connect) -> Any:
    """The library as its maintainer sees it."""
    return connect(world.maintainer).projects.get(world.library.path)


# --- Token Access -----------------------------------------------------------------------------------------------------


def test_the_limit_is_read_and_switched(library: Any):
    scope = library.job_token_scope.get()
    assert (scope.inbound_enabled, scope.outbound_enabled) == (True, False)
    scope.enabled = False
    scope.save()
    assert library.job_token_scope.get().inbound_enabled is False
    scope.enabled = True
    scope.save()
    scope.refresh()
    assert scope.inbound_enabled is True


def test_projects_are_put_on_the_list_and_taken_off(world: World, library: Any):
    scope = library.job_token_scope.get()
    made = scope.allowlist.create({"target_project_id": world.app.id})
    assert (made.source_project_id, made.target_project_id) == (world.library.id, world.app.id)
    assert {project.id for project in scope.allowlist.list(iterator=True)} == {world.library.id, world.app.id}
    made.delete()
    assert [project.id for project in scope.allowlist.list(get_all=True)] == [world.library.id]


def test_groups_are_put_on_the_list_and_taken_off(world: World, library: Any):
    world.live.make(f"/groups/{world.group.id}/members", user_id=world.maintainer.id, access_level=40)
    scope = library.job_token_scope.get()
    made = scope.groups_allowlist.create({"target_group_id": world.group.id})
    assert made.target_group_id == world.group.id
    assert [group.id for group in scope.groups_allowlist.list(get_all=True)] == [world.group.id]
    made.delete()
    assert scope.groups_allowlist.list(get_all=True) == []


def test_a_second_time_and_a_stranger_are_refused_with_words(world: World, library: Any, connect: Connect):
    scope = library.job_token_scope.get()
    scope.allowlist.create({"target_project_id": world.app.id})
    with pytest.raises(GitlabError) as twice:
        scope.allowlist.create({"target_project_id": world.app.id})
    assert twice.value.response_code == 400
    with pytest.raises(GitlabError) as absent:
        scope.allowlist.create({"target_project_id": 999_999_999})
    assert absent.value.response_code == 404
    with pytest.raises(GitlabError):
        scope.allowlist.delete(999_999_999)
    seen = connect(world.developer).projects.get(world.library.id)
    with pytest.raises(GitlabError) as refused:
        seen.job_token_scope.get()
    assert refused.value.response_code == 403


# --- Packages ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def file(tmp_path: Path) -> Path:
    path = tmp_path / "tool.txt"
    path.write_bytes(WORDS)
    return path


def test_a_package_is_published_listed_fetched_and_deleted(world: World, library: Any, file: Path):
    made = library.generic_packages.upload("tool", "1.0", "tool.txt", path=file, select="package_file")
    assert (made.file_name, made.size) == ("tool.txt", len(WORDS))
    assert made.file_sha256 == hashlib.sha256(WORDS).hexdigest()
    assert library.generic_packages.download("tool", "1.0", "tool.txt") == WORDS
    (package,) = library.packages.list(iterator=True)
    assert (package.name, package.version, package.package_type) == ("tool", "1.0", "generic")
    assert library.packages.get(package.id).name == "tool"
    (stored,) = package.package_files.list(get_all=True)
    assert stored.file_sha256 == made.file_sha256
    group = library.manager.gitlab.groups.get(world.group.id)
    assert [found.project_id for found in group.packages.list(get_all=True)] == [world.library.id]
    package.package_files.delete(stored.id)
    package.delete()
    assert library.packages.list(get_all=True) == []
    with pytest.raises(GitlabError):
        library.packages.get(package.id)


def test_a_large_package_streams(library: Any, tmp_path: Path):
    large = tmp_path / "large"
    large.write_bytes(WORDS * 200_000)
    library.generic_packages.upload("tool", "1.0", "large", path=large)
    arrived = hashlib.sha256()
    library.generic_packages.download("tool", "1.0", "large", streamed=True, action=arrived.update)
    assert arrived.hexdigest() == hashlib.sha256(large.read_bytes()).hexdigest()


def test_a_job_publishes_where_it_is_admitted(world: World, library: Any, connect: Connect, file: Path):
    work = world.running_job()
    job = connect(job_token=work.token)
    seen = job.projects.get(world.library.id, lazy=True)
    with pytest.raises(GitlabError) as refused:
        seen.generic_packages.upload("tool", "1.0", "tool.txt", path=file)
    assert (refused.value.response_code, refused.value.error_message) == (404, "404 Project Not Found")
    library.job_token_scope.get().allowlist.create({"target_project_id": world.app.id})
    seen.generic_packages.upload("tool", "1.0", "tool.txt", path=file)
    assert seen.generic_packages.download("tool", "1.0", "tool.txt") == WORDS
    work.finish()
    with pytest.raises(GitlabAuthenticationError):
        seen.generic_packages.download("tool", "1.0", "tool.txt")


# --- Setting up -------------------------------------------------------------------------------------------------------


def test_a_project_is_made_filled_and_peopled(world: World, connect: Connect):
    admin = connect()
    project = admin.projects.create({"name": "Made here", "path": "made-here", "namespace_id": world.group.id})
    assert project.path_with_namespace == f"{world.group.path}/made-here"
    actions = [{"action": "create", "file_path": "README.md", "content": "hello\n"}]
    commit = project.commits.create({"branch": "main", "commit_message": "First", "actions": actions})
    assert commit.title == "First"
    assert [found.id for found in project.commits.list(get_all=True)] == [commit.id]
    assert project.files.get("README.md", "main").decode() == b"hello\n"
    assert [branch.name for branch in project.branches.list(get_all=True)] == ["main"]
    member = project.members.create({"user_id": world.outsider.id, "access_level": gitlab.const.AccessLevel.DEVELOPER})
    assert member.access_level == 30
    member.access_level = gitlab.const.AccessLevel.MAINTAINER
    member.save()
    assert project.members.get(world.outsider.id).access_level == 40
    assert connect(world.outsider).projects.get(project.id).name == "Made here"
    member.delete()
    with pytest.raises(GitlabError) as hidden:
        connect(world.outsider).projects.get(project.id)
    assert hidden.value.response_code == 404
    project.visibility = "internal"
    project.save()
    assert connect(world.outsider).projects.get(project.id).visibility == "internal"


def test_a_push_makes_a_pipeline_that_can_be_watched(world: World, connect: Connect):
    client = connect(world.developer)
    project = client.projects.get(world.app.id)
    actions = [{"action": "create", "file_path": ".gitlab-ci.yml", "content": CI_FILE}]
    commit = project.commits.create({"branch": "main", "commit_message": "CI", "actions": actions})
    (pipeline,) = project.pipelines.list(iterator=True)
    assert (pipeline.sha, pipeline.status) == (commit.id, "pending")
    (job,) = pipeline.jobs.list(get_all=True)
    assert job.name == "job"
    project.jobs.get(job.id).cancel()
    pipeline.refresh()
    assert pipeline.status == "canceled"


def test_personal_tokens_are_made_listed_and_revoked(world: World, connect: Connect):
    admin = connect()
    someone = admin.users.get(world.outsider.id)
    made = someone.personal_access_tokens.create({"name": "made here", "scopes": ["read_api"]})
    own = connect(private_token=made.token)
    own.auth()
    assert own.user.username == world.outsider.username
    found = admin.personal_access_tokens.list(user_id=world.outsider.id, get_all=True)
    assert made.id in {token.id for token in found}
    with pytest.raises(GitlabError) as scope:
        own.projects.create({"name": "not", "path": "not", "namespace_id": world.group.id})
    assert scope.value.response_code == 403
    admin.personal_access_tokens.delete(made.id)
    with pytest.raises(GitlabAuthenticationError):
        own.auth()


def test_the_version_can_be_read(connect: Connect):
    version, revision = connect().version()
    assert version != "unknown"
    assert revision
