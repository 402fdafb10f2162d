"""The real gitlab-runner, unchanged, against the real server: it registers, and runs what it is given.

Needs `gitlab-runner` on PATH, or `GITLAB_RUNNER` naming it; docs/running-jobs.md says what was seen with which version.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest

from tests.contract.world import World
from tests.support.gitlab_runner import Installation, find_binary, install, running_runner

pytestmark = [
    pytest.mark.may_skip,
    pytest.mark.skipif(find_binary() is None, reason="needs gitlab-runner on PATH or named by GITLAB_RUNNER"),
]
PATIENCE = 120  # seconds, on a machine that does other things
SECRET = "correct-horse-battery"
UNKNOWN = "glrt-nobody-ever-got-this"

PIPELINE = """\
stages: [build, test, deploy]
build:
  stage: build
  script:
    - echo "the word is <$SECRET_WORD>"
    - test "$(cat README.md)" = hello
    - mkdir out
    - echo "built $CI_COMMIT_SHA" > out/result.txt
    - echo "VERSION=7" > build.env
  artifacts:
    paths: [out/]
    expire_in: 1 day
    reports:
      dotenv: build.env
test:
  stage: test
  script:
    - grep "built $CI_COMMIT_SHA" out/result.txt
    - echo "version $VERSION"
    - echo tested >> out/result.txt
  artifacts:
    paths: [out/]
deploy:
  stage: deploy
  dependencies: [test]
  script:
    - git clone -q "$CI_SERVER_URL/%(library)s.git" nothing && exit 3
    - grep tested out/result.txt
    - git clone -q "http://gitlab-ci-token:$CI_JOB_TOKEN@$CI_SERVER_HOST:$CI_SERVER_PORT/%(library)s.git" library
    - cat library/README.md
"""
SLEEPER = """\
sleeper:
  script:
    - echo "falling asleep"
    # The runner looks for a word from us with each piece of the log; with a silent one only every 30 seconds.
    - for second in $(seq 300); do echo "$second"; sleep 1; done
    - echo "slept through"
  after_script:
    - echo "tidied up"
"""
# What a script can find out about how it was started; each line fails the job when it is not so.
FINDINGS = """\
stages: [make, look]
make:
  stage: make
  parallel: {matrix: [{SYSTEM: [linux, mac]}]}
  script:
    - mkdir out
    - echo "$SYSTEM" > "out/$SYSTEM.txt"
    - echo dropped > out/dropped.log
    - echo loose > "loose-$SYSTEM"
  artifacts: {paths: [out/], exclude: ["out/*.log"], untracked: true}
look:
  stage: look
  needs: ["make: [linux]"]
  retry: 1
  variables: {GIT_DEPTH: "1"}
  cache: {key: kept, paths: [kept/], when: always}
  coverage: '/^TOTAL.*?(\\d+(?:\\.\\d+)?)%$/'
  script:
    - printf '\\033[32mTOTAL  40  3  92.5%%\\033[0m\\n'
    - test "$(git rev-list --count HEAD)" = 1
    - test "$(cat out/linux.txt loose-linux)" = "$(printf 'linux\\nloose')"
    - test ! -e out/mac.txt
    - test ! -e out/dropped.log
    - test "$(cat "$KEY_FILE")" = "first line"
    - mkdir -p kept
    - if ! test -e kept/from-before; then touch kept/from-before; exit 3; fi
  after_script: ['echo "it ended with $CI_JOB_STATUS"']
"""


@pytest.fixture
def runner(world: World, tmp_path: Path) -> Iterator[Installation]:
    """One that serves the app."""
    made = world.live.make("/user/runners", runner_type="project_type", project_id=world.app.id)
    with running_runner(tmp_path / "runner", world.live, made["token"]) as started:
        yield started


class Watch:
    """The app's newest pipeline and its jobs, as its maintainer sees them."""

    def __init__(self, world: World, runner: Installation) -> None:
        self.world, self.runner = world, runner

    def get(self, path: str) -> Any:
        return self.world.live.call("GET", f"/projects/{self.world.app.id}{path}", token=self.world.maintainer.token)

    def post(self, path: str) -> Any:
        return self.world.live.call("POST", f"/projects/{self.world.app.id}{path}", token=self.world.maintainer.token)

    def jobs(self) -> dict[str, dict[str, Any]]:
        pipeline = self.get("/pipelines/latest").json["id"]
        return {job["name"]: job for job in self.get(f"/pipelines/{pipeline}/jobs").json}

    def log(self, name: str) -> str:
        text: str = self.get(f"/jobs/{self.jobs()[name]['id']}/trace").body.decode()
        return text

    def wait(self, what: Callable[[], bool], wanted: str) -> None:
        until = time.monotonic() + PATIENCE
        while not what():
            assert time.monotonic() < until, f"{wanted}: not within {PATIENCE} s\n{self.everything()}"
            time.sleep(0.3)

    def wait_for_status(self, name: str, status: str) -> None:
        self.wait(lambda: self.jobs()[name]["status"] == status, f"{name} is {status}")

    def wait_for_pipeline(self, *statuses: str) -> str:
        self.wait(lambda: self.get("/pipelines/latest").json["status"] in statuses, f"the pipeline is {statuses}")
        return str(self.get("/pipelines/latest").json["status"])

    def everything(self) -> str:
        """For the person who reads why it failed."""
        logs = [f"--- {name}: {job['status']}\n{self.log(name)}" for name, job in self.jobs().items()]
        return "\n".join([*logs, "--- gitlab-runner", self.runner.log.read_text()])


