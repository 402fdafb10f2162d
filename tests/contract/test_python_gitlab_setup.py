"""python-gitlab sets an instance up, unchanged, against the real server: people, groups, projects, settings."""

from __future__ import annotations

import json
import subprocess
import sys
import time
from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import gitlab
import pytest
from gitlab.exceptions import GitlabError

from tests.contract.world import World
from tests.support.receiver import receiver
from tests.support.server import ADMIN_TOKEN


@pytest.fixture
def admin(world: World) -> Iterator[gitlab.Gitlab]:
    client = gitlab.Gitlab(world.live.url, private_token=ADMIN_TOKEN)
    yield client
    client.session.close()


def test_groups_and_projects_are_shared_moved_forked_and_found(world: World, admin: gitlab.Gitlab):
    team = admin.groups.create({"name": f"team{world.number}", "path": f"team{world.number}"})
    team.members.create({"user_id": world.outsider.id, "access_level": 30})
    group, project = admin.groups.get(world.group.id), admin.projects.get(world.library.id)
    assert admin.namespaces.exists(team.path).exists is True

    project.share(team.id, 20)
    assert admin.projects.get(project.id).shared_with_groups[0]["group_access_level"] == 20
    assert {one.id for one in project.groups.list(with_shared=True, get_all=True)} == {group.id, team.id}
    project.unshare(team.id)
    group.share(team.id, 30)
    assert [link["group_id"] for link in admin.groups.get(group.id).shared_with_groups] == [team.id]
    group.unshare(team.id)

    former = project.path_with_namespace
    project.transfer(team.id)
    assert admin.projects.get(former).path_with_namespace == f"{team.path}/library"
    project = admin.projects.get(project.id)
    project.path = "renamed"
    project.save()
    assert admin.projects.get(f"{team.path}/library").id == project.id
    team.transfer(group.id)
    assert admin.groups.get(team.path).full_path == f"{group.path}/{team.path}"

    fork = project.forks.create({"namespace_id": group.id, "path": "fork"})
    assert admin.projects.get(fork.id).forked_from_project["id"] == project.id
    assert [one.id for one in project.forks.list(get_all=True)] == [fork.id]
    found = admin.search(gitlab.const.SearchScope.PROJECTS, "renamed", get_all=True)
    assert project.id in {one["id"] for one in found}
    admin.projects.delete(fork.id)
    with pytest.raises(GitlabError):
        admin.projects.get(fork.id)
    team.delete()
    for gone in (lambda: admin.groups.get(team.id), lambda: admin.projects.get(project.id)):
        with pytest.raises(GitlabError, match="404"):
            gone()


def test_badges_are_added_previewed_changed_and_removed(world: World, admin: gitlab.Gitlab):
    project = admin.projects.get(world.library.id)
    link = "https://ci.example.com/%{project_path}"
    badge = project.badges.create({"link_url": link, "image_url": "https://ci.example.com/i.svg", "name": "CI"})
    rendered = f"https://ci.example.com/{project.path_with_namespace}"
    assert (badge.kind, badge.rendered_link_url) == ("project", rendered)
    assert project.badges.render(link, link)["rendered_image_url"] == rendered
    badge.image_url = "https://ci.example.com/j.svg"
    badge.save()
    ours = admin.groups.get(world.group.id).badges.create({"link_url": link, "image_url": link})
    assert [one.id for one in project.badges.list(get_all=True)] == [badge.id, ours.id]
    badge.delete()
    ours.delete()
    assert project.badges.list(get_all=True) == []


def test_people_are_blocked_twice_impersonated_and_looked_up(world: World, admin: gitlab.Gitlab):
    user = admin.users.get(world.developer.id)
    user.bio = "Gardener"
    user.save()
    assert admin.users.get(user.id).bio == "Gardener"
    assert [bool(user.block()), user.block()] == [True, None]
    assert [user.unblock(), user.unblock()] == [True, False]
    places = user.memberships.list(type="Project", get_all=True)
    assert {place.source_id for place in places} == {world.library.id, world.app.id}
    with pytest.raises(GitlabError, match="type does not have a valid value"):
        user.memberships.list(type="Nothing", get_all=True)
    root = admin.users.list(username="root", get_all=True)[0]
    made = root.personal_access_tokens.create({"name": "sudo", "scopes": ["api", "sudo"]})
    client = gitlab.Gitlab(world.live.url, private_token=made.token)
    own = client.projects.create({"name": "theirs"}, sudo=world.developer.username)
    assert own.namespace["path"] == world.developer.username
    client.session.close()


