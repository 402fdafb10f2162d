"""The real go fetches private modules from the real server, as in a job with a .netrc."""

from __future__ import annotations

import os
import shutil
import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.contract.world import Place, World
from tests.support.git import NOBODY
from tests.support.https_front import https_front
from tests.support.prepared import Prepared
from tests.support.server import BehindHttps, LiveServer, live_server

pytestmark = pytest.mark.skipif(shutil.which("go") is None, reason="needs Go: apt-get install golang-go")

SITE = "tokens.example.com"
REFUSED = 1


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory, prepared_data: Prepared) -> Iterator[LiveServer]:
    folder = tmp_path_factory.mktemp("go")
    variables = {"TOKENACCESS_EXTERNAL_URL": f"https://{SITE}", "TOKENACCESS_BEHIND_PROXY": "1"}
    with live_server(folder, prepared_data, **variables) as server:
        yield BehindHttps.of(server)


class Go:
    """`go("get", "tokens.example.com/…")` in a module of its own, with nobody's settings and an empty cache."""

    def __init__(self, folder: Path, network: dict[str, str]) -> None:
        self.folder = folder
        self.env = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "GOPATH": str(folder / "go"),
            "GOFLAGS": "-modcacherw",
            "GOPROXY": "direct",
            "GOPRIVATE": SITE,
            "GOTOOLCHAIN": "local",
            **NOBODY,
            **network,
        }
        (folder / "work").mkdir()
        self("mod", "init", "example.org/work")

    def run(self, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            ["go", *arguments],
            cwd=self.folder / "work",
            env=self.env,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def __call__(self, *arguments: str) -> str:
        done = self.run(*arguments)
        assert done.returncode == 0, done.stderr
        return done.stdout

    def netrc(self, login: str, password: str) -> None:
        file = self.folder / ".netrc"
        file.write_text(f"machine {SITE}\nlogin {login}\npassword {password}\n")
        file.chmod(0o600)


@pytest.fixture
def go(tmp_path: Path, live: LiveServer) -> Iterator[Go]:
    with https_front(tmp_path, SITE, live.host) as network:
        yield Go(tmp_path, network)


@pytest.fixture
def module(world: World) -> Place:
    """A private project in a subgroup, with a Go package in a folder of its own."""
    parent = world.live.make(
        "/groups", name="Libraries", path="libraries", parent_id=world.group.id, visibility="private"
    )
    made = world.live.make("/projects", name="module", path="module", namespace_id=parent["id"])
    place = Place(made["id"], made["path_with_namespace"])
    files: dict[str, str | bytes] = {
        "go.mod": f"module {SITE}/{place.path}\n\ngo 1.19\n",
        "pkg/hello/hello.go": 'package hello\n\nfunc Word() string { return "hello" }\n',
    }
    world.commit(place, files)
    world.live.make(f"/projects/{place.id}/members", user_id=world.developer.id, access_level=30)
    return place


def allow(world: World, module: Place) -> None:
    path = f"/projects/{module.id}/job_token_scope/allowlist"
    world.live.make(path, target_project_id=world.app.id)


def test_a_job_of_a_listed_project_gets_a_package_deep_inside(world: World, go: Go, module: Place) -> None:
    allow(world, module)
    go.netrc("gitlab-ci-token", world.running_job().token)
    package = f"{SITE}/{module.path}/pkg/hello"
    go("get", package)
    (go.folder / "work" / "main.go").write_text(
        f'package main\n\nimport "{package}"\n\nfunc main() {{ println(hello.Word()) }}\n'
    )
    built = go.run("run", ".")
    assert (built.returncode, built.stderr) == (0, "hello\n")


def test_a_person_gets_a_version_by_its_tag(world: World, go: Go, module: Place) -> None:
    world.live.make(f"/projects/{module.id}/repository/tags", tag_name="v1.2.3", ref="main")
    go.netrc(world.developer.username, world.developer.token)
    go("get", f"{SITE}/{module.path}@v1.2.3")
    assert f"{SITE}/{module.path} v1.2.3" in go("list", "-m", "all")


def test_a_job_of_an_unlisted_project_gets_nothing_and_learns_nothing(world: World, go: Go, module: Place) -> None:
    go.netrc("gitlab-ci-token", world.running_job().token)
    hidden = go.run("get", f"{SITE}/{module.path}")
    go("clean", "-modcache")
    absent = go.run("get", f"{SITE}/{module.path.replace('module', 'nodule')}")
    assert hidden.returncode == absent.returncode == REFUSED
    said = [done.stderr.replace("nodule", "module") for done in (hidden, absent)]
    assert "could not be found or you don't have permission" in said[0]
    assert said[0] == said[1]


def test_a_finished_job_sees_that_its_token_is_refused(world: World, go: Go, module: Place) -> None:
    allow(world, module)
    work = world.running_job()
    work.finish()
    go.netrc("gitlab-ci-token", work.token)
    refused = go.run("get", f"{SITE}/{module.path}")
    assert refused.returncode == REFUSED
    assert "401 Unauthorized" in refused.stderr