@pytest.fixture
def watch(world: World, runner: Installation) -> Watch:
    return Watch(world, runner)


def test_gitlab_runner_runs_a_pipeline_of_three_stages(world: World, watch: Watch):
    world.commit(world.library, {"README.md": "hello from the library\n"})
    body = {"key": "SECRET_WORD", "value": SECRET, "masked": True}
    world.live.call("POST", f"/projects/{world.app.id}/variables", body, token=world.maintainer.token)
    files: dict[str, str | bytes] = {
        "README.md": "hello\n",
        ".gitlab-ci.yml": PIPELINE % {"library": world.library.path},
    }
    world.commit(world.app, files, by=world.developer)

    assert watch.wait_for_pipeline("success", "failed") == "failed", watch.everything()
    jobs = watch.jobs()
    found = {name: (job["status"], job["failure_reason"]) for name, job in jobs.items() if "failure_reason" in job}
    assert {name: job["status"] for name, job in jobs.items()} == {
        "build": "success", "test": "success", "deploy": "failed",
    }, watch.everything()  # fmt: skip
    assert found["deploy"] == ("failed", "script_failure")
    assert "the word is <[MASKED]>" in watch.log("build")
    assert SECRET not in watch.log("build")
    assert "version 7" in watch.log("test")
    assert "could not be found or you don't have permission to view it" in watch.log("deploy")
    assert "hello from the library" not in watch.log("deploy")

    entry = {"target_project_id": world.app.id}
    address = f"/projects/{world.library.id}/job_token_scope/allowlist"
    world.live.call("POST", address, entry, token=world.maintainer.token)
    watch.post(f"/jobs/{jobs['deploy']['id']}/retry")
    assert watch.wait_for_pipeline("success", "failed") == "success", watch.everything()
    assert "hello from the library" in watch.log("deploy")
    result = watch.get(f"/jobs/{jobs['test']['id']}/artifacts/out/result.txt").body.decode()
    assert result == f"built {jobs['test']['commit']['id']}\ntested\n"


def test_a_job_finds_what_its_file_asked_for(world: World, watch: Watch):
    """The first try leaves something in the cache and fails, the second finds it there."""
    body = {"key": "KEY_FILE", "value": "first line\n", "variable_type": "file"}
    world.live.call("POST", f"/projects/{world.app.id}/variables", body, token=world.maintainer.token)
    world.commit(world.app, {"README.md": "hello\n"})
    world.commit(world.app, {".gitlab-ci.yml": FINDINGS}, by=world.developer)
    assert watch.wait_for_pipeline("success", "failed") == "success", watch.everything()
    assert set(watch.jobs()) == {"make: [linux]", "make: [mac]", "look"}
    assert "it ended with success" in watch.log("look")
    assert watch.jobs()["look"]["coverage"] == 92.5
    assert watch.get(f"/pipelines/{watch.jobs()['look']['pipeline']['id']}").json["coverage"] == "92.50"


def test_a_cancelled_job_stops_and_tidies_up(world: World, watch: Watch):
    world.commit(world.app, {".gitlab-ci.yml": SLEEPER}, by=world.developer)
    watch.wait(lambda: "falling asleep" in watch.log("sleeper"), "the log comes in while the job runs")
    canceled = watch.post(f"/jobs/{watch.jobs()['sleeper']['id']}/cancel").json
    is_graceful = canceled["status"] == "canceling"
    assert is_graceful or canceled["status"] == "canceled"  # at once for a runner older than after_script on canceling
    watch.wait_for_status("sleeper", "canceled")
    watch.wait(lambda: "canceled" in watch.runner.log.read_text().lower(), "the runner has heard of it")
    log = watch.log("sleeper")
    assert ("tidied up" in log) == is_graceful, watch.everything()
    assert "slept through" not in log
    assert watch.wait_for_pipeline("canceled", "failed", "success") == "canceled"