def test_settings_features_and_files_are_read_and_set(world: World, admin: gitlab.Gitlab):
    settings = admin.settings.get()
    settings.signup_enabled = False
    settings.save()
    assert admin.settings.get().signup_enabled is False
    assert "signup_enabled is kept and has no effect on this server" in admin.settings.get().warnings
    admin.features.set("anything_at_all", True)
    admin.features.delete("anything_at_all")
    project = admin.projects.get(world.library.id)
    actions = [{"action": "create", "file_path": "a.txt", "content": "a needle\n"}]
    project.commits.create({"branch": "main", "commit_message": "First", "actions": actions})
    assert [found["path"] for found in project.search("blobs", "Needle", get_all=True)] == ["a.txt"]
    assert project.resource_groups.list(get_all=True) == []


def test_webhooks_are_created_by_the_serving_process_and_get_their_events(world: World, admin: gitlab.Gitlab):
    setting = admin.settings.get()
    setting.allow_local_requests_from_web_hooks_and_services = True
    setting.save()
    project = admin.projects.get(world.library.id)
    with receiver() as made:
        hook = project.hooks.create({"url": made.url, "token": "secret", "job_events": True})
        hook.tag_push_events = True
        hook.save()
        assert [one.id for one in project.hooks.list(get_all=True)] == [hook.id]
        content = {"branch": "main", "content": "x", "commit_message": "Tell of it"}
        project.files.create({"file_path": f"told-{world.number}.txt", **content})
        until = time.monotonic() + 30
        while not made.got and time.monotonic() < until:
            time.sleep(0.1)
        titles = [commit["title"] for got in made.got for commit in got.json["commits"]]
        assert titles == ["Tell of it"]
        hook.test("push_events")
        assert made.got[-1].headers["x-gitlab-token"] == "secret"
    hook.delete()
    group = admin.groups.get(world.group.id)
    group.hooks.create({"url": "https://example.com", "subgroup_events": True}).delete()
    system = admin.hooks.create({"url": "https://example.com"})
    assert admin.hooks.get(system.id).url == "https://example.com"
    system.delete()


def test_long_lists_are_read_on_from_their_last_row(world: World, admin: gitlab.Gitlab):
    by_number = [one.id for one in admin.projects.list(get_all=True, order_by="id", sort="asc")]
    by_keyset = admin.projects.list(iterator=True, pagination="keyset", order_by="id", sort="asc", per_page=2)
    assert [one.id for one in by_keyset] == by_number


def test_the_command_line_sets_a_project_up(world: World, tmp_path: Path):
    def run(*words: str) -> Any:
        command = [sys.executable, "-m", "gitlab", "--server-url", world.live.url, "--private-token", ADMIN_TOKEN]
        done = subprocess.run([*command, "-o", "json", *words], check=True, capture_output=True, text=True)
        return json.loads(done.stdout) if done.stdout.startswith(("{", "[")) else done.stdout

    number = str(run("project", "create", "--name", "made", "--namespace-id", str(world.group.id))["id"])
    run("project-variable", "create", "--project-id", number, "--key", "A", "--value", "b")
    assert [row["key"] for row in run("project-variable", "list", "--project-id", number)] == ["A"]
    change = ("--project-id", number, "--branch", "main", "--commit-message", "First")
    run("project-file", "create", *change, "--file-path", "a.txt", "--content", "hello")
    raw = run("project-file", "raw", "--project-id", number, "--file-path", "a.txt", "--ref", "main")
    assert raw.strip() == "hello"
    file = tmp_path / "tool.txt"
    file.write_text("x")
    package = ("--project-id", number, "--package-name", "tool", "--package-version", "1.0", "--file-name", "tool.txt")
    run("generic-package", "upload", *package, "--path", str(file))
    assert [row["name"] for row in run("project-package", "list", "--project-id", number)] == ["tool"]
    token = run(
        "project-access-token", "create", "--project-id", number, "--name", "robot", "--scopes", "read_api",
        "--expires-at", (datetime.now(UTC) + timedelta(days=30)).date().isoformat(),
    )  # fmt: skip
    run("project-access-token", "delete", "--project-id", number, "--id", str(token["id"]))
    run("project", "delete", "--id", number)
