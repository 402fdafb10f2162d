"""The real twine, pip and uv against the real server: jobs publish Python packages, and jobs install them."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from tests.contract.world import Place, Work, World
from tests.support.wheels import Built, source_archive, wheel

BIN = Path(sys.executable).parent
JOB = "gitlab-ci-token"


class Python:
    """`python.twine(project, token, built…)`, `python.pip(…)`, `python.uv(…)` in a folder and a home of their own."""

    def __init__(self, world: World, folder: Path) -> None:
        self.world, self.folder = world, folder
        self.env = {"PATH": os.environ["PATH"], "HOME": str(folder), "NO_COLOR": "1", "COLUMNS": "200"}

    def twine(self, project: Place, token: str, *built: Built, login: str = JOB) -> subprocess.CompletedProcess[str]:
        (self.folder / "dist").mkdir(exist_ok=True)
        for one in built:
            (self.folder / "dist" / one.file_name).write_bytes(one.content)
        address = f"{self.world.live.api}/projects/{project.id}/packages/pypi"
        env = {"TWINE_USERNAME": login, "TWINE_PASSWORD": token}
        options = ["--verbose", "--non-interactive", "--disable-progress-bar", "--repository-url", address]
        return self.run([BIN / "twine", "upload", *options, *(f"dist/{one.file_name}" for one in built)], env)

    def index(self, project: Place, token: str, login: str = JOB) -> str:
        return f"http://{login}:{token}@{self.world.live.host}/api/v4/projects/{project.id}/packages/pypi/simple"

    def pip(self, index: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        options = ["--isolated", "--no-input", "--disable-pip-version-check", "--retries", "0", "--target", "site"]
        command = [sys.executable, "-m", "pip", "install", "-vv", *options, "--index-url", index, *arguments]
        return self.run(command)

    def uv(self, index: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        options = ["--no-config", "--no-cache", "--target", "site", "--python", sys.executable]
        return self.run([BIN / "uv", "pip", "install", "-v", *options, "--default-index", index, *arguments])

    def run(self, command: Sequence[str | Path], env: dict[str, str] | None = None) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            command,
            cwd=self.folder,
            env=self.env | (env or {}),
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=120,
            check=False,
        )

    def greeting(self) -> str:
        code = "import my_pkg; print(my_pkg.GREETING)"
        return self.run([sys.executable, "-c", code], {"PYTHONPATH": str(self.folder / "site")}).stdout.strip()


@pytest.fixture
def python(world: World, tmp_path: Path) -> Python:
    return Python(world, tmp_path)


@pytest.fixture
def app_entry(world: World) -> None:
    """The app is on the library's allowlist."""
    address = f"/projects/{world.library.id}/job_token_scope/allowlist"
    world.live.make(address, target_project_id=world.app.id)


@pytest.fixture
def publishing_job(world: World, python: Python) -> Work:
    """A running job of the library, which has published two versions of My.Pkg."""
    work = world.running_job(world.library)
    done = python.twine(world.library, work.token, wheel("My.Pkg", "1.0"), wheel("My.Pkg", "1.1"), source_archive())
    assert done.returncode == 0, done.stdout + done.stderr
    return work


def test_a_job_publishes_and_another_projects_job_installs_with_pip(
    world: World, python: Python, publishing_job, app_entry
):
    job = world.running_job(world.app)
    done = python.pip(python.index(world.library, job.token), "my-pkg==1.0")
    assert done.returncode == 0, done.stdout + done.stderr
    assert python.greeting() == "hello from My.Pkg 1.0"
    assert ".whl.metadata" in done.stdout  # the metadata came first, without the wheel


def test_another_projects_job_installs_with_uv(world: World, python: Python, publishing_job, app_entry):
    job = world.running_job(world.app)
    done = python.uv(python.index(world.library, job.token), "my-pkg")
    assert done.returncode == 0, done.stdout + done.stderr
    assert python.greeting() == "hello from My.Pkg 1.1"
    assert ".whl.metadata" in done.stderr


def test_a_user_publishes_and_installs_with_a_token(world: World, python: Python):
    developer = world.developer
    done = python.twine(world.library, developer.token, wheel(), login=developer.username)
    assert done.returncode == 0, done.stdout + done.stderr
    done = python.pip(python.index(world.library, developer.token, developer.username), "my-pkg")
    assert done.returncode == 0, done.stdout + done.stderr


