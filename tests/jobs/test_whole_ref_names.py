"""`refs/heads/v1` and `refs/tags/v1` wherever a branch or tag is named: each is that one and no other."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest
from django.test import Client

from jobs.models import Pipeline
from jobs.states import State
from jobs.triggers.trigger_tokens import create_trigger
from projects.repository import Repository
from tests.factories import artifacts, jobs, runners
from tests.factories.cast import Cast

pytestmark = pytest.mark.once

BRANCH, TAG = "refs/heads/v1", "refs/tags/v1"


@dataclass
class World:
    """`v1` is the name of a tag of one commit, and of a branch at another."""

    cast: Cast
    tag: str
    branch: str

    @property
    def at(self) -> str:
        return f"/projects/{self.cast.library.pk}"

    def sha(self, ref: str) -> str:
        return self.tag if ref == TAG else self.branch


@pytest.fixture
def world(cast: Cast) -> World:
    tagged = runners.push_file(cast.library, "of-tag: {script: [x]}")
    Repository(cast.library.repository_path).create_tag("v1", tagged)
    return World(cast, tagged, runners.push_file(cast.library, "of-branch: {script: [x]}", branch="v1"))


def status_and_ref(answer: Any) -> tuple[int, str, bool, str]:
    body = answer.json()
    return answer.status_code, body["ref"], body["tag"], body["sha"]


@pytest.mark.parametrize("ref", [BRANCH, TAG])
def test_a_pipeline_runs_on_the_one_that_is_meant(world: World, api: Any, ref: str) -> None:
    answer = api(world.cast.maintainer).post(f"{world.at}/pipeline", {"ref": ref})
    assert status_and_ref(answer) == (201, "v1", ref == TAG, world.sha(ref))


@pytest.mark.parametrize("ref", [BRANCH, TAG])
def test_a_trigger_too_wherever_its_ref_stands(world: World, api: Any, ref: str) -> None:
    _, secret = create_trigger(project=world.cast.library, owner=world.cast.maintainer, description="x")
    in_body = api().post(f"{world.at}/trigger/pipeline", {"token": secret, "ref": ref})
    in_path = api().post(f"{world.at}/ref/{ref.replace('/', '%2F')}/trigger/pipeline", {"token": secret})
    assert status_and_ref(in_body) == status_and_ref(in_path) == (201, "v1", ref == TAG, world.sha(ref))


@pytest.mark.parametrize("ref", [BRANCH, TAG])
def test_a_schedule_tells_it_back_and_runs_there(world: World, api: Any, ref: str) -> None:
    caller = api(world.cast.maintainer)
    given = {"description": "x", "ref": ref, "cron": "@daily"}
    made = caller.post(f"{world.at}/pipeline_schedules", given).json()
    assert made["ref"] == ref
    assert caller.post(f"{world.at}/pipeline_schedules/{made['id']}/play").status_code == 201
    run = Pipeline.objects.get()
    assert (run.ref, run.tag, run.sha) == ("v1", ref == TAG, world.sha(ref))


@pytest.mark.parametrize("ref", [BRANCH, TAG])
def test_pipelines_and_artifacts_are_found_by_the_whole_ref_name(world: World, api: Any, ref: str) -> None:
    caller = api(world.cast.maintainer)
    made = {name: caller.post(f"{world.at}/pipeline", {"ref": name}).json() for name in (BRANCH, TAG)}
    assert [one["id"] for one in caller.get(f"{world.at}/pipelines?ref={ref}").json()] == [made[ref]["id"]]
    assert len(caller.get(f"{world.at}/pipelines?ref=v1").json()) == 2
    assert caller.get(f"{world.at}/pipelines/latest?ref={ref}").json()["id"] == made[ref]["id"]


@pytest.mark.parametrize("ref", [BRANCH, TAG])
def test_artifacts_are_those_of_the_one_that_is_meant(world: World, api: Any, ref: str) -> None:
    for name in (BRANCH, TAG):
        run = jobs.pipeline(world.cast.library, world.cast.developer, ref="v1", tag=name == TAG, status=State.SUCCESS)
        made = jobs.job(world.cast.library, world.cast.developer, State.SUCCESS, pipeline=run, name="build")
        artifacts.store(made, artifacts.zip_bytes({"name.txt": name.encode()}))
    quoted = ref.replace("/", "%2F")
    answer = api(world.cast.maintainer).get(f"{world.at}/jobs/artifacts/{quoted}/raw/name.txt?job=build")
    assert artifacts.content(answer) == ref.encode()


@pytest.mark.parametrize("ref", [BRANCH, TAG])
def test_files_and_commits_are_read_there(world: World, api: Any, ref: str) -> None:
    caller, kind = api(world.cast.maintainer), "tag" if ref == TAG else "branch"
    file = f"{world.at}/repository/files/.gitlab-ci.yml"
    assert f"of-{kind}" in caller.get(f"{file}/raw?ref={ref}").content.decode()
    assert caller.get(f"{file}?ref={ref}").json()["commit_id"] == world.sha(ref)
    assert caller.get(f"{world.at}/repository/commits?ref_name={ref}").json()[0]["id"] == world.sha(ref)
    assert caller.get(f"{world.at}/repository/commits/{ref}").json()["id"] == world.sha(ref)
    assert caller.get(f"{world.at}/repository/tree?ref={ref}").status_code == 200
    page = Client()
    page.force_login(world.cast.maintainer)
    shown = page.get(f"/acme/library/-/raw/{ref}/.gitlab-ci.yml")
    assert f"of-{kind}" in shown.content.decode()


@pytest.mark.parametrize("ref", [BRANCH, TAG])
def test_the_file_of_that_commit_is_checked(world: World, api: Any, ref: str) -> None:
    query = f"content_ref={ref}&include_jobs=true&dry_run=true"
    checked = api(world.cast.maintainer).get(f"{world.at}/ci/lint?{query}").json()
    assert [job["name"] for job in checked["jobs"]] == ["of-tag" if ref == TAG else "of-branch"]


@pytest.mark.parametrize("ref", [BRANCH, TAG])
def test_a_branch_begins_there(world: World, api: Any, ref: str) -> None:
    made = api(world.cast.maintainer).post(f"{world.at}/repository/branches", {"branch": "new", "ref": ref})
    assert made.json()["commit"]["id"] == world.sha(ref)


def test_a_branch_and_a_tag_answer_by_it(world: World, api: Any) -> None:
    caller, at = api(world.cast.maintainer), f"{world.at}/repository"
    assert caller.get(f"{at}/branches/{BRANCH}").json()["name"] == "v1"
    assert caller.get(f"{at}/tags/{TAG}").json()["name"] == "v1"
    assert caller.get(f"{at}/branches/{TAG}").status_code == caller.get(f"{at}/tags/{BRANCH}").status_code == 404


@pytest.mark.parametrize("ref", ["refs/heads/none", "refs/tags/main", "refs/heads/", "refs/pipelines/1", "refs"])
def test_a_ref_that_is_not_there_is_not_found(world: World, api: Any, ref: str) -> None:
    caller = api(world.cast.maintainer)
    assert caller.post(f"{world.at}/pipeline", {"ref": ref}).json() == {"message": {"base": ["Reference not found"]}}
    assert caller.get(f"{world.at}/repository/commits?ref_name={ref}").status_code == 404


@pytest.mark.parametrize("name", ["refs/heads/new", "refs/tags/new"])
def test_no_new_branch_or_tag_has_a_name_of_whole_refs(world: World, api: Any, name: str) -> None:
    caller, at = api(world.cast.maintainer), f"{world.at}/repository"
    assert caller.post(f"{at}/branches", {"branch": name, "ref": "main"}).status_code == 400
    assert caller.post(f"{at}/tags", {"tag_name": name, "ref": "main"}).status_code == 400
    action = {"action": "create", "file_path": "x", "content": "x"}
    made = caller.post(f"{at}/commits", {"branch": name, "commit_message": "x", "actions": [action]})
    assert made.status_code == 400
