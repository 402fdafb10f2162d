"""The step that makes a release: what the runner is given, and what its shell makes of it (runner.md §2.7)."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path
from typing import Any

import pytest
from django.test import Client

from jobs.runners.payload.release import release_script
from tests.factories import runners
from tests.factories.cast import Cast

TRICKY = '$(touch owned) `touch owned` "quoted"'
RELEASE = {
    "tag_name": "v$VERSION",
    "name": 'The "big" $TITLE',
    "description": "notes.txt",
    "tag_message": "Tagged `here`",
    "assets": {"links": [{"name": 'a "b" \\ c', "url": "https://example.org/$VERSION"}]},
}
LINK = '{"name":"a \\"b\\" \\\\ c","url":"https://example.org/1.2"}'
PROGRAM = '#!/bin/sh\n[ "$1" = --version ] && echo "{name} {version} (abc)" && exit\n' + (
    'for word in {name} "$@"; do printf "%s\\n" "$word" >> "$CALLS"; done\necho = >> "$CALLS"\n'
)
LINUX = {"version": "19.4.0", "platform": "linux"}


def replace_variables(script: str, variables: dict[str, str]) -> str:
    """As new runners do in the text of this step."""
    known = {"$": "$", **variables}
    return re.sub(r"\$(\$|\w+|\{\w+\})", lambda match: known.get(match[1].strip("{}"), ""), script)


def run(
    tmp_path: Path,
    programs: dict[str, str],
    release: dict[str, Any] = RELEASE,
    *,
    shell: str = "bash",
    is_new: bool = True,
) -> list[list[str]]:
    """The calls that the step makes where these programs are, by name, with their versions."""
    (tmp_path / "bin").mkdir()
    for name, version in programs.items():
        program = tmp_path / "bin" / name
        program.write_text(PROGRAM.format(name=name, version=version))
        program.chmod(0o755)
    calls = tmp_path / "calls"
    variables = {
        "CI_PROJECT_PATH": "acme/app", "CI_COMMIT_SHA": "c0ffee", "CI_JOB_TOKEN": "glcbt-x", "VERSION": "1.2",
        "CI_SERVER_FQDN": "host:8000", "CI_SERVER_URL": "http://host:8000", "CI_SERVER_PROTOCOL": "http",
        "TITLE": TRICKY, "CALLS": str(calls), "PATH": f"{tmp_path / 'bin'}:{os.environ['PATH']}",
    }  # fmt: skip
    (script,) = release_script(release, LINUX)
    handed_on = replace_variables(script, variables) if is_new else script
    command = [shell, "-c", f"set -e\n{handed_on}"]
    done = subprocess.run(command, env=variables, cwd=tmp_path, capture_output=True, text=True, check=False)
    assert not (tmp_path / "owned").exists()
    if not programs:
        assert (done.returncode, "Neither glab" in done.stderr) == (1, True)
        return []
    assert done.returncode == 0, done.stderr
    return [call.strip("\n").split("\n") for call in calls.read_text().split("=\n")[:-1]]


@pytest.mark.pure
@pytest.mark.parametrize("shell", ["bash", "sh"])
@pytest.mark.parametrize("is_new", [True, False], ids=["new runner", "old runner"])
def test_glab_makes_the_release_with_the_job_token(tmp_path: Path, shell: str, is_new: bool):
    login, create = run(tmp_path, {"glab": "1.60.2", "release-cli": "0.24.0"}, shell=shell, is_new=is_new)
    assert login == [
        "glab", "auth", "login", "--job-token", "glcbt-x", "--hostname", "host:8000", "--api-protocol", "http",
    ]  # fmt: skip
    assert create == [
        "glab", "release", "create", "-R", "acme/app", "v1.2", "--assets-links", f"[{LINK}]",
        "--name", f'The "big" {TRICKY}', "--experimental-notes-text-or-file", "notes.txt",
        "--tag-message", "Tagged `here`", "--ref", "c0ffee", "--no-update", "--no-close-milestone",
    ]  # fmt: skip


@pytest.mark.pure
@pytest.mark.parametrize("programs", [{"release-cli": "0.24.0"}, {"release-cli": "0.24.0", "glab": "1.57.9"}])
def test_release_cli_makes_the_release_where_there_is_no_new_glab(tmp_path: Path, programs: dict[str, str]):
    (create,) = run(tmp_path, programs)
    assert create == [
        "release-cli", "create", "--name", f'The "big" {TRICKY}', "--description", "notes.txt", "--tag-name", "v1.2",
        "--tag-message", "Tagged `here`", "--assets-link", LINK,
    ]  # fmt: skip


@pytest.mark.pure
def test_without_a_client_the_job_fails_and_says_what_is_missing(tmp_path: Path):
    run(tmp_path, {})


@pytest.mark.pure
def test_a_command_in_the_description_is_run_as_it_is_written(tmp_path: Path):
    release = {"tag_name": "v1", "description": '$(echo "new: $VERSION")'}
    (create,) = run(tmp_path, {"release-cli": "0.24.0"}, release)
    assert create == ["release-cli", "create", "--description", "new: 1.2", "--tag-name", "v1"]


@pytest.mark.pure
def test_windows_gets_its_own_script_in_which_no_runner_replaces_a_variable():
    (script,) = release_script(RELEASE, {"version": "19.4.0", "platform": "windows"})
    (older,) = release_script(RELEASE, {"version": "15.4.0", "platform": "windows"})
    assert replace_variables(script, {"VERSION": '"; owned', "TITLE": "$(owned)"}) == older
    assert 'glab release create -R "${CI_PROJECT_PATH}" "v${VERSION}"' in older
    assert "$env:GITLAB_HOST = $env:CI_SERVER_URL" in older


@pytest.mark.django_db
def test_a_job_runs_its_script_and_then_makes_its_release(cast: Cast):
    yaml = """
    job:
      script: [make]
      after_script: [clean]
      release: {tag_name: v1, description: First, milestones: [m1]}
      hooks: {pre_get_sources_script: [prepare]}
    pages: {script: [x], stage: deploy}
    """
    pipeline = runners.pipeline(cast.app, cast.developer, yaml)
    assert "there are no milestones here" in pipeline.yaml_warnings
    assert "nothing is published" in pipeline.yaml_warnings
    runner = runners.runner(cast.app)
    work = runner.work()
    script, release, after = work.payload["steps"]
    assert (script["script"], after["name"]) == (["make"], "after_script")
    assert (release["name"], release["when"], release["allow_failure"]) == ("release", "on_success", False)
    assert 'release-cli create --description "First" --tag-name "v1"\n' in release["script"][0]
    assert "milestone" not in release["script"][0].replace("--no-close-milestone", "")
    assert work.payload["hooks"] == [{"name": "pre_get_sources_script", "script": ["prepare"]}]
    work.succeed()
    site = runner.work()
    assert [(entry["artifact_type"], entry["paths"]) for entry in site.payload["artifacts"]] == [
        ("archive", ["public"])
    ]


@pytest.mark.django_db
def test_a_runner_that_knows_no_further_steps_fails_the_job(cast: Cast):
    pipeline = runners.pipeline(cast.app, cast.developer, "job: {script: x, release: {tag_name: a, description: b}}")
    runner = runners.runner(cast.app)
    runner.info["features"]["multi_build_steps"] = False
    assert runner.take() is None
    assert pipeline.jobs.get().failure_reason == "runner_unsupported"


@pytest.mark.django_db
def test_the_pages_of_such_jobs_say_what_is_different(cast: Cast):
    yaml = "pages: {script: x}\nship: {script: x, stage: deploy, when: manual, manual_confirmation: Is <it> ready?}"
    pipeline = runners.pipeline(cast.app, cast.developer, yaml)
    site, ship = pipeline.jobs.order_by("name")
    client = Client()
    client.force_login(cast.developer)
    page = client.get(f"/acme/app/-/jobs/{site.pk}").content.decode()
    assert "The files of <code>public</code> are kept as this job" in " ".join(page.split())
    assert "nothing is published: there is no domain here for pages alone" in " ".join(page.split())
    runners.runner(cast.app).work().succeed()
    page = client.get(f"/acme/app/-/jobs/{ship.pk}").content.decode()
    assert "Before you run this job: Is &lt;it&gt; ready?" in " ".join(page.split())
    page = client.get(f"/acme/app/-/pipelines/{pipeline.pk}").content.decode()
    assert "Read and run" in page
    assert f"/jobs/{ship.pk}/play" not in page