def test_a_requirement_of_python_is_kept(world: World, python: Python):
    token = world.running_job(world.library).token
    built = wheel("My.Pkg", "1.0", "Requires-Python: >=99")
    assert python.twine(world.library, token, built).returncode == 0
    done = python.pip(python.index(world.library, token), "my-pkg")
    assert "Requires-Python >=99" in done.stdout + done.stderr


def test_pip_checks_the_digests_of_a_lock_file(world: World, python: Python, publishing_job: Work):
    (python.folder / "lock.txt").write_text(f"my-pkg==1.0 --hash=sha256:{'0' * 64}\n")
    done = python.pip(python.index(world.library, publishing_job.token), "--require-hashes", "-r", "lock.txt")
    assert "THESE PACKAGES DO NOT MATCH THE HASHES" in done.stderr


def test_pip_shows_why_a_release_was_yanked(world: World, python: Python, publishing_job: Work):
    code = (
        "from resources.packages.models import Package, Yank;"
        f"Yank.objects.create(package=Package.objects.get(project={world.library.id}, version='1.1'), reason='breaks')"
    )
    world.live.manage("shell", "-c", code)
    done = python.uv(python.index(world.library, publishing_job.token), "my-pkg")
    assert (done.returncode, python.greeting()) == (0, "hello from My.Pkg 1.0")
    done = python.pip(python.index(world.library, publishing_job.token), "--upgrade", "my-pkg==1.1")
    assert "Reason for being yanked: breaks" in done.stdout + done.stderr


def test_a_job_installs_from_the_index_of_a_group(world: World, python: Python, publishing_job: Work, app_entry: None):
    job = world.running_job(world.app)
    index = python.index(world.library, job.token).replace(
        f"projects/{world.library.id}/packages", f"groups/{world.group.id}/-/packages"
    )
    done = python.pip(index, "my-pkg==1.0")
    assert done.returncode == 0, done.stdout + done.stderr


def test_of_two_uploads_of_a_file_at_once_one_is_stored(world: World):
    address = f"{world.live.api}/projects/{world.library.id}/packages/pypi"
    headers, fields = {"PRIVATE-TOKEN": world.developer.token}, {"name": "my-pkg", "version": "1.0"}

    def upload(number: int) -> int:
        built = wheel("My.Pkg", "1.0", f"Keywords: {number}")
        files = {"content": (built.file_name, built.content)}
        return requests.post(address, data=fields, files=files, headers=headers, timeout=60).status_code

    with ThreadPoolExecutor(8) as pool:
        assert sorted(pool.map(upload, range(8))) == [201] + [400] * 7


# --- Refusals, as the clients print them ------------------------------------------------------------------------------


def test_twine_says_why_a_file_is_refused(world: World, python: Python, publishing_job: Work):
    again = python.twine(world.library, publishing_job.token, wheel("My.Pkg", "1.0"))
    assert again.returncode == 1
    assert "400 Bad request - Validation failed: File name has already been taken" in again.stdout + again.stderr


def test_a_job_of_an_unlisted_project_finds_no_project(world: World, python: Python, publishing_job):
    job = world.running_job(world.app)
    done = python.twine(world.library, job.token, wheel("My.Pkg", "2.0"))
    assert (done.returncode, "404 Project Not Found" in done.stdout) == (1, True)
    done = python.pip(python.index(world.library, job.token), "my-pkg")
    assert (done.returncode, "404 Client Error: Not Found" in done.stdout) == (1, True)
    done = python.uv(python.index(world.library, job.token), "my-pkg")
    assert (done.returncode, "my-pkg was not found in the package registry" in done.stderr) == (1, True)


def test_nothing_works_after_the_job_has_ended(world: World, python: Python, publishing_job: Work):
    publishing_job.finish()
    done = python.twine(world.library, publishing_job.token, wheel("My.Pkg", "2.0"))
    assert (done.returncode, "401 Unauthorized" in done.stdout) == (1, True)
    done = python.pip(python.index(world.library, publishing_job.token), "my-pkg")
    assert (done.returncode, "401 Client Error: Unauthorized" in done.stdout) == (1, True)
    done = python.uv(python.index(world.library, publishing_job.token), "my-pkg")
    assert (done.returncode, "lack of valid authentication credentials (401 Unauthorized)" in done.stderr) == (1, True)


def test_no_token_is_in_the_servers_log(world: World, python: Python, publishing_job: Work):
    python.pip(python.index(world.library, publishing_job.token), "my-pkg")
    assert publishing_job.token not in world.live.errors()