def test_gitlab_runner_registers_and_unregisters(world: World, tmp_path: Path):
    made = world.live.make("/user/runners", runner_type="project_type", project_id=world.app.id)
    managers = f"/runners/{made['id']}/managers"
    installed = install(tmp_path / "runner")
    where = ["--url", world.live.url, "--token", made["token"]]
    installed("register", "--non-interactive", "--name", "mine", "--executor", "shell", *where)
    assert len(world.live.call("GET", managers).json) == 1
    names_system = "is valid" in installed("verify")  # an older one says that it is alive
    installed("unregister", "--name", "mine")
    if names_system:
        assert world.live.call("GET", managers).json == []
    else:
        world.live.call("GET", managers, status=404)  # it takes the whole runner with it
    refused = installed.refusal("register", "--non-interactive", "--executor", "shell", *where[:3], UNKNOWN)
    assert re.search("is (not valid|removed)", refused)


def test_gitlab_runner_registers_with_a_registration_token_and_leaves_nothing(world: World, tmp_path: Path):
    place = f"/projects/{world.app.id}/runners"
    world.live.call("PUT", "/application/settings", {"allow_runner_registration_token": True})
    token = world.live.call("POST", f"{place}/reset_registration_token").json["token"]
    installed = install(tmp_path / "runner")
    settings = ["--tag-list", "old,new", "--run-untagged=false", "--maximum-timeout", "900"]
    where = ["--url", world.live.url, "--registration-token", token, "--executor", "shell"]
    installed("register", "--non-interactive", "--name", "old", *settings, *where)
    (made,) = world.live.call("GET", f"{place}?type=project_type").json
    known = world.live.call("GET", f"/runners/{made['id']}").json
    assert (known["tag_list"], known["run_untagged"], known["maximum_timeout"]) == (["old", "new"], False, 900)
    installed("reset-token", "--name", "old")
    assert "is alive" in installed("verify")
    installed("unregister", "--name", "old")
    world.live.call("GET", f"/runners/{made['id']}", status=404)


REVIEW = """\
deploy:
  rules: [{if: $CI_COMMIT_BRANCH == "topic"}]
  script: ['echo "WHERE=https://$CI_ENVIRONMENT_SLUG.example.org" > where.env']
  artifacts: {reports: {dotenv: where.env}}
  environment: {name: review/$CI_COMMIT_REF_NAME, url: $WHERE, on_stop: undo}
undo:
  rules: [{if: $CI_COMMIT_BRANCH == "topic", when: manual, allow_failure: true}]
  script: ['test "$CI_ENVIRONMENT_ACTION" = stop', 'echo "undone by $GITLAB_USER_LOGIN"']
  environment: {name: review/$CI_COMMIT_REF_NAME, action: stop}
"""


def test_deleting_a_branch_stops_what_it_deployed(world: World, watch: Watch):
    world.commit(world.app, {"README.md": "hello\n"})
    change = {"action": "create", "file_path": ".gitlab-ci.yml", "content": REVIEW}
    body = {"branch": "topic", "start_branch": "main", "commit_message": "Try", "actions": [change]}
    where = f"/projects/{world.app.id}/repository"
    world.live.call("POST", f"{where}/commits", body, token=world.developer.token, status=201)

    def environment() -> dict[str, Any]:
        return next(iter(watch.get("/environments").json), {})

    watch.wait(lambda: environment().get("external_url") is not None, "it is deployed")
    found = environment()
    assert found["external_url"] == f"https://{found['slug']}.example.org"
    world.live.call("DELETE", f"{where}/branches/topic", token=world.maintainer.token, status=204)
    watch.wait(lambda: environment()["state"] == "stopped", "it is stopped")
    undo = next(job for job in watch.get("/jobs").json if job["name"] == "undo")
    log = watch.get(f"/jobs/{undo['id']}/trace").body.decode()
    assert f"undone by {world.developer.username}" in log


