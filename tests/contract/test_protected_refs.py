"""Protected branches and tags as real clients meet them: what git prints, what python-gitlab reads and writes."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import Any

import gitlab
import pytest
from gitlab.exceptions import GitlabCreateError, GitlabGetError

from tests.contract.world import Place, Someone, World
from tests.support.git import Git

REJECTED = "! [remote rejected] {} (pre-receive hook declined)"


@pytest.fixture
def strict(world: World) -> Place:
    """A project as it is when it is new, which developer and maintainer work on."""
    made = world.live.make("/projects", name="strict", path="strict", namespace_id=world.group.id)
    place = Place(made["id"], made["path_with_namespace"])
    for who, level in ((world.developer, 30), (world.maintainer, 40)):
        world.live.make(f"/projects/{place.id}/members", user_id=who.id, access_level=level)
    world.commit(place, {"README.md": "hello\n"})
    return place


@pytest.fixture
def git(tmp_path: Path) -> Git:
    return Git(tmp_path)


@pytest.fixture
def project(world: World, strict: Place) -> Iterator[Any]:
    client = gitlab.Gitlab(world.live.url, private_token=world.maintainer.token)
    yield client.projects.get(strict.id)
    client.session.close()


def clone(git: Git, world: World, place: Place, who: Someone) -> Git:
    git("clone", world.clone_url(place, who.username, who.token), who.username)
    return git.at(who.username)


def test_git_prints_why_a_push_to_a_protected_branch_was_refused(world: World, git: Git, strict: Place):
    here = clone(git, world, strict, world.developer)
    here("commit", "--allow-empty", "-m", "Mine")
    output = here.refusal("push", "origin", "HEAD:main")
    assert "remote: GitLab: You are not allowed to push code to protected branches on this project." in output
    assert REJECTED.format("HEAD -> main") in output
    here("push", "origin", "HEAD:mine")
    theirs = clone(git, world, strict, world.maintainer)
    theirs("push", "origin", "origin/mine:main")
    assert here("ls-remote", "origin", "main").split()[0] == here("rev-parse", "HEAD")


def test_git_prints_why_history_stays(world: World, git: Git, strict: Place, project: Any):
    here = clone(git, world, strict, world.maintainer)
    here("commit", "--amend", "-m", "Another beginning")
    output = here.refusal("push", "--force", "origin", "HEAD:main")
    assert "GitLab: You are not allowed to force push code to a protected branch on this project." in output
    assert REJECTED.format("HEAD -> main") in output
    protected = project.protectedbranches.get("main")
    protected.allow_force_push = True
    protected.save()
    here("push", "--force", "origin", "HEAD:main")
    assert REJECTED.format("main") in here.refusal("push", "origin", ":main")


def test_a_push_of_many_branches_and_files_is_judged_whole(world: World, git: Git, strict: Place, project: Any):
    project.protectedbranches.create({"name": "keep/*"})
    here = clone(git, world, strict, world.developer)
    for number in range(60):
        (here.folder / f"{number}.txt").write_text(str(number) * 1000)
    here("add", ".")
    here("commit", "-m", "Much")
    for number in range(300):
        here("branch", f"many/{number}")
    here.options = ["http.postBuffer=65536"]
    here("push", "origin", "refs/heads/many/*:refs/heads/many/*")
    output = here.refusal("push", "origin", "refs/heads/many/*:refs/heads/keep/*")
    assert "GitLab: You are not allowed to create protected branches on this project." in output
    assert not here("ls-remote", "origin", "refs/heads/keep/*")
    assert len(here("ls-remote", "origin", "refs/heads/many/*").splitlines()) == 300


def test_protected_tags_are_made_by_those_who_may(world: World, git: Git, strict: Place, project: Any):
    project.protectedtags.create({"name": "v*", "create_access_level": 40})
    here = clone(git, world, strict, world.developer)
    here("tag", "-a", "v1", "-m", "One")
    output = here.refusal("push", "origin", "v1")
    assert "remote: GitLab: You are not allowed to create this tag as it is protected." in output
    assert REJECTED.format("v1 -> v1") in output
    theirs = clone(git, world, strict, world.maintainer)
    theirs("tag", "-a", "v1", "-m", "One")
    theirs("push", "origin", "v1")
    theirs("tag", "-f", "-a", "v1", "-m", "Another")
    assert "Protected tags cannot be updated." in theirs.refusal("push", "--force", "origin", "v1")
    assert project.tags.get("v1").protected is True


def test_python_gitlab_protects_branches(project: Any):
    assert [one.name for one in project.protectedbranches.list()] == ["main"]
    made = project.protectedbranches.create(
        {
            "name": "release/*",
            "push_access_level": gitlab.const.AccessLevel.NO_ACCESS,
            "merge_access_level": gitlab.const.AccessLevel.DEVELOPER,
        }
    )
    assert made.push_access_levels[0]["access_level_description"] == "No one"
    found = project.protectedbranches.get("release/*")
    assert (found.name, found.allow_force_push) == ("release/*", False)
    assert found.merge_access_levels[0]["access_level"] == 30
    with pytest.raises(GitlabCreateError) as caught:
        project.protectedbranches.create({"name": "release/*"})
    assert (caught.value.response_code, caught.value.error_message) == (
        409,
        "Protected branch 'release/*' already exists",
    )
    found.delete()
    with pytest.raises(GitlabGetError) as missing:
        project.protectedbranches.get("release/*")
    assert missing.value.response_code == 404
    assert project.branches.get("main").protected is True


def test_python_gitlab_protects_tags(project: Any):
    made = project.protectedtags.create({"name": "v*", "create_access_level": 30})
    assert made.create_access_levels[0]["access_level"] == 30
    assert [one.name for one in project.protectedtags.list()] == ["v*"]
    assert project.protectedtags.get("v*").create_access_levels == made.create_access_levels
    with pytest.raises(GitlabCreateError) as caught:
        project.protectedtags.create({"name": "v*"})
    assert caught.value.response_code == 422
    made.delete()
    assert project.protectedtags.list() == []
