"""People and their tokens through python-gitlab."""

from __future__ import annotations

import gitlab
import pytest
from gitlab.exceptions import GitlabAuthenticationError, GitlabCreateError, GitlabDeleteError

from tests.contract.world import World
from tests.support.server import ADMIN_TOKEN, LiveServer


def speak(live: LiveServer, token: str) -> gitlab.Gitlab:
    return gitlab.Gitlab(live.url, private_token=token)


@pytest.fixture
def admin(live: LiveServer) -> gitlab.Gitlab:
    return speak(live, ADMIN_TOKEN)


def test_the_api_knows_whose_token_it_is(world: World, admin: gitlab.Gitlab):
    admin.auth()
    assert admin.user is not None
    assert admin.user.username == "root"
    developer = speak(world.live, world.developer.token)
    developer.auth()
    assert developer.user is not None
    assert developer.user.id == world.developer.id


def test_a_person_is_made_found_changed_blocked_and_deleted(world: World, admin: gitlab.Gitlab):
    name = f"nora{world.number}"
    nora = admin.users.create(
        {"username": name, "name": "Nora", "email": f"{name}@example.org", "password": "a long enough secret"}
    )
    assert [user.id for user in admin.users.list(username=name, get_all=False)] == [nora.id]
    assert nora.id in {user.id for user in admin.users.list(iterator=True, per_page=2)}
    nora.name = "Norah"
    nora.save()
    assert admin.users.get(nora.id).name == "Norah"
    nora.block()
    assert admin.users.get(nora.id).state == "blocked"
    nora.unblock()
    assert admin.users.get(nora.id).state == "active"
    with pytest.raises(GitlabCreateError) as taken:
        admin.users.create(
            {"username": name, "name": "N", "email": "n@example.org", "password": "a long enough secret"}
        )
    assert taken.value.response_code == 409
    nora.delete()
    assert admin.users.list(username=name, get_all=False) == []


def test_tokens_are_made_listed_rotated_and_revoked(world: World, admin: gitlab.Gitlab):
    made = admin.users.get(world.developer.id).personal_access_tokens.create(
        {"name": "deploy", "scopes": ["api"], "expires_at": "2999-12-31"}
    )
    own = speak(world.live, made.token)
    assert own.personal_access_tokens.get("self").id == made.id
    listed = own.personal_access_tokens.list(user_id=world.developer.id, state="active", get_all=True)
    assert made.id in {token.id for token in listed}
    rotated = own.personal_access_tokens.get(made.id)
    rotated.rotate()
    with pytest.raises(GitlabAuthenticationError):
        own.auth()
    again = speak(world.live, rotated.token)
    again.personal_access_tokens.delete("self")
    with pytest.raises(GitlabAuthenticationError):
        again.auth()


def test_a_refusal_is_readable(world: World):
    outsider = speak(world.live, world.outsider.token)
    with pytest.raises(GitlabDeleteError, match="403 Forbidden"):
        outsider.users.delete(world.developer.id)
