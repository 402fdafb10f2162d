"""python-gitlab, unchanged: what protection refuses on a push, to the API, to releases, pipelines and packages."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from gitlab.exceptions import GitlabError

from tests.contract.conftest import Connect
from tests.contract.world import CI_FILE, Place, World
from tests.support.git import Git


@pytest.fixture(scope="module")
def strict(shared_world: World) -> Place:
    """Its branches `release/*` are pushed to by maintainers, and its tags `v*` made by them."""
    place = shared_world.project("strict")
    for person, level in ((shared_world.developer, 30), (shared_world.maintainer, 40)):
        shared_world.live.make(f"/projects/{place.id}/members", user_id=person.id, access_level=level)
    shared_world.commit(place, {".gitlab-ci.yml": CI_FILE})
    return place


@pytest.fixture(scope="module")
def as_maintainer(shared_world: World, strict: Place, connect: Connect) -> Any:
    project = connect(shared_world.maintainer).projects.get(strict.id)
    project.protectedbranches.create({"name": "release/*", "push_access_level": 40, "merge_access_level": 40})
    project.protectedtags.create({"name": "v*", "create_access_level": 40})
    project.branches.create({"branch": "release/1", "ref": "main"})
    return project


@pytest.fixture(scope="module")
def as_developer(shared_world: World, as_maintainer: Any, connect: Connect) -> Any:
    """The same as a developer sees it."""
    return connect(shared_world.developer).projects.get(as_maintainer.id)


def test_a_protected_branch_takes_neither_pushes_nor_commits_of_the_api(
    shared_world: World, strict: Place, as_developer: Any, as_maintainer: Any, tmp_path: Path
) -> None:
    git = Git(tmp_path)
    git(
        "clone",
        "-q",
        shared_world.clone_url(strict, shared_world.developer.username, shared_world.developer.token),
        "strict",
    )
    here = git.at("strict")
    here("commit", "--allow-empty", "-m", "Mine")
    assert "You are not allowed to push code to protected branches" in here.refusal("push", "origin", "HEAD:release/1")
    write = {"branch": "release/1", "commit_message": "Mine"}
    actions = [{"action": "create", "file_path": "a.txt", "content": "a"}]
    for refused in (
        lambda: as_developer.commits.create({**write, "actions": actions}),
        lambda: as_developer.commits.create(
            {**write, "branch": "release/2", "start_branch": "main", "actions": actions}
        ),
        lambda: as_developer.files.create({**write, "file_path": "a.txt", "content": "a"}),
        lambda: as_developer.branches.delete("release/1"),
    ):
        with pytest.raises(GitlabError) as caught:
            refused()
        assert caught.value.response_code in {400, 403}
    assert as_developer.branches.get("release/1").can_push is False
    assert as_maintainer.branches.get("release/1").can_push is True
    as_maintainer.commits.create({**write, "actions": actions})
    as_maintainer.protectedbranches.update("release/*", {"allow_force_push": True})
    assert as_maintainer.protectedbranches.get("release/*").allow_force_push is True


def test_a_release_makes_no_protected_tag(as_developer: Any, as_maintainer: Any) -> None:
    release = {"tag_name": "v1", "ref": "main", "description": "One"}
    with pytest.raises(GitlabError) as caught:
        as_developer.releases.create(release)
    assert caught.value.response_code in {403, 422}
    with pytest.raises(GitlabError, match="404"):
        as_maintainer.tags.get("v1")
    assert as_maintainer.releases.create(release).tag_name == "v1"
    assert as_maintainer.tags.get("v1").protected is True


def test_pipelines_of_a_protected_branch_are_run_by_who_may_push_there(as_developer: Any, as_maintainer: Any) -> None:
    assert as_developer.pipelines.create({"ref": "main"}).ref == "main"
    with pytest.raises(GitlabError) as caught:
        as_developer.pipelines.create({"ref": "release/1"})
    assert (caught.value.response_code, "do not have sufficient permission" in str(caught.value)) == (400, True)
    with pytest.raises(GitlabError):
        as_developer.pipelineschedules.create({"ref": "release/1", "description": "x", "cron": "0 3 * * *"})
    assert as_maintainer.pipelines.create({"ref": "release/1"}).ref == "release/1"


def test_a_protected_package_is_pushed_by_who_may(as_developer: Any, as_maintainer: Any, tmp_path: Path) -> None:
    file = tmp_path / "tool.txt"
    file.write_text("x")
    rules = as_maintainer.package_protection_rules
    rule = rules.create(
        {"package_name_pattern": "tool*", "package_type": "generic", "minimum_access_level_for_push": "maintainer"}
    )
    assert [(one.id, one.package_name_pattern) for one in rules.list(get_all=True)] == [(rule.id, "tool*")]
    with pytest.raises(GitlabError) as refused:
        as_developer.generic_packages.upload("tools", "1.0", "tool.txt", path=file)
    assert refused.value.response_code == 403
    as_maintainer.generic_packages.upload("tools", "1.0", "tool.txt", path=file)
    rule.package_name_pattern = "other*"
    rule.save()
    as_developer.generic_packages.upload("tools", "1.0", "more.txt", path=file)
    with pytest.raises(GitlabError) as wrong:
        rules.create({**rule.attributes, "package_type": "nothing"})
    assert wrong.value.response_code == 400
    rule.delete()
    with pytest.raises(GitlabError, match="404"):
        rule.delete()


def test_protected_repositories_of_images_are_listed_changed_and_deleted(strict: Place, as_maintainer: Any) -> None:
    rules = as_maintainer.registry_protection_repository_rules
    path = f"{strict.path}/tool"
    rule = rules.create({"repository_path_pattern": path, "minimum_access_level_for_push": "maintainer"})
    assert [one.repository_path_pattern for one in rules.list(get_all=True)] == [path]
    rule.minimum_access_level_for_delete = "owner"
    rule.save()
    (kept,) = rules.list(get_all=True)
    assert (kept.minimum_access_level_for_push, kept.minimum_access_level_for_delete) == ("maintainer", "owner")
    with pytest.raises(GitlabError) as twice:
        rules.create({"repository_path_pattern": path, "minimum_access_level_for_push": "owner"})
    assert twice.value.response_code == 422
    rules.delete(rule.id)
    with pytest.raises(GitlabError, match="404"):
        rules.delete(rule.id)
