"""The real twine and uv publish from a job without a secret (resources.md §2.2.1).

twine tries trusted publishing at the public index alone: it is led here under that name. uv does it for any index.
"""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.parse import urlsplit

import pytest
from twine.utils import DEFAULT_REPOSITORY

from tests.contract.world import Place, World
from tests.support.https_front import https_front
from tests.support.prepared import Prepared
from tests.support.server import BehindHttps, LiveServer, live_server
from tests.support.wheels import wheel

BIN = Path(sys.executable).parent
SITE, PYPI = "tokens.example.com", urlsplit(DEFAULT_REPOSITORY).netloc
CI_FILE = """\
publish:
  environment: production
  id_tokens:
    TOKEN_ACCESS_ID_TOKEN: {aud: token-access}
  script: [make]
"""


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory, prepared_data: Prepared) -> Iterator[LiveServer]:
    variables = {
        "TOKENACCESS_EXTERNAL_URL": f"https://{SITE}",
        "TOKENACCESS_ALLOWED_HOSTS": PYPI,
        "TOKENACCESS_BEHIND_PROXY": "1",
    }
    with live_server(tmp_path_factory.mktemp("publishing"), prepared_data, **variables) as server:
        yield BehindHttps.of(server)


class Job:
    """A running job of the app: `run(…)` is a line of its script, with the variables that the runner was given."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world, self.folder = world, folder
        fields = {"runner_type": "project_type", "project_id": world.app.id}
        runner = world.live.make("/user/runners", **fields)["token"]
        world.commit(world.app, {".gitlab-ci.yml": CI_FILE}, by=world.developer)
        request = {"token": runner, "system_id": "s_contract", "info": {"features": {}}}
        self.payload = world.live.call("POST", "/jobs/request", request, token=None, status=201).json
        self.variables = {one["key"]: one["value"] for one in self.payload["variables"]}
        built = wheel("My.Pkg", "1.0")
        self.file = folder / built.file_name
        self.file.write_bytes(built.content)

    def run(self, *command: str | Path, network: dict[str, str]) -> subprocess.CompletedProcess[str]:
        home = {"PATH": os.environ["PATH"], "HOME": str(self.folder), "NO_COLOR": "1", "COLUMNS": "200"}
        certificate = {"REQUESTS_CA_BUNDLE": network["SSL_CERT_FILE"]}
        return subprocess.run(
            command,
            cwd=self.folder,
            env=home | self.variables | network | certificate,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def end(self) -> None:
        body = {"token": self.payload["token"], "state": "success"}
        self.world.live.call("PUT", f"/jobs/{self.payload['id']}", body, token=None)

    def twine(self, front: str = PYPI) -> subprocess.CompletedProcess[str]:
        with https_front(self.folder, front, self.world.live.host) as network:
            address = f"https://{front}/legacy/../api/v4/projects/{self.world.library.id}/packages/pypi"
            options = ["--non-interactive", "--disable-progress-bar", "--verbose", "--repository-url", address]
            return self.run(BIN / "twine", "upload", *options, self.file, network=network)

    def uv(self) -> subprocess.CompletedProcess[str]:
        with https_front(self.folder, SITE, self.world.live.host) as network:
            address = f"https://{SITE}/api/v4/projects/{self.world.library.id}/packages/pypi"
            options = ["--no-cache", "--trusted-publishing", "always", "--publish-url", address]
            return self.run(BIN / "uv", "publish", "-v", *options, self.file, network=network)


@pytest.fixture
def job(world: World, tmp_path: Path) -> Job:
    return Job(world, tmp_path)


def trust(world: World, **fields: Any) -> None:
    body = {"package_name": "my-pkg", "source_project": world.app.path, **fields}
    world.live.make(f"/projects/{world.library.id}/packages/trusted_publishers", **body)


def packages(world: World, project: Place) -> list[str]:
    return [one["name"] for one in world.live.call("GET", f"/projects/{project.id}/packages").json]


def test_twine_publishes_without_a_secret(world: World, job: Job):
    trust(world, environment="production", ref_path="refs/heads/main", config_path=".gitlab-ci.yml")
    done = job.twine()
    assert done.returncode == 0, done.stdout + done.stderr
    assert "Minted upload token for trusted publishing" in done.stdout + done.stderr
    assert packages(world, world.library) == ["my-pkg"]


def test_uv_publishes_without_a_secret(world: World, job: Job):
    trust(world)
    done = job.uv()
    assert done.returncode == 0, done.stdout + done.stderr
    assert packages(world, world.library) == ["my-pkg"]


def test_twine_prints_why_it_may_not(world: World, job: Job):
    trust(world, environment="staging")
    done = job.twine()
    assert done.returncode != 0
    assert "`invalid-publisher`: valid token, but no corresponding publisher" in words_of(done)
    job.end()
    assert "`invalid-token`: The job is not running." in words_of(job.twine())
    assert packages(world, world.library) == []


def words_of(done: subprocess.CompletedProcess[str]) -> str:
    """What it printed, without the breaks of its lines."""
    return " ".join((done.stdout + done.stderr).split())
