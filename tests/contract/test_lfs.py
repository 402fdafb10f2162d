"""The real git-lfs against the real server: what it stores, and what it prints (resources.md §1.5)."""

from __future__ import annotations

import hashlib
import json
import os
import shutil
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.contract.world import Place, World
from tests.support.curl import curl
from tests.support.git import Git

pytestmark = pytest.mark.skipif(shutil.which("git-lfs") is None, reason="needs git-lfs")

JOB = "gitlab-ci-token"
ATTRIBUTES = "*.bin filter=lfs diff=lfs merge=lfs -text\n"
FILTERS = [
    "filter.lfs.clean=git-lfs clean -- %f",
    "filter.lfs.smudge=git-lfs smudge -- %f",
    "filter.lfs.process=git-lfs filter-process",
    "filter.lfs.required=true",
]
Checkout = Callable[..., Git]


@pytest.fixture
def git(tmp_path: Path) -> Git:
    return Git(tmp_path, FILTERS)


@pytest.fixture
def checkout(git: Git) -> Checkout:
    """`checkout(url, "here")`: a clone where git-lfs is at work."""

    def clone(url: str, name: str = "here") -> Git:
        git("clone", "-q", url, name)
        here = git.at(name)
        here("lfs", "install", "--local")
        return here

    return clone


def of_developer(world: World, project: Place) -> str:
    return world.clone_url(project, world.developer.username, world.developer.token)


def add_file(here: Git, content: bytes, name: str = "model.bin") -> str:
    """Committed, not pushed; its oid."""
    (here.folder / ".gitattributes").write_text(ATTRIBUTES)
    (here.folder / name).write_bytes(content)
    here("add", ".")
    here("commit", "-q", "-m", f"Add {name}")
    return hashlib.sha256(content).hexdigest()


@pytest.fixture
def push_object(world: World, checkout: Checkout) -> bytes:
    """What the developer has pushed to the library as model.bin."""
    content = os.urandom(3_000_000)
    here = checkout(of_developer(world, world.library), "origin")
    add_file(here, content)
    here("push", "-q", "origin", "HEAD:main")
    return content


def test_people_push_clone_and_lock_large_files(world: World, git: Git, checkout: Checkout, push_object: bytes):
    here = checkout(of_developer(world, world.library))
    assert (here.folder / "model.bin").read_bytes() == push_object
    assert here("show", "HEAD:model.bin").startswith("version https://git-lfs.github.com/spec/v1\noid sha256:")

    assert "Locked model.bin" in here("lfs", "lock", "model.bin")
    assert world.developer.username in here("lfs", "locks")
    maintainer = world.clone_url(world.library, world.maintainer.username, world.maintainer.token)
    there = checkout(maintainer, "there")
    assert "already created lock" in there.refusal("lfs", "lock", "model.bin")
    add_file(there, b"another")
    said = there.refusal("push", "origin", "HEAD:main")
    assert "The above files would have halted this push" in said  # git-lfs, of the locks that it asked for
    assert f"remote: GitLab: The path 'model.bin' is locked in Git LFS by {world.developer.username}" in said

    assert f"locked by {world.developer.username}" in there.refusal("lfs", "unlock", "model.bin")
    assert "Unlocked model.bin" in there("lfs", "unlock", "--force", "model.bin")
    there("push", "-q", "origin", "HEAD:main")


def test_a_job_reads_and_writes_in_its_own_project_as_far_as_git_may(world: World, checkout: Checkout):
    here = checkout(of_developer(world, world.app), "origin")
    content = os.urandom(200_000)
    add_file(here, content)
    here("push", "-q", "origin", "HEAD:main")
    work = world.running_job()
    there = checkout(world.clone_url(world.app, JOB, work.token))
    assert (there.folder / "model.bin").read_bytes() == content

    add_file(there, os.urandom(1000), "more.bin")
    complaint = there.refusal("lfs", "push", "origin", "main")
    assert "Access forbidden. Check your access level." in complaint
    assert "Access forbidden" in there.refusal("lfs", "lock", "model.bin")
    world.live.call("PUT", f"/projects/{world.app.id}", {"ci_push_repository_for_job_token_allowed": True})
    there("push", "-q", "origin", "HEAD:main")
    assert "Locked model.bin" in there("lfs", "lock", "model.bin")
    here("fetch", "-q")
    here("reset", "-q", "--hard", "origin/main")
    assert (here.folder / "more.bin").stat().st_size == 1000

    work.finish()
    assert "Access denied" in there.refusal("lfs", "locks", "--remote", "origin")


def test_a_job_fetches_from_another_project_once_that_lists_it(world: World, git: Git, push_object: bytes):
    work = world.running_job()
    url = world.clone_url(world.library, JOB, work.token)
    git("init", "-q", "here")
    here = git.at("here")
    here("remote", "add", "origin", url)
    oid = hashlib.sha256(push_object).hexdigest()
    (here.folder / "pointer").write_text(
        f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {len(push_object)}\n"
    )
    smudge = "git -c filter.lfs.required=true lfs smudge model.bin < pointer > model.bin"
    shell = {"GIT_CONFIG_COUNT": "1", "GIT_CONFIG_KEY_0": "alias.smudge", "GIT_CONFIG_VALUE_0": f"!{smudge}"}
    assert "Not found." in here.refusal("smudge", **shell)
    world.list_app(["read_packages"])
    assert "required: read_repositories" in here.refusal("smudge", **shell)
    world.unlist_app()
    world.list_app(["read_repositories"])
    here("smudge", **shell)
    assert (here.folder / "model.bin").read_bytes() == push_object
    assert "Access forbidden" in here.refusal("lfs", "lock", "model.bin")


def test_a_hash_alone_gets_no_object_of_another_project(world: World, checkout: Checkout, push_object: bytes):
    """A pointer to what the library has, pushed to the app without the content."""
    here = checkout(of_developer(world, world.app))
    oid = hashlib.sha256(push_object).hexdigest()
    (here.folder / "stolen.bin").write_text(
        f"version https://git-lfs.github.com/spec/v1\noid sha256:{oid}\nsize {len(push_object)}\n"
    )
    here("add", ".")
    here("commit", "-q", "-m", "A pointer")
    assert "LFS objects are missing" in here.refusal("push", "--no-verify", "origin", "HEAD:main")
    (here.folder / ".gitattributes").write_text(ATTRIBUTES)
    complaint = here.refusal("lfs", "fetch", "origin", "HEAD")
    assert "Object does not exist on the server" in complaint


def test_a_corrupt_upload_stores_nothing(world: World, checkout: Checkout):
    """One byte of the object in the clone's own store is turned over before git-lfs sends it."""
    here = checkout(of_developer(world, world.library))
    oid = add_file(here, os.urandom(100_000))
    kept = here.folder / ".git" / "lfs" / "objects" / oid[:2] / oid[2:4] / oid
    content = bytearray(kept.read_bytes())
    content[5000] ^= 1
    kept.chmod(0o644)
    kept.write_bytes(content)
    here("config", "lfs.transfer.maxretries", "1")  # not eight, with pauses that grow
    complaint = here.refusal("push", "origin", "HEAD:main")
    assert "nothing was stored" in complaint
    url = of_developer(world, world.library)
    asked = json.dumps({"operation": "download", "objects": [{"oid": oid, "size": len(content)}]})
    answer = curl(here.folder, "--data", asked, f"{url}/info/lfs/objects/batch")
    assert json.loads(answer.body)["objects"][0]["error"]["code"] == 404
