"""The real git against the real server: what it does, and what it prints when it is refused (resources.md §1)."""

from __future__ import annotations

import os
from pathlib import Path

import pytest

from tests.contract.world import CI_FILE, Someone, World
from tests.support.git import Git
from tests.support.server import LiveServer

HIDDEN = "remote: The project you were looking for could not be found or you don't have permission to view it."
FILES: dict[str, str | bytes] = {"README.md": "hello\n", "src/main.c": "int main;\n"}
# Which version they speak is between git and git; what the server asks its database is the same.
OLDER = [pytest.param(version, marks=pytest.mark.once) for version in ("0", "1")]


@pytest.fixture
def git(tmp_path: Path) -> Git:
    return Git(tmp_path)


def url(world: World, who: Someone, project: str = "library") -> str:
    return world.clone_url(getattr(world, project), who.username, who.token)


# --- Clone and fetch --------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [*OLDER, "2"])
def test_a_developer_clones_and_fetches(world: World, git: Git, version: str):
    git.options = [f"protocol.version={version}"]
    first = world.commit(world.library, FILES)
    git("clone", url(world, world.developer), "here")
    here = git.at("here")
    assert here("rev-parse", "HEAD") == first
    second = world.commit(world.library, {"NEWS": "news\n"})
    here("fetch")
    assert here("rev-parse", "origin/main") == second


@pytest.mark.parametrize("version", [*OLDER, "2"])
def test_a_shallow_clone_is_shallow_and_can_be_deepened(world: World, git: Git, version: str):
    git.options = [f"protocol.version={version}"]
    for number in range(4):
        world.commit(world.library, {f"{number}.txt": "x"})
    git("clone", "--depth", "1", url(world, world.developer), "here")
    here = git.at("here")
    assert here("rev-list", "--count", "HEAD") == "1"
    here("fetch", "--deepen", "2")
    assert here("rev-list", "--count", "HEAD") == "3"
    here("fetch", "--unshallow")
    assert here("rev-list", "--count", "HEAD") == "4"


def test_a_partial_clone_fetches_files_when_they_are_needed(world: World, git: Git):
    world.commit(world.library, FILES)
    git("clone", "--filter=blob:none", "--no-checkout", url(world, world.developer), "here")
    here = git.at("here")
    assert "?" in here("rev-list", "--objects", "--missing=print", "HEAD")
    assert here("show", "HEAD:README.md") == "hello"


@pytest.mark.parametrize("version", [OLDER[0], "2"])
def test_a_commit_is_fetched_by_its_id(world: World, git: Git, version: str):
    git.options = [f"protocol.version={version}"]
    wanted = world.commit(world.library, FILES)
    world.commit(world.library, {"NEWS": "news\n"})
    git("init", "-q", "here")
    here = git.at("here")
    here("fetch", "--depth", "1", url(world, world.developer), wanted)
    assert here("rev-parse", "FETCH_HEAD") == wanted


@pytest.mark.once
def test_a_large_repository_comes_whole_through_gzip_and_back(world: World, git: Git):
    """Many branches make a request large enough to be gzipped; random files a pack of several megabytes."""
    world.commit(world.library, {f"{number}.bin": os.urandom(600_000) for number in range(8)})
    git("clone", url(world, world.developer), "here")
    here = git.at("here")
    tree = here("rev-parse", "HEAD^{tree}")
    shas = [here("commit-tree", tree, "-p", "HEAD", "-m", str(number)) for number in range(60)]
    here("push", "-q", "origin", *(f"{sha}:refs/heads/branch-{sha[:12]}" for sha in shas))
    (here.folder / "trace").touch()
    git("clone", url(world, world.developer), "again", GIT_TRACE_CURL=str(here.folder / "trace"))
    assert "content-encoding: gzip" in (here.folder / "trace").read_text(errors="replace").lower()
    again = git.at("again")
    again("fsck", "--full")
    assert len(again("branch", "-r").splitlines()) == 62  # with origin/HEAD


def test_an_address_without_git_is_followed(world: World, git: Git):
    world.commit(world.library, FILES)
    done = git.run("clone", url(world, world.developer).removesuffix(".git"), "here")
    assert done.returncode == 0, done.stderr
    assert "warning: redirecting to" in done.stderr


def test_a_public_project_is_cloned_by_anyone(world: World, git: Git):
    world.live.call("PUT", f"/projects/{world.library.id}", {"visibility": "public"})
    world.commit(world.library, FILES)
    git("clone", world.clone_url(world.library), "here")
    assert {path.name for path in (git.folder / "here").iterdir()} >= {path.split("/")[0] for path in FILES}


def test_an_empty_repository_is_cloned(world: World, git: Git):
    assert "You appear to have cloned an empty repository" in git.run("clone", url(world, world.developer), "a").stderr


def test_git_takes_a_password(world: World, git: Git):
    world.commit(world.library, FILES)
    git("clone", world.clone_url(world.library, world.developer.username, "let%20me%20in%20please"), "here")
    assert {path.name for path in (git.folder / "here").iterdir()} >= {path.split("/")[0] for path in FILES}


# --- Push -------------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("version", [*OLDER, "2"])
def test_a_developer_pushes(world: World, git: Git, version: str):
    git.options = [f"protocol.version={version}"]
    git("init", "-q", "-b", "main", "here")
    here = git.at("here")
    (here.folder / "a.txt").write_text("a\n")
    here("add", ".")
    here("commit", "-q", "-m", "First")
    here("push", url(world, world.developer), "HEAD:main", "HEAD:refs/tags/v1")
    sha = here("rev-parse", "HEAD")
    answer = world.live.call(
        "GET", f"/projects/{world.library.id}/repository/commits/main", token=world.developer.token
    )
    assert answer.json["id"] == sha
    here("push", url(world, world.developer), ":refs/tags/v1")


