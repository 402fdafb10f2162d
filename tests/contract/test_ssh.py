"""Real OpenSSH, git and git-lfs against one server with its sshd (docs/ssh.md)."""

from __future__ import annotations

import itertools
import os
import shutil
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import gitlab
import pytest

from tests.contract.world import Someone, World
from tests.support.git import Git
from tests.support.prepared import Prepared
from tests.support.server import ADMIN_TOKEN, LiveServer, free_port, live_server
from tests.support.ssh import IS_THERE, Ssh, ssh_url, ssh_variables

pytestmark = pytest.mark.skipif(not IS_THERE, reason="needs OpenSSH's server and client")

HIDDEN = "could not be found or you don't have permission to view it"
CI_FILE = "job:\n  script: [make]\n"
Login = Callable[[Someone], Ssh]


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory, prepared_data: Prepared) -> Iterator[LiveServer]:
    with live_server(tmp_path_factory.mktemp("ssh"), prepared_data, **ssh_variables(free_port())) as server:
        yield server


@pytest.fixture(scope="module")
def world(live: LiveServer) -> World:
    """Of all tests here: what they push they push to branches of their own."""
    made = World(live)
    made.commit(made.library, {"README.md": "hello", ".gitlab-ci.yml": CI_FILE})
    return made


@pytest.fixture
def client(world: World, live: LiveServer, tmp_path: Path) -> Callable[[], Ssh]:
    """`client()`: a machine with a key that nobody knows yet."""
    numbers = itertools.count()
    return lambda: Ssh.create(tmp_path / f"client{next(numbers)}", ssh_url(live, world.library.id))


@pytest.fixture
def login(live: LiveServer, client: Callable[[], Ssh]) -> Login:
    """`login(someone)`: their machine, whose key the portal knows."""

    def add(someone: Someone) -> Ssh:
        ssh = client()
        live.call("POST", "/user/keys", {"title": "laptop", "key": ssh.public_key}, token=someone.token)
        return ssh

    return add


def commit(here: Git, message: str = "Over SSH") -> str:
    here("commit", "-q", "--allow-empty", "-m", message)
    return here("rev-parse", "HEAD")


def clone(ssh: Ssh, path: str) -> Git:
    ssh.git("clone", "-q", ssh.at(path), "here")
    return ssh.git.at("here")


def branch_tip(live: LiveServer, project_id: int, branch: str) -> str:
    address = f"/projects/{project_id}/repository/branches/{branch}"
    return str(live.call("GET", address).json["commit"]["id"])


def test_a_person_is_greeted_clones_and_pushes_and_starts_a_pipeline(world: World, live: LiveServer, login: Login):
    ssh = login(world.developer)
    greeting = ssh.run("-T")
    assert (greeting.returncode, greeting.stdout) == (0, f"Welcome to Token Access, @{world.developer.username}!\n")
    here = clone(ssh, world.library.path)
    tip = commit(here)
    pushed = here.run("push", "-o", "ci.variable=FROM=ssh", "origin", "HEAD:over-ssh")
    assert pushed.returncode == 0, pushed.stderr
    assert branch_tip(live, world.library.id, "over-ssh") == tip
    (pipeline,) = live.call("GET", f"/projects/{world.library.id}/pipelines?ref=over-ssh").json
    assert (pipeline["sha"], pipeline["source"]) == (tip, "push")
    variables = live.call("GET", f"/projects/{world.library.id}/pipelines/{pipeline['id']}/variables").json
    assert [(one["key"], one["value"]) for one in variables] == [("FROM", "ssh")]
    assert live.call("GET", f"/projects/{world.library.id}/pipelines/{pipeline['id']}").json["user"]["id"] == (
        world.developer.id
    )
    (key,) = live.call("GET", "/user/keys", token=world.developer.token).json
    assert key["last_used_at"] is not None


def test_what_is_hidden_and_what_is_not_there_look_the_same(world: World, login: Login):
    ssh = login(world.outsider)
    answers = {ssh.git.refusal("ls-remote", ssh.at(path)) for path in (world.library.path, "no/such", "a b'; id", "-x")}
    assert len(answers) == 1
    assert HIDDEN in answers.pop()


def test_a_protected_branch_is_protected(world: World, live: LiveServer, login: Login):
    live.make(f"/projects/{world.library.id}/protected_branches", name="kept", push_access_level=40)
    here = clone(login(world.developer), world.library.path)
    commit(here)
    assert "GitLab: You are not allowed to create protected branches" in here.refusal("push", "origin", "HEAD:kept")
    here("push", "-q", "origin", "HEAD:open")
    assert not list((live.data / "ssh" / "pushes").iterdir())


def test_only_git_is_served(world: World, login: Login):
    ssh = login(world.developer)
    for words in (["id"], ["git-upload-pack"], ["git-upload-pack", "--help"], ["sh", "-c", "id"], ["scp", "-t", "x"]):
        refused = ssh.run(*words)
        assert refused.returncode == 1, words
        assert "uid=" not in refused.stdout + refused.stderr
        assert "This server runs git and git-lfs-authenticate only" in refused.stderr or HIDDEN in refused.stderr
    assert "is not served" in ssh.git.refusal("archive", f"--remote={ssh.at(world.library.path)}", "HEAD")
    tunnel = ssh.run(options=("-W", "127.0.0.1:22"))
    assert (tunnel.returncode, tunnel.stderr) == (255, "stdio forwarding failed\n")
    terminal = ssh.run(options=("-tt",))
    assert "PTY allocation request failed" in terminal.stderr