LIBRARY = """\
build:
  script: ['mkdir out', 'echo "of the library" > out/lib.txt', 'echo "VERSION=1.4" > lib.env']
  artifacts: {paths: [out/], reports: {dotenv: lib.env}}
"""
SITE_AND_RELEASE = """\
workflow: {rules: [{if: $CI_COMMIT_BRANCH}]}
stages: [build, test, deploy]
use:
  stage: build
  needs: [{project: %(library)s, ref: main, job: build}]
  script: ['grep "of the library" out/lib.txt', 'test "$VERSION" = 1.4', 'echo "PARENT=$CI_PIPELINE_ID"']
  artifacts: {paths: [out/]}
pages:
  stage: test
  script: ['mkdir public', 'echo "<h1>Hello</h1>" > public/index.html']
child:
  stage: test
  variables: {PARENT_PIPELINE_ID: $CI_PIPELINE_ID}
  trigger: {include: child.yml, strategy: depend}
ship:
  stage: deploy
  dependencies: []
  variables: {TITLE: 'The $$(id -u) "first"'}
  script: ['echo "notes of $CI_COMMIT_SHORT_SHA" > notes.txt']
  release:
    tag_name: v$CI_PIPELINE_IID
    name: $TITLE
    description: notes.txt
    ref: $CI_COMMIT_SHA
    assets: {links: [{name: a "b", url: 'https://example.org/$CI_PROJECT_ID', filepath: /a}]}
"""
CHILD = """\
again:
  needs: [{pipeline: $PARENT_PIPELINE_ID, job: use}]
  script: ['grep "of the library" out/lib.txt']
"""
# Reads its options and sends what release-cli sends.
RELEASE_CLI = """\
#!/usr/bin/env python3
import json, os, sys, urllib.request
options = dict(zip(sys.argv[2::2], sys.argv[3::2]))
body = {name: options["--" + name.replace("_", "-")] for name in ("name", "tag_name", "ref")}
body |= {"description": open(options["--description"]).read(), "legacy_catalog_publish": False}
body |= {"assets": {"links": [json.loads(options["--assets-link"])]}}
address = f"{os.environ['CI_API_V4_URL']}/projects/{os.environ['CI_PROJECT_ID']}/releases"
headers = {"JOB-TOKEN": os.environ["CI_JOB_TOKEN"], "Content-Type": "application/json"}
urllib.request.urlopen(urllib.request.Request(address, json.dumps(body).encode(), headers, method="POST"))
"""


@pytest.fixture
def release_cli(tmp_path: Path, runner: Installation) -> None:
    """A client for releases on the PATH of the runner's jobs."""
    program = tmp_path / "bin" / "release-cli"
    program.parent.mkdir()
    program.write_text(RELEASE_CLI)
    program.chmod(0o755)
    (runner.home / ".bash_profile").write_text(f"export PATH={program.parent}:$PATH\n")


def test_needs_of_elsewhere_pages_and_releases_run(release_cli: None, world: World, watch: Watch, runner: Installation):
    token, library = world.maintainer.token, f"/projects/{world.library.id}"
    (known,) = watch.get("/runners?type=project_type").json
    world.live.call("POST", f"{library}/runners", {"runner_id": known["id"]})
    world.commit(world.library, {".gitlab-ci.yml": LIBRARY}, by=world.developer)

    def is_built() -> bool:
        found = world.live.call("GET", f"{library}/pipelines", token=token).json
        return bool(found) and found[0]["status"] == "success"

    watch.wait(is_built, "the library is built")
    files: dict[str, str | bytes] = {
        ".gitlab-ci.yml": SITE_AND_RELEASE % {"library": world.library.path},
        "child.yml": CHILD,
    }
    world.commit(world.app, files, by=world.developer)

    def has_ended() -> bool:
        (pipeline,) = [found for found in watch.get("/pipelines").json if found["source"] == "push"]
        return pipeline["status"] in {"success", "failed"}

    watch.wait(has_ended, "the app's pipeline ends")
    use = next(job for job in watch.get("/jobs").json if job["name"] == "use")
    assert (use["status"], use["failure_reason"]) == ("failed", "missing_dependency_failure")
    entry = {"target_project_id": world.app.id}
    world.live.call("POST", f"{library}/job_token_scope/allowlist", entry, token=token)
    watch.post(f"/pipelines/{use['pipeline']['id']}/retry")
    watch.wait(has_ended, "the pipeline ends again")
    assert_needs_site_and_release_are_there(watch, runner)


def assert_needs_site_and_release_are_there(watch: Watch, runner: Installation) -> None:
    jobs = {job["name"]: job for job in reversed(watch.get("/jobs").json)}
    log = "\n".join(watch.get(f"/jobs/{job['id']}/trace").body.decode() for job in jobs.values())
    assert {name: job["status"] for name, job in jobs.items()} == dict.fromkeys(
        ["use", "pages", "ship", "again"], "success"
    ), log + runner.log.read_text()
    site = watch.get(f"/jobs/{jobs['pages']['id']}/artifacts/public/index.html").body.decode()
    assert site == "<h1>Hello</h1>\n"
    (release,) = watch.get("/releases").json
    assert (release["name"], release["description"]) == (
        'The $(id -u) "first"',
        f"notes of {jobs['ship']['commit']['short_id']}\n",
    )
    assert [link["name"] for link in release["assets"]["links"]] == ['a "b"']
