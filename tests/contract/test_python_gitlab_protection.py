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
def strict(shared: World) -> Place:
    """Its branches `release/*` are pushed to by maintainers, and its tags `v*` made by them."""
    place = shared.project("strict")
    for person, level in ((shared.developer, 30), (shared.maintainer, 40)):
        shared.live.make(f"/projects/{place.id}/members", user_id=person.id, access_level=level)
    shared.commit(place, {".gitlab-ci.yml": CI_FILE})
    return place


@pytest.fixture(scope="module")
def maintained(shared: World, strict: Place, connect: Connect) -> Any:
    project = connect(shared.maintainer).projects.get(strict.id)
    project.protectedbranches.create({"name": "release/*", "push_access_level": 40, "merge_access_level": 40})
    project.protectedtags.create({"name": "v*", "create_access_level": 40})
    project.branches.create({"branch": "release/1", "ref": "main"})
    return project


@pytest.fixture(scope="module")
def developed(shared: World, maintained: Any, connect: Connect) -> Any:
    """The same as a developer sees it."""
    return connect(shared.developer).projects.get(maintained.id)


def test_a_protected_branch_takes_neither_pushes_nor_commits_of_the_api(
    shared: World, strict: Place, developed: Any, maintained: Any, tmp_path: Path
) -> None:
    git = Git(tmp_path)
    git("clone", "-q", shared.clone_url(strict, shared.developer.username, shared.developer.token), "strict")
    here = git.at("strict")
    here("commit", "--allow-empty", "-m", "Mine")
    assert "You are not allowed to push code to protected branches" in here.refused("push", "origin", "HEAD:release/1")
    write = {"branch": "release/1", "commit_message": "Mine"}
    actions = [{"action": "create", "file_path": "a.txt", "content": "a"}]
    for refused in (
        lambda: developed.commits.create({**write, "actions": actions}),
        lambda: developed.commits.create({**write, "branch": "release/2", "start_branch": "main", "actions": actions}),
        lambda: developed.files.create({**write, "file_path": "a.txt", "content": "a"}),
        lambda: developed.branches.delete("release/1"),
    ):
        with pytest.raises(GitlabError) as caught:
            refused()
        assert caught.value.response_code in {400, 403}
    assert developed.branches.get("release/1").can_push is False
    assert maintained.branches.get("release/1").can_push is True
    maintained.commits.create({**write, "actions": actions})
    maintained.protectedbranches.update("release/*", {"allow_force_push": True})
    assert maintained.protectedbranches.get("release/*").allow_force_push is True


def test_a_release_makes_no_protected_tag(developed: Any, maintained: Any) -> None:
    release = {"tag_name": "v1", "ref": "main", "description": "One"}
    with pytest.raises(GitlabError) as caught:
        developed.releases.create(release)
    assert caught.value.response_code in {403, 422}
    with pytest.raises(GitlabError, match="404"):
        maintained.tags.get("v1")
    assert maintained.releases.create(release).tag_name == "v1"
    assert maintained.tags.get("v1").protected is True


def test_pipelines_of_a_protected_branch_are_run_by_who_may_push_there(developed: Any, maintained: Any) -> None:
    assert developed.pipelines.create({"ref": "main"}).ref == "main"
    with pytest.raises(GitlabError) as caught:
        developed.pipelines.create({"ref": "release/1"})
    assert (caught.value.response_code, "do not have sufficient permission" in str(caught.value)) == (400, True)
    with pytest.raises(GitlabError):
        developed.pipelineschedules.create({"ref": "release/1", "description": "x", "cron": "0 3 * * *"})
    assert maintained.pipelines.create({"ref": "release/1"}).ref == "release/1"


def test_a_protected_package_is_pushed_by_who_may(developed: Any, maintained: Any, tmp_path: Path) -> None:
    file = tmp_path / "tool.txt"
    file.write_text("x")
    rules = maintained.package_protection_rules
    rule = rules.create(
        {"package_name_pattern": "tool*", "package_type": "generic", "minimum_access_level_for_push": "maintainer"}
    )
    assert [(one.id, one.package_name_pattern) for one in rules.list(get_all=True)] == [(rule.id, "tool*")]
    with pytest.raises(GitlabError) as refused:
        developed.generic_packages.upload("tools", "1.0", "tool.txt", path=file)
    assert refused.value.response_code == 403
    maintained.generic_packages.upload("tools", "1.0", "tool.txt", path=file)
    rule.package_name_pattern = "other*"
    rule.save()
    developed.generic_packages.upload("tools", "1.0", "more.txt", path=file)
    with pytest.raises(GitlabError) as wrong:
        rules.create({**rule.attributes, "package_type": "nothing"})
    assert wrong.value.response_code == 400
    rule.delete()
    with pytest.raises(GitlabError, match="404"):
        rule.delete()


def test_protected_repositories_of_images_are_listed_changed_and_deleted(strict: Place, maintained: Any) -> None:
    rules = maintained.registry_protection_repository_rules
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