def test_keys_that_are_unknown_for_signing_or_of_the_blocked_open_nothing(
    world: World, live: LiveServer, client: Callable[[], Ssh], login: Login
):
    assert "Permission denied (publickey)" in client().run("-T").stderr

    signing = client()
    fields = {"title": "signing", "key": signing.public_key, "usage_type": "signing"}
    live.call("POST", "/user/keys", fields, token=world.developer.token)
    assert "Permission denied (publickey)" in signing.run("-T").stderr

    nora = world.person(f"nora{os.getpid()}")
    blocked = login(nora)
    live.call("POST", f"/users/{nora.id}/block")
    assert "Your account has been blocked" in blocked.run("-T").stderr
    assert "Your account has been blocked" in blocked.git.refusal("ls-remote", blocked.at(world.library.path))


def test_a_deploy_key_reads_and_pushes_where_and_as_it_may(world: World, live: LiveServer, client: Callable[[], Ssh]):
    ssh = client()
    maintainer = gitlab.Gitlab(live.url, private_token=world.maintainer.token)
    project = maintainer.projects.get(world.library.id)
    key = project.keys.create({"title": "robot", "key": ssh.public_key})
    assert (key.can_push, key.fingerprint_sha256[:7]) == (False, "SHA256:")
    assert ssh.run("-T").stdout == "Welcome to Token Access. This is the deploy key robot.\n"
    here = clone(ssh, world.library.path)
    tip = commit(here)
    assert "may only read" in here.refusal("push", "origin", "HEAD:by-key")
    assert HIDDEN in ssh.git.refusal("ls-remote", ssh.at(world.app.path))

    key.can_push = True
    key.save()
    here("push", "-q", "origin", "HEAD:by-key")
    (pipeline,) = live.call("GET", f"/projects/{world.library.id}/pipelines?ref=by-key").json
    assert pipeline["sha"] == tip
    address = f"/projects/{world.library.id}/pipelines/{pipeline['id']}"
    assert live.call("GET", address).json["user"]["id"] == world.maintainer.id

    app = maintainer.projects.get(world.app.id)
    app.keys.enable(key.id)
    ssh.git("ls-remote", ssh.at(world.app.path))
    app.keys.delete(key.id)
    assert HIDDEN in ssh.git.refusal("ls-remote", ssh.at(world.app.path))
    assert [one.id for one in project.keys.list(get_all=True)] == [key.id]


@pytest.mark.skipif(shutil.which("git-lfs") is None, reason="needs git-lfs")
def test_large_files_are_pushed_and_fetched(world: World, live: LiveServer, login: Login, client: Callable[[], Ssh]):
    content = os.urandom(300_000)
    here = clone(login(world.developer), world.library.path)
    here("lfs", "install", "--local")
    (here.folder / ".gitattributes").write_text("*.bin filter=lfs diff=lfs merge=lfs -text\n")
    (here.folder / "model.bin").write_bytes(content)
    here("add", ".")
    commit(here)
    here("push", "-q", "origin", "HEAD:large")

    reader = client()
    live.make(f"/projects/{world.library.id}/deploy_keys", title="reader", key=reader.public_key)
    there = clone(reader, world.library.path)
    there("lfs", "install", "--local")
    there("checkout", "-q", "large")
    there("lfs", "pull")
    assert (there.folder / "model.bin").read_bytes() == content
    assert reader.run("git-lfs-authenticate", world.library.path, "upload").returncode == 1


def test_python_gitlab_manages_keys_of_people(world: World, live: LiveServer, client: Callable[[], Ssh]):
    ssh = client()
    root = gitlab.Gitlab(live.url, private_token=ADMIN_TOKEN)
    person = root.users.get(world.person(f"keys{os.getpid()}").id)
    key = person.keys.create({"title": "laptop", "key": ssh.public_key})
    assert [one.id for one in person.keys.list(get_all=True)] == [key.id]
    assert root.keys.get(key.id).user["id"] == person.id
    found: Any = root.keys.get(fingerprint=_fingerprint(ssh))
    assert found.id == key.id
    assert found.key.split()[:2] == ssh.public_key.split()[:2]
    with pytest.raises(gitlab.GitlabCreateError, match="has already been taken"):
        root.projects.get(world.library.id).keys.create({"title": "taken", "key": ssh.public_key})
    key.delete()
    assert "Permission denied (publickey)" in ssh.run("-T").stderr


def _fingerprint(ssh: Ssh) -> str:
    from ssh_keys.public_keys import PublicKey

    return f"SHA256:{PublicKey.parse(ssh.public_key).sha256}"


def test_nothing_was_left_behind_and_nothing_went_wrong(live: LiveServer):
    assert not list((live.data / "ssh" / "pushes").glob("*"))
    assert "Traceback" not in live.errors()
