"""python-gitlab, git, pip and twine with access tokens and deploy tokens against the real server."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import gitlab
import pytest
from gitlab.exceptions import GitlabAuthenticationError, GitlabError

from tests.contract.world import World
from tests.support.git import Git
from tests.support.server import ADMIN_TOKEN
from tests.support.wheels import wheel

BIN = Path(sys.executable).parent


def connect(world: World, token: str) -> Any:
    return gitlab.Gitlab(world.live.url, private_token=token, retry_transient_errors=False)


@pytest.fixture
def library(world: World) -> Any:
    """The library as its maintainer sees it."""
    world.commit(world.library, {"a.txt": "words\n"})
    return connect(world, world.maintainer.token).projects.get(world.library.id)


def test_python_gitlab_manages_project_access_tokens(world: World, library: Any):
    made = library.access_tokens.create({"name": "robot", "scopes": ["api"], "access_level": 30})
    robot = connect(world, made.token)
    robot.auth()
    assert robot.user.username.startswith(f"project_{library.id}_bot_")
    assert robot.projects.get(library.id).path == "library"
    with pytest.raises(GitlabError):
        robot.projects.get(world.app.id)
    found = library.access_tokens.get(made.id)
    assert (found.access_level, found.active, found.last_used_ips) == (30, True, ["127.0.0.1"])
    successor = library.access_tokens.rotate(made.id)
    with pytest.raises(GitlabAuthenticationError):
        robot.auth()
    assert connect(world, successor["token"]).projects.get(library.id).id == library.id
    library.access_tokens.get(successor["id"]).delete()
    with pytest.raises(GitlabAuthenticationError):
        connect(world, successor["token"]).auth()


def test_python_gitlab_manages_group_access_tokens(world: World):
    group = connect(world, ADMIN_TOKEN).groups.get(world.group.id)
    made = group.access_tokens.create({"name": "robot", "scopes": ["read_api"], "access_level": 20})
    robot = connect(world, made.token)
    assert {robot.projects.get(place.id).id for place in (world.library, world.app)} == {world.library.id, world.app.id}
    assert made.id in [one.id for one in group.access_tokens.list(get_all=True)]
    made.delete()
    with pytest.raises(GitlabAuthenticationError):
        robot.auth()


def test_python_gitlab_manages_impersonation_tokens(world: World):
    root = connect(world, ADMIN_TOKEN)
    tokens = root.users.get(world.developer.id).impersonationtokens
    made = tokens.create({"name": "look", "scopes": ["read_user"]})
    somebody = connect(world, made.token)
    somebody.auth()
    assert somebody.user.username == world.developer.username
    assert [one.id for one in tokens.list(state="active", get_all=True)] == [made.id]
    tokens.get(made.id).delete()
    with pytest.raises(GitlabAuthenticationError):
        somebody.auth()


def test_git_clones_with_deploy_and_access_tokens(world: World, library: Any, tmp_path: Path):
    deploy = library.deploytokens.create({"name": "reader", "scopes": ["read_repository"]})
    robot = library.access_tokens.create({"name": "robot", "scopes": ["write_repository"], "access_level": 30})
    git = Git(tmp_path)
    assert git.run("clone", world.clone_url(world.library, deploy.username.replace("+", "%2B"), deploy.token), "a")
    assert (tmp_path / "a" / "a.txt").read_text() == "words\n"
    for refused in (
        git.run("clone", world.clone_url(world.library, world.developer.username, deploy.token), "b"),
        git.run("clone", world.clone_url(world.app, deploy.username.replace("+", "%2B"), deploy.token), "c"),
        git.run("clone", world.clone_url(world.app, "anyone", robot.token), "d"),
    ):
        assert refused.returncode != 0
    inside = Git(tmp_path / "a")
    assert inside.run("commit", "--allow-empty", "-m", "More").returncode == 0
    assert inside.run("push", "origin", "HEAD:main").returncode != 0
    pushed = inside.run("push", world.clone_url(world.library, "anyone", robot.token), "HEAD:main")
    assert pushed.returncode == 0, pushed.stderr
    deploy.delete()
    assert git.run("ls-remote", world.clone_url(world.library, "x", deploy.token)).returncode != 0


def test_twine_and_pip_use_deploy_tokens_of_project_and_group(world: World, library: Any, tmp_path: Path):
    root = connect(world, ADMIN_TOKEN).groups.get(world.group.id)
    writer = library.deploytokens.create({"name": "writer", "scopes": ["write_package_registry"]})
    reader = root.deploytokens.create(
        {"name": "reader", "scopes": ["read_package_registry"], "username": "group.reader"}
    )
    built = wheel("deployed", "1.0")
    (tmp_path / built.file_name).write_bytes(built.content)
    address = f"{world.live.api}/projects/{library.id}/packages/pypi"

    def run(*command: Any, **env: str) -> subprocess.CompletedProcess[str]:
        known = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), **env}
        return subprocess.run(
            [str(part) for part in command], env=known, cwd=tmp_path, capture_output=True, text=True, timeout=120,
            check=False,
        )  # fmt: skip

    def upload(token: Any) -> subprocess.CompletedProcess[str]:
        login = {"TWINE_USERNAME": token.username, "TWINE_PASSWORD": token.token}
        command = [BIN / "twine", "upload", "--non-interactive", "--repository-url", address, built.file_name]
        return run(*command, **login)

    refused = upload(reader)
    assert (refused.returncode != 0, "403" in refused.stdout + refused.stderr) == (True, True)
    stored = upload(writer)
    assert stored.returncode == 0, stored.stdout + stored.stderr
    for place, kind in ((library.id, "projects"), (world.group.id, "groups")):
        middle = "packages" if kind == "projects" else "-/packages"
        index = f"http://{reader.username}:{reader.token}@{world.live.host}/api/v4/{kind}/{place}/{middle}/pypi/simple"
        target = tmp_path / kind
        got = run(
            BIN / "python", "-m", "pip", "install", "--no-deps", "--no-cache-dir", "--target", target,
            "--index-url", index, "--trusted-host", "127.0.0.1", "deployed",
        )  # fmt: skip
        assert got.returncode == 0, got.stderr