@pytest.mark.once
@pytest.mark.parametrize("version", ["0", "2"])
def test_a_large_push_is_sent_in_chunks(world: World, git: Git, version: str):
    git.options = [f"protocol.version={version}", "http.postBuffer=65536"]
    git("init", "-q", "-b", "main", "here")
    here = git.at("here")
    (here.folder / "noise").write_bytes(os.urandom(5_000_000))
    here("add", ".")
    here("commit", "-q", "-m", "Noise")
    trace = git.folder / "trace"
    here("push", url(world, world.developer), "HEAD:main", GIT_TRACE_CURL=str(trace))
    assert "transfer-encoding: chunked" in trace.read_text(errors="replace").lower()
    git("clone", "-q", url(world, world.developer), "again")
    assert (git.folder / "again" / "noise").read_bytes() == (here.folder / "noise").read_bytes()


def test_what_is_no_fast_forward_is_refused_in_gits_own_words(world: World, git: Git):
    world.commit(world.library, FILES)
    git("init", "-q", "-b", "main", "here")
    here = git.at("here")
    here("commit", "-q", "--allow-empty", "-m", "Elsewhere")
    assert "[rejected]" in here.refusal("push", url(world, world.developer), "HEAD:main")


def test_the_servers_own_refs_are_not_pushed(world: World, git: Git):
    world.commit(world.library, FILES)
    git("clone", "-q", url(world, world.developer), "here")
    complaint = git.at("here").refusal("push", "origin", "HEAD:refs/pipelines/1")
    assert "[remote rejected]" in complaint


# --- Refusals ---------------------------------------------------------------------------------------------------------


def test_without_credentials_git_asks_for_a_name(world: World, git: Git):
    for path in (world.library.path, "no/such/project"):
        complaint = git.refusal("clone", f"{world.live.url}/{path}.git", "here")
        assert "could not read Username" in complaint
        assert "terminal prompts disabled" in complaint


def test_a_wrong_token_gets_an_error(world: World, git: Git):
    complaint = git.refusal("clone", world.clone_url(world.library, "oauth2", "glpat-nonsense"), "here")
    assert "remote: HTTP Basic: Access denied." in complaint
    assert "fatal: Authentication failed for" in complaint


def test_hidden_and_absent_print_the_same(world: World, git: Git):
    there = git.refusal("clone", url(world, world.outsider), "here")
    absent = git.refusal("clone", url(world, world.outsider).replace("library.git", "libraries.git"), "here")
    assert HIDDEN in there
    assert f"fatal: repository '{world.clone_url(world.library)}/' not found" in there
    assert there == absent.replace("libraries.git", "library.git")


def test_a_token_that_only_reads_does_not_push(world: World, git: Git):
    world.commit(world.library, FILES)
    token = world.token_of(world.developer.id, "read_repository")
    git("clone", "-q", world.clone_url(world.library, "anyone", token), "here")
    here = git.at("here")
    here("commit", "-q", "--allow-empty", "-m", "More")
    complaint = here.refusal("push", "origin", "HEAD:main")
    assert "remote: You are not allowed to upload code." in complaint
    assert "The requested URL returned error: 403" in complaint


def test_nothing_secret_reaches_git_on_the_server_or_its_log(world: World, git: Git, live: LiveServer):
    world.commit(world.library, FILES)
    git("clone", "-q", url(world, world.developer), "here")
    assert world.developer.token not in live.errors()


# --- What a runner does -----------------------------------------------------------------------------------------------


def push_branch(world: World, git: Git, name: str) -> str:
    """A branch with a CI file, so that its job waits; the commit's id."""
    world.commit(world.app, FILES)
    git("clone", url(world, world.developer, "app"), "pushes")
    pushes = git.at("pushes")
    pushes("switch", "-c", name)
    (pushes.folder / ".gitlab-ci.yml").write_text(CI_FILE)
    pushes("add", ".")
    pushes("commit", "-m", "Build")
    pushes("push", "origin", name)
    return pushes("rev-parse", "HEAD")


@pytest.mark.parametrize("version", [OLDER[0], "2"])
def test_a_runner_fetches_the_commit_of_a_branch_that_is_gone(world: World, git: Git, version: str):
    git.options = [f"protocol.version={version}"]
    runner = world.live.make("/user/runners", runner_type="project_type", project_id=world.app.id)
    sha = push_branch(world, git, "feature")
    world.live.call("DELETE", f"/projects/{world.app.id}/repository/branches/feature")
    request = {"token": runner["token"], "system_id": "s_contract"}
    job = world.live.call("POST", "/jobs/request", request, token=None, status=201).json
    git("init", "builds")
    builds = git.at("builds")
    builds("remote", "add", "origin", job["git_info"]["repo_url"])
    depth = ["--depth", str(job["git_info"]["depth"])]
    builds("fetch", "origin", "--no-recurse-submodules", *job["git_info"]["refspecs"], *depth, "--prune", "--quiet")
    builds("checkout", "-f", "-q", job["git_info"]["sha"])
    assert builds("rev-parse", "HEAD") == sha
    assert (builds.folder / ".gitlab-ci.yml").exists()


def test_a_tag_with_a_message_starts_a_pipeline(world: World, git: Git):
    sha = push_branch(world, git, "feature")
    pushes = git.at("pushes")
    pushes("tag", "-a", "v1.0", "-m", "The first")
    pushes("push", "origin", "v1.0")
    made = world.live.call("GET", f"/projects/{world.app.id}/pipelines?ref=v1.0").json
    assert [(one["ref"], one["sha"]) for one in made] == [("v1.0", sha)]
