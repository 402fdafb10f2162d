"""The real terraform finds modules on the real server and downloads them, as people and in jobs."""

from __future__ import annotations

import os
import shutil
import subprocess
import tarfile
from collections.abc import Iterator
from io import BytesIO
from pathlib import Path

import pytest

from tests.contract.world import World
from tests.support.https_front import https_front
from tests.support.prepared import Prepared
from tests.support.server import BehindHttps, LiveServer, live_server

pytestmark = pytest.mark.skipif(shutil.which("terraform") is None, reason="needs terraform, which Debian does not have")

SITE = "modules.example.com"  # terraform asks a registry by HTTPS only
MAIN = 'output "word" {\n  value = "hello %s"\n}\n'


@pytest.fixture(scope="module")
def live(tmp_path_factory: pytest.TempPathFactory, prepared_data: Prepared) -> Iterator[LiveServer]:
    variables = {"TOKENACCESS_EXTERNAL_URL": f"https://{SITE}", "TOKENACCESS_BEHIND_PROXY": "1"}
    with live_server(tmp_path_factory.mktemp("terraform"), prepared_data, **variables) as server:
        yield BehindHttps.of(server)


class Terraform:
    """`terraform("init")` in a folder of its own, with nobody's settings."""

    def __init__(self, folder: Path, network: dict[str, str]) -> None:
        self.folder = folder / "work"
        self.folder.mkdir()
        self.env = {"PATH": os.environ["PATH"], "HOME": str(folder), "CHECKPOINT_DISABLE": "1", **network}

    def use(self, source: str, version: str = "") -> None:
        wanted = f'  version = "{version}"\n' if version else ""
        text = (
            f'module "demo" {{\n  source = "{source}"\n{wanted}}}\noutput "word" {{\n  value = module.demo.word\n}}\n'
        )
        (self.folder / "main.tf").write_text(text)

    def run(self, *arguments: str, token: str = "") -> subprocess.CompletedProcess[str]:
        given = {"TF_TOKEN_modules_example_com": token} if token else {}
        return subprocess.run(
            ["terraform", *arguments, "-no-color"],
            cwd=self.folder,
            env=self.env | given,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def __call__(self, *arguments: str, token: str = "") -> str:
        done = self.run(*arguments, token=token)
        assert done.returncode == 0, done.stdout + done.stderr
        return done.stdout

    def refusal(self, *arguments: str, token: str = "") -> str:
        """What it prints when it fails, in one line."""
        done = self.run(*arguments, token=token)
        assert done.returncode != 0, done.stdout
        return " ".join(done.stderr.replace("│", " ").split())


@pytest.fixture
def terraform(tmp_path: Path, live: LiveServer) -> Iterator[Terraform]:
    with https_front(tmp_path, SITE, live.host) as network:
        yield Terraform(tmp_path, network)


def archive(version: str) -> bytes:
    content = (MAIN % version).encode()
    data = BytesIO()
    with tarfile.open(fileobj=data, mode="w:gz") as tar:
        entry = tarfile.TarInfo("main.tf")
        entry.size = len(content)
        tar.addfile(entry, BytesIO(content))
    return data.getvalue()


def publish(world: World, *versions: str) -> str:
    """By the developer; returns the module's source."""
    for version in versions:
        address = f"/projects/{world.library.id}/packages/terraform/modules/demo/local/{version}/file"
        world.live.call("PUT", address, archive(version), token=world.developer.token, status=201)
    return f"{SITE}/{world.group.path}/demo/local"


def publish_in_job(world: World, version: str) -> None:
    address = f"/projects/{world.library.id}/packages/terraform/modules/demo/local/{version}/file"
    headers = {"JOB-TOKEN": world.running_job(world.library).token}
    world.live.call("PUT", address, archive(version), token=None, headers=headers, status=201)


def allow(world: World) -> None:
    world.live.make(f"/projects/{world.library.id}/job_token_scope/allowlist", target_project_id=world.app.id)


def test_a_job_of_a_listed_project_gets_the_module_it_asks_for(world: World, terraform: Terraform):
    source = publish(world, "1.0.0", "2.0.0")
    publish_in_job(world, "1.2.0")
    allow(world)
    token = world.running_job().token
    terraform.use(source, "~> 1.0")
    assert "Downloading" in terraform("init", token=token)
    assert 'word = "hello 1.2.0"' in terraform("apply", "-auto-approve")


def test_a_person_gets_the_newest_by_their_own_token(world: World, terraform: Terraform):
    terraform.use(publish(world, "1.0.0", "1.1.0-rc.1"))
    terraform("init", token=world.developer.token)
    assert 'word = "hello 1.0.0"' in terraform("apply", "-auto-approve")


def test_a_job_gets_a_module_straight_from_its_project(world: World, terraform: Terraform):
    publish(world, "1.0.0")
    terraform.use(
        f"https://{SITE}/api/v4/projects/{world.library.id}/packages/terraform/modules/demo/local/1.0.0?archive=tgz"
    )
    netrc = Path(terraform.env["HOME"], ".netrc")
    netrc.write_text(f"machine {SITE}\nlogin gitlab-ci-token\npassword {world.running_job(world.library).token}\n")
    terraform("init")
    assert 'word = "hello 1.0.0"' in terraform("apply", "-auto-approve")


def test_a_job_of_an_unlisted_project_learns_of_nothing(world: World, terraform: Terraform):
    source = publish(world, "1.0.0")
    token = world.running_job().token
    terraform.use(source)
    hidden = terraform.refusal("init", token=token)
    terraform.use(source.replace("demo", "memo"))
    absent = terraform.refusal("init", token=token)
    assert "cannot be found in the module registry" in hidden
    assert hidden == absent.replace("memo", "demo")


def test_a_finished_job_sees_that_its_token_is_refused(world: World, terraform: Terraform):
    terraform.use(publish(world, "1.0.0"))
    work = world.running_job(world.library)
    work.finish()
    assert "401 Unauthorized" in terraform.refusal("init", token=work.token)


def test_without_a_token_there_is_nothing(world: World, terraform: Terraform):
    terraform.use(publish(world, "1.0.0"))
    assert "401 Unauthorized" in terraform.refusal("init")
