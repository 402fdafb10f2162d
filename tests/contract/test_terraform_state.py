"""The real terraform keeps its state on the real server: as people and in jobs, with the lock and without.

It needs no provider: `terraform_data` is built in.
"""

from __future__ import annotations

import json
import os
import shutil
import socket
import subprocess
import time
from concurrent.futures import ThreadPoolExecutor
from http.client import HTTPConnection
from pathlib import Path
from typing import Any

import pytest

from tests.contract.world import Place, World

pytestmark = pytest.mark.skipif(shutil.which("terraform") is None, reason="needs terraform, which Debian does not have")

CONFIGURATION = """\
terraform {
  backend "http" {}
}
resource "terraform_data" "word" {
  input = "%s"
}
output "word" {
  value = terraform_data.word.output
}
"""
WAITING = """
resource "terraform_data" "waiting" {
  provisioner "local-exec" {
    command = "touch started; while [ ! -e finish ]; do sleep 0.1; done"
  }
}
"""
BY_POST = {"TF_HTTP_LOCK_METHOD": "POST", "TF_HTTP_UNLOCK_METHOD": "DELETE"}


class Terraform:
    """A working copy of somebody with a login: `terraform("plan")`."""

    def __init__(self, folder: Path, world: World, project: Place, login: str, token: str) -> None:
        self.folder = folder
        self.folder.mkdir()
        self.address = f"{world.live.url}/api/v4/projects/{project.id}/terraform/state/production"
        self.env = {
            "PATH": os.environ["PATH"],
            "HOME": str(folder),
            "CHECKPOINT_DISABLE": "1",
            "TF_HTTP_ADDRESS": self.address,
            "TF_HTTP_LOCK_ADDRESS": f"{self.address}/lock",
            "TF_HTTP_UNLOCK_ADDRESS": f"{self.address}/lock",
            "TF_HTTP_USERNAME": login,
            "TF_HTTP_PASSWORD": token,
            "TF_HTTP_RETRY_MAX": "0",
        }
        self.write("hello")

    def write(self, word: str, more: str = "") -> None:
        (self.folder / "main.tf").write_text(CONFIGURATION % word + more)

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        return subprocess.Popen(
            ["terraform", *arguments, "-no-color"],
            cwd=self.folder,
            env=self.env,
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def run(self, *arguments: str) -> tuple[int, str]:
        process = self.start(*arguments)
        out, errors = process.communicate(timeout=120)
        return process.returncode, out + " ".join(errors.replace("│", " ").split())

    def __call__(self, *arguments: str) -> str:
        code, words = self.run(*arguments)
        assert code == 0, words
        return words

    def refusal(self, *arguments: str) -> str:
        code, words = self.run(*arguments)
        assert code != 0, words
        return words


def of_job(world: World, folder: Path, project: Place | None = None) -> Terraform:
    """In a job of `library` (or `project`) that the maintainer started, on the state of `library`."""
    work = world.running_job(project or world.library, world.maintainer)
    return Terraform(folder, world, world.library, "gitlab-ci-token", work.token)


def of_maintainer(world: World, folder: Path) -> Terraform:
    return Terraform(folder, world, world.library, world.maintainer.username, world.maintainer.token)


def stored_state(world: World) -> Any:
    address = f"/projects/{world.library.id}/terraform/state/production"
    return json.loads(world.live.call("GET", address, token=world.maintainer.token).body)


@pytest.mark.parametrize("methods", [{}, BY_POST], ids=["LOCK", "POST"])
def test_a_job_creates_changes_and_destroys(world: World, tmp_path: Path, methods: dict[str, str]):
    terraform = of_job(world, tmp_path / "work")
    terraform.env |= methods
    assert "Successfully configured the backend" in terraform("init")
    assert "1 to add" in terraform("plan")
    assert "1 added" in terraform("apply", "-auto-approve")
    assert stored_state(world)["outputs"]["word"]["value"] == "hello"
    terraform.write("goodbye")
    assert "1 changed" in terraform("apply", "-auto-approve")
    assert "goodbye" in terraform("output")
    assert "1 destroyed" in terraform("destroy", "-auto-approve")
    assert stored_state(world)["resources"] == []


def test_a_person_goes_on_where_a_job_stopped(world: World, tmp_path: Path):
    job, person = of_job(world, tmp_path / "job"), of_maintainer(world, tmp_path / "person")
    job("init")
    job("apply", "-auto-approve")
    person("init")
    assert "No changes." in person("plan")
    assert "terraform_data.word" in person("state", "list")


def test_who_comes_second_waits_until_the_lock_is_forced(world: World, tmp_path: Path):
    first, second = of_job(world, tmp_path / "first"), of_maintainer(world, tmp_path / "second")
    first.write("hello", WAITING)
    first("init")
    second("init")
    process = first.start("apply", "-auto-approve")
    wait_for(first.folder / "started")
    words = second.refusal("plan")
    assert "HTTP remote state already locked" in words
    key = words.partition("ID=")[2].split()[0]
    process.kill()
    process.communicate(timeout=30)
    (first.folder / "finish").touch()
    assert "already locked" in second.refusal("plan")
    assert "successfully unlocked" in second("force-unlock", "-force", key)
    assert "1 added" in second("apply", "-auto-approve")


def wait_for(file: Path) -> None:
    until = time.monotonic() + 60
    while not file.exists():
        assert time.monotonic() < until
        time.sleep(0.05)


def test_a_job_of_another_project_is_refused_until_it_is_listed(world: World, tmp_path: Path):
    terraform = of_job(world, tmp_path / "work", world.app)
    terraform("init")  # an absent state, to terraform
    assert "404" in terraform.refusal("apply", "-auto-approve")
    world.live.make(f"/projects/{world.library.id}/job_token_scope/allowlist", target_project_id=world.app.id)
    assert "1 added" in terraform("apply", "-auto-approve")


def test_a_job_of_a_developer_may_not_lock(world: World, tmp_path: Path):
    work = world.running_job(world.library, world.developer)
    terraform = Terraform(tmp_path / "work", world, world.library, "gitlab-ci-token", work.token)
    terraform("init")
    assert "HTTP remote state endpoint invalid auth" in terraform.refusal("plan")


def test_a_finished_job_is_asked_for_a_credential(world: World, tmp_path: Path):
    work = world.running_job(world.library, world.maintainer)
    terraform = Terraform(tmp_path / "work", world, world.library, "gitlab-ci-token", work.token)
    work.finish()
    assert "HTTP remote state endpoint requires auth" in terraform.refusal("init")


# --- What terraform alone cannot show ---------------------------------------------------------------------------------


def test_of_twenty_that_lock_at_once_one_has_it(world: World):
    address = f"/projects/{world.library.id}/terraform/state/production/lock"
    token = world.maintainer.token
    fields = ("Operation", "Info", "Who", "Version", "Created", "Path")

    def lock(number: int) -> tuple[int, str]:
        connection = HTTPConnection(world.live.host, timeout=60)
        body = json.dumps({"ID": str(number), **dict.fromkeys(fields, "")})
        connection.request("LOCK", f"/api/v4{address}", body, {"PRIVATE-TOKEN": token})
        answer = connection.getresponse()
        return answer.status, json.loads(answer.read())["ID"]

    with ThreadPoolExecutor(20) as pool:
        answers = list(pool.map(lock, range(20)))
    assert sorted(status for status, _ in answers) == [200] + [409] * 19
    assert len({holder for _, holder in answers}) == 1


@pytest.mark.parametrize("framing", ["Content-Length: 1000\r\n\r\n", "Transfer-Encoding: chunked\r\n\r\n3e8\r\n"])
def test_a_writer_that_dies_leaves_the_last_state_whole(world: World, framing: str):
    address = f"/projects/{world.library.id}/terraform/state/production"
    token = world.maintainer.token
    world.live.call("POST", address, b'{"serial": 1, "outputs": {}}', token=token)
    host, _, port = world.live.host.partition(":")
    with socket.create_connection((host, int(port))) as connection:
        head = f"POST /api/v4{address} HTTP/1.1\r\nHost: {world.live.host}\r\nPRIVATE-TOKEN: {token}\r\n"
        connection.sendall(f'{head}{framing}{{"serial": 2, "outputs": {{'.encode())
    assert stored_state(world) == {"serial": 1, "outputs": {}}
    answer = world.live.call("GET", f"{address}/versions/2", token=token, status=404)
    assert answer.json == {"message": "404 Not found"}
    world.live.call("POST", address, b'{"serial": 2, "outputs": {}}', token=token)
