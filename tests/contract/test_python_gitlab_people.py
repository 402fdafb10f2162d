"""python-gitlab, unchanged, against the real server: namespaces, people, their keys, names and passwords."""

from __future__ import annotations

from typing import Any

import pytest
from gitlab.exceptions import GitlabError

from tests.contract.conftest import Connect
from tests.contract.world import World
from tests.support.public_keys import fingerprint, public_key

PASSWORD = "let me in please"


@pytest.fixture(scope="module")
def admin(connect: Connect) -> Any:
    return connect()


def create(admin: Any, username: str, **fields: Any) -> Any:
    data = {"name": username, "username": username, "email": f"{username}@example.org", "password": PASSWORD}
    return admin.users.create({**data, "skip_confirmation": True, **fields})


def test_everyone_has_a_namespace_where_their_projects_land(shared_world: World, connect: Connect) -> None:
    name, person = shared_world.outsider.username, connect(shared_world.outsider)
    (own,) = person.namespaces.list(get_all=True)
    assert (own.kind, own.full_path) == ("user", name)
    assert person.namespaces.get(own.id).path == person.namespaces.get(name).path == name
    taken, free = person.namespaces.exists(name), person.namespaces.exists(f"{name}-more")
    assert (taken.exists, taken.suggests, free.exists) == (True, [f"{name}1"], False)
    project = person.projects.create({"name": "mine"})
    assert project.namespace["id"] == own.id
    with pytest.raises(GitlabError, match="404 Group Not Found"):
        person.groups.get(own.id)


def test_who_makes_a_group_or_a_project_is_its_owner(shared_world: World, connect: Connect) -> None:
    person = connect(shared_world.outsider)
    group = person.groups.create({"name": "theirs", "path": f"theirs{shared_world.number}"})
    project = person.projects.create({"name": "theirs", "namespace_id": group.id})
    assert {one.id: one.access_level for one in group.members.list(get_all=True)} == {shared_world.outsider.id: 50}
    assert project.members_all.get(shared_world.outsider.id).access_level == 50
    assert project.permissions["group_access"]["access_level"] == 50


def test_people_are_found_by_words_and_by_state(shared_world: World, admin: Any) -> None:
    names = [f"found{shared_world.number}{end}" for end in ("a", "b")]
    first, second = (create(admin, name) for name in names)
    second.block()

    def find_ids(**filters: Any) -> list[int]:
        users = admin.users.list(
            search=f"found{shared_world.number}", order_by="id", sort="asc", get_all=True, **filters
        )
        return [user.id for user in users]

    assert find_ids() == [first.id, second.id]
    assert (find_ids(active=True), find_ids(blocked=True)) == ([first.id], [second.id])
    assert [one.id for one in admin.users.list(username=names[0].upper(), get_all=True)] == [first.id]


def test_an_administrator_makes_another_and_changes_their_address(shared_world: World, admin: Any) -> None:
    user = create(admin, f"changed{shared_world.number}")
    user.admin, user.email, user.bio = True, f"new{shared_world.number}@example.org", "Gardener"
    user.save()
    read = admin.users.get(user.id)
    assert (read.is_admin, read.email, read.bio) == (True, f"new{shared_world.number}@example.org", "Gardener")


def test_somebody_is_deleted_with_their_projects_only_by_force(shared_world: World, admin: Any) -> None:
    user = create(admin, f"deleted{shared_world.number}")
    project = user.projects.create({"name": "left"})
    assert [one.id for one in user.projects.list(get_all=True)] == [project.id]
    with pytest.raises(GitlabError, match="personal projects") as refused:
        user.delete()
    assert refused.value.response_code == 409
    admin.users.delete(user.id, hard_delete=True)
    for gone in (lambda: admin.users.get(user.id), lambda: admin.projects.get(project.id)):
        with pytest.raises(GitlabError, match="404"):
            gone()


def test_keys_are_added_listed_found_and_deleted(shared_world: World, admin: Any, connect: Connect) -> None:
    developer = connect(shared_world.developer)
    developer.auth()
    own = developer.user.keys.create({"title": "laptop", "key": public_key()})
    user = admin.users.get(shared_world.developer.id)
    given = user.keys.create({"title": "given", "key": public_key()})
    assert {one.id for one in developer.user.keys.list(get_all=True)} == {own.id, given.id}
    assert [one.title for one in user.keys.list(get_all=True)] == ["laptop", "given"]
    assert admin.keys.get(own.id).user["username"] == shared_world.developer.username
    assert admin.keys.get(fingerprint=fingerprint(given.key)).id == given.id
    with pytest.raises(GitlabError) as refused:
        developer.keys.get(own.id)
    assert refused.value.response_code == 403
    with pytest.raises(GitlabError) as twice:
        developer.user.keys.create({"title": "again", "key": own.key})
    assert twice.value.response_code == 400
    own.delete()
    user.keys.delete(given.id)
    for gone in (lambda: admin.keys.get(own.id), lambda: user.keys.delete(given.id)):
        with pytest.raises(GitlabError, match="404"):
            gone()


def test_an_administrator_acts_as_somebody_by_header(shared_world: World, admin: Any, connect: Connect) -> None:
    root = admin.users.list(username="root", get_all=True)[0]
    tokens = [
        root.personal_access_tokens.create({"name": "sudo", "scopes": list(s)}) for s in (("api", "sudo"), ["api"])
    ]
    able, unable = (connect(private_token=token.token) for token in tokens)
    for client in (able, unable):
        client.headers["Sudo"] = shared_world.developer.username
    assert able.http_get("/user")["username"] == shared_world.developer.username
    with pytest.raises(GitlabError) as refused:
        unable.http_get("/user")
    assert (refused.value.response_code, refused.value.error_message) == (403, "insufficient_scope")


def test_only_words_that_gitlab_reserves_are_reserved(shared_world: World, admin: Any) -> None:
    for word in ("jwt", "assets", "dashboard"):
        with pytest.raises(GitlabError) as refused:
            admin.groups.create({"name": word, "path": word})
        assert refused.value.response_code == 400
        assert f"{word} is a reserved name" in str(refused.value)
    group = admin.groups.create({"name": "user", "path": "user"})
    assert admin.groups.get("user").id == group.id
    group.delete()


def test_an_administrator_chooses_a_password_like_the_name(shared_world: World, admin: Any) -> None:
    username = f"alike{shared_world.number}"
    assert create(admin, username, password=f"{username}-secret").username == username
