"""python-gitlab, unchanged, against the real server: groups, their members, and projects as lists and in motion."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

import pytest
from gitlab.exceptions import GitlabError

from tests.contract.conftest import Connect
from tests.contract.world import CI_FILE, World
from tests.support.git import Git

_numbers = itertools.count(1)


@pytest.fixture(scope="module")
def admin(connect: Connect) -> Any:
    return connect()


@pytest.fixture
def group(shared_world: World, admin: Any) -> Any:
    """A private group of this test alone."""
    path = f"team{shared_world.number}-{next(_numbers)}"
    return admin.groups.create({"name": path, "path": path})


def test_groups_below_are_listed_and_changed(shared_world: World, admin: Any, group: Any) -> None:
    first, second = (admin.groups.create({"name": one, "path": one, "parent_id": group.id}) for one in "ab")
    deep = admin.groups.create({"name": "deep", "path": "deep", "parent_id": first.id})
    project = admin.projects.create({"name": "below", "namespace_id": deep.id})
    assert [one.id for one in group.subgroups.list(get_all=True)] == [first.id, second.id]
    assert [one.id for one in group.subgroups.list(skip_groups=[first.id], get_all=True)] == [second.id]
    assert {one.id for one in group.descendant_groups.list(get_all=True)} == {first.id, second.id, deep.id}
    listed = {one.id for one in admin.groups.list(search=group.path, skip_groups=[group.id], get_all=True)}
    assert group.id not in listed
    assert group.projects.list(get_all=True) == []
    assert [one.id for one in group.projects.list(include_subgroups=True, get_all=True)] == [project.id]
    group.description = "changed"
    group.save()
    assert admin.groups.get(group.full_path).description == "changed"


def test_members_are_found_and_end(shared_world: World, group: Any, admin: Any) -> None:
    below = admin.groups.create({"name": "below", "path": "below", "parent_id": group.id})
    people = (shared_world.developer, shared_world.maintainer)
    for person in people:
        group.members.create({"user_id": person.id, "access_level": 30, "expires_at": "2099-01-01"})
    below.members.create({"user_id": shared_world.outsider.id, "access_level": 20})
    assert group.members.get(shared_world.developer.id).expires_at == "2099-01-01"
    assert [one.id for one in group.members.list(query=shared_world.developer.username, get_all=True)] == [people[0].id]
    assert [one.id for one in group.members.list(user_ids=[people[1].id], get_all=True)] == [people[1].id]
    assert [one.id for one in below.members.list(user_ids=[people[1].id], get_all=True)] == []
    everyone = {one.id for one in below.members_all.list(get_all=True)}
    assert everyone >= {shared_world.developer.id, shared_world.maintainer.id, shared_world.outsider.id}
    assert below.members_all.get(shared_world.developer.id).access_level == 30
    with pytest.raises(GitlabError) as past:
        group.members.create({"user_id": shared_world.outsider.id, "access_level": 30, "expires_at": "2001-01-01"})
    assert past.value.response_code == 400
    group.members.delete(shared_world.developer.id)
    with pytest.raises(GitlabError, match="404"):
        group.members.delete(shared_world.developer.id)


def test_an_invited_group_has_at_most_the_role_of_its_invitation(
    shared_world: World, group: Any, admin: Any, connect: Connect
) -> None:
    group.members.create({"user_id": shared_world.outsider.id, "access_level": 40})
    project = admin.projects.create({"name": "invited", "namespace_id": shared_world.group.id})
    seen = connect(shared_world.outsider)
    for place in (project, admin.groups.get(shared_world.group.id)):
        with pytest.raises(GitlabError, match="404"):
            seen.projects.get(project.id)
        place.share(group.id, 20)
        assert seen.projects.get(project.id).id == project.id
        assert project.members_all.get(shared_world.outsider.id).access_level == 20
        with pytest.raises(GitlabError) as refused:
            seen.projects.get(project.id).variables.list(get_all=True)
        assert refused.value.response_code == 403
        place.unshare(group.id)
    with pytest.raises(GitlabError, match="404"):
        project.unshare(group.id)


def test_projects_are_listed_by_who_asks_and_what_they_are(shared_world: World, admin: Any, connect: Connect) -> None:
    developer, tag = connect(shared_world.developer), f"listed{shared_world.number}"
    own = developer.projects.create({"name": f"{tag} b", "path": f"{tag}b", "visibility": "internal"})
    other = admin.projects.create({"name": f"{tag} a", "path": f"{tag}a", "visibility": "public"})

    def find_ids(**filters: Any) -> list[int]:
        rows = developer.projects.list(search=tag, order_by="name", sort="asc", get_all=True, **filters)
        return [row.id for row in rows]

    assert find_ids() == [other.id, own.id]
    assert find_ids(owned=True) == find_ids(membership=True) == find_ids(min_access_level=40) == [own.id]
    assert (find_ids(visibility="public"), find_ids(archived=True)) == ([other.id], [])
    (simple,) = developer.projects.list(search=tag, owned=True, simple=True, get_all=True)
    assert simple.path_with_namespace == own.path_with_namespace
    assert not hasattr(simple, "permissions")
    head = developer.projects.gitlab.http_head("/projects", query_data={"search": tag, "per_page": 1})
    assert (head["X-Total"], head["X-Total-Pages"], head["X-Page"]) == ("2", "2", "1")
    assert 'rel="next"' in head["Link"]
    assert head["X-Request-Id"] != developer.http_head("/projects")["X-Request-Id"]
    with pytest.raises(GitlabError, match="does not have a valid value"):
        find_ids(min_access_level=17)


def test_an_archived_project_is_read_and_not_changed(shared_world: World, admin: Any) -> None:
    project = admin.projects.create(
        {"name": "archived", "namespace_id": shared_world.group.id, "initialize_with_readme": True}
    )
    project.archive()
    assert admin.projects.get(project.id).archived is True
    assert project.files.raw("README.md", ref="main")
    with pytest.raises(GitlabError) as refused:
        project.branches.create({"branch": "side", "ref": "main"})
    assert refused.value.response_code == 403
    project.unarchive()
    assert project.branches.create({"branch": "side", "ref": "main"}).name == "side"


def test_a_project_that_moved_is_found_where_it_was(
    shared_world: World, admin: Any, connect: Connect, tmp_path: Path
) -> None:
    project = admin.projects.create(
        {"name": "moving", "namespace_id": shared_world.group.id, "initialize_with_readme": True}
    )
    former = project.path_with_namespace
    project.path = "renamed"
    project.save()
    project.transfer(shared_world.developer.username)
    assert admin.projects.get(former).path_with_namespace == f"{shared_world.developer.username}/renamed"
    developer = connect(shared_world.developer)
    assert developer.projects.get(f"{shared_world.group.path}/renamed").id == project.id
    login = (
        f"http://{shared_world.developer.username}:{shared_world.developer.token}@{shared_world.live.host}/{former}.git"
    )
    assert Git(tmp_path).run("clone", "-q", login, "clone").returncode == 0
    assert (tmp_path / "clone" / "README.md").exists()
    page = developer.session.get(f"{shared_world.live.url}/{former}", allow_redirects=False)
    assert page.status_code == 302  # a visitor learns of no move: the way to the sign-in page
    with pytest.raises(GitlabError, match="404"):
        connect(shared_world.outsider).projects.get(former)


def test_the_pipelines_of_a_fork_are_its_own(shared_world: World, admin: Any) -> None:
    parent = admin.projects.create({"name": "parent", "namespace_id": shared_world.group.id})
    actions = [{"action": "create", "file_path": ".gitlab-ci.yml", "content": CI_FILE}]
    parent.commits.create({"branch": "main", "commit_message": "CI", "actions": actions})
    fork = admin.projects.get(parent.forks.create({"namespace_id": shared_world.group.id, "path": "fork"}).id)
    assert fork.pipelines.list(get_all=True) == []
    made = fork.pipelines.create({"ref": "main"})
    assert made.project_id == fork.id
    assert [one.id for one in fork.pipelines.list(get_all=True)] == [made.id]
    assert made.id not in [one.id for one in parent.pipelines.list(get_all=True)]
    with pytest.raises(GitlabError, match="404"):
        parent.pipelines.get(made.id)
    fork.delete_fork_relation()
    assert not hasattr(admin.projects.get(fork.id), "forked_from_project")


def test_a_project_that_is_deleted_is_gone_at_once(admin: Any, group: Any) -> None:
    project = admin.projects.create({"name": "deleted", "namespace_id": group.id})
    project.delete()
    with pytest.raises(GitlabError, match="404"):
        project.delete()
    assert group.projects.list(get_all=True) == []
    assert admin.projects.create({"name": "deleted", "namespace_id": group.id}).id != project.id
