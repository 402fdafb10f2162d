"""Starting a pipeline with a token alone (job-token.md §1.6, runner.md §8.1)."""

from __future__ import annotations

import json
from typing import Any

import pytest

from jobs.models import Job, Pipeline, TriggerToken
from jobs.triggers.trigger_tokens import create_trigger
from tests.factories import jobs, runners
from tests.factories.cast import Cast
from tests.support.client import Api
from tokenaccess.models import AllowlistEntry, RefusalRecord
from tokenaccess.policy.levels import FeatureLevel

HIDDEN = (404, {"message": "404 Not Found"})
NO_PERMISSION = (400, {"message": {"base": ["Insufficient permissions to create a new pipeline"]}})


def trigger(project: Any, token: str, ref: str = "main", **more: Any) -> Any:
    answer = Api().post(f"/projects/{project.pk}/trigger/pipeline", {"token": token, "ref": ref, **more})
    return answer


def status_and_body(answer: Any) -> tuple[int, Any]:
    return answer.status_code, answer.json()


@pytest.fixture
def listed_cast(cast: Cast) -> Cast:
    """The app's jobs may come into the library, which has a pipeline to run."""
    runners.push_file(cast.library, runners.SIMPLE)
    AllowlistEntry.objects.create(project=cast.library, target_project=cast.app)
    return cast


@pytest.fixture
def secret(listed_cast: Cast) -> str:
    return create_trigger(project=listed_cast.library, owner=listed_cast.maintainer, description="nightly")[1]


# --- By a job's token -------------------------------------------------------------------------------------------------


def test_a_job_of_a_listed_project_starts_a_pipeline_as_its_person(listed_cast: Cast) -> None:
    job = jobs.job(listed_cast.app, listed_cast.developer)
    answer = trigger(listed_cast.library, jobs.token_of(job), variables={"WHERE": "there"})
    assert answer.status_code == 201
    assert answer.json()["source"] == "pipeline"
    pipeline = Pipeline.objects.get(pk=answer.json()["id"])
    assert (pipeline.user, pipeline.started_by_job) == (listed_cast.developer, job)
    work = runners.runner(listed_cast.library).work()
    assert work.variables["WHERE"] == "there"
    assert work.variables["CI_PIPELINE_TRIGGERED"] == "true"
    assert work.variable("TRIGGER_PAYLOAD")["file"] is True
    assert "token" not in json.loads(work.variables["TRIGGER_PAYLOAD"])


def test_the_token_may_come_in_the_body_of_curl(listed_cast: Cast) -> None:
    token = listed_cast.job_token()
    form = f"token={token}&ref=main&variables[A]=1&variables[B]=2".encode()
    answer: Any = Api().post(
        f"/projects/{listed_cast.library.pk}/trigger/pipeline", form, content_type="application/x-www-form-urlencoded"
    )
    assert answer.status_code == 201
    keys = [one["key"] for one in Pipeline.objects.get(pk=answer.json()["id"]).variables]
    assert keys == ["A", "B", "TRIGGER_PAYLOAD"]


def test_the_ref_in_the_path_wins(listed_cast: Cast) -> None:
    runners.push_file(listed_cast.library, "slashed: {script: [x]}", branch="feature/one")
    address = f"/projects/{listed_cast.library.pk}/ref/feature/one/trigger/pipeline"
    answer: Any = Api().post(address, {"token": listed_cast.job_token(), "ref": "main"})
    assert (answer.status_code, answer.json()["ref"]) == (201, "feature/one")


def test_an_unlisted_project_and_an_absent_one_look_the_same(cast: Cast) -> None:
    runners.push_file(cast.library, runners.SIMPLE)
    token = cast.job_token()
    assert status_and_body(trigger(cast.library, token)) == HIDDEN
    assert status_and_body(Api().post("/projects/99999999/trigger/pipeline", {"token": token, "ref": "main"})) == HIDDEN
    assert not Pipeline.objects.filter(project=cast.library).exists()
    assert RefusalRecord.objects.filter(project=cast.library).count() == 1


def test_a_person_who_may_not_see_the_target_gets_nowhere(listed_cast: Cast) -> None:
    assert status_and_body(trigger(listed_cast.library, listed_cast.job_token(user=listed_cast.outsider))) == HIDDEN


def test_a_person_who_may_only_look_learns_that_once_the_project_is_listed(listed_cast: Cast) -> None:
    token = listed_cast.job_token(user=listed_cast.reporter)
    assert status_and_body(trigger(listed_cast.library, token)) == NO_PERMISSION
    AllowlistEntry.objects.all().delete()
    assert status_and_body(trigger(listed_cast.library, token)) == HIDDEN


def test_a_trigger_whose_owner_may_only_look_answers_that(listed_cast: Cast, secret: str) -> None:
    TriggerToken.objects.update(owner=listed_cast.reporter)
    assert status_and_body(trigger(listed_cast.library, secret)) == NO_PERMISSION


def test_where_pipelines_are_off_everybody_who_sees_the_project_learns_it(listed_cast: Cast, secret: str) -> None:
    listed_cast.library.builds_access_level = FeatureLevel.DISABLED
    listed_cast.library.save()
    tokens = [secret, listed_cast.job_token(), listed_cast.job_token(user=listed_cast.reporter)]
    off = (400, {"message": {"base": ["Pipelines are disabled!"]}})
    assert [status_and_body(trigger(listed_cast.library, token)) for token in tokens] == [off] * 3


def test_a_finished_jobs_token_is_answered_that_the_job_is_not_running(listed_cast: Cast) -> None:
    answer = trigger(listed_cast.library, listed_cast.job_token(status="success"))
    assert status_and_body(answer) == (401, {"message": "Job is not running"})


def test_a_blocked_persons_job_is_refused_with_the_reason(listed_cast: Cast) -> None:
    token = listed_cast.job_token()
    listed_cast.developer.is_active = False
    listed_cast.developer.save()
    assert trigger(listed_cast.library, token).status_code == 403


def test_a_circle_of_projects_ends(listed_cast: Cast) -> None:
    job = jobs.job(listed_cast.library, listed_cast.developer)
    for _ in range(30):
        answer = trigger(listed_cast.library, jobs.token_of(job))
        if answer.status_code != 201:
            break
        job = Job.objects.get(pipeline_id=answer.json()["id"])
        Job.objects.filter(pk=job.pk).update(status="running")
    assert answer.status_code == 400
    assert "chain" in answer.json()["message"]["base"][0]


# --- By a trigger's token ---------------------------------------------------------------------------------------------


def test_a_trigger_starts_a_pipeline_as_its_owner(listed_cast: Cast, secret: str) -> None:
    runners.push_file(listed_cast.library, runners.SIMPLE, message="Change [ci skip]")
    answer = trigger(listed_cast.library, secret)
    assert answer.status_code == 201
    assert (answer.json()["source"], answer.json()["user"]["username"]) == ("trigger", "maintainer")
    assert answer.json()["status"] == "pending"  # [ci skip] counts for pushes only
    assert TriggerToken.objects.get().last_used_at is not None
    work = runners.runner(listed_cast.library).work()
    assert work.variables["CI_TRIGGER_SHORT_TOKEN"] == secret[6:10]
    assert work.variable("TRIGGER_PAYLOAD")["raw"] is True  # a `$` in what was sent means nothing


def test_a_trigger_of_another_project_is_unknown(listed_cast: Cast, secret: str) -> None:
    runners.push_file(listed_cast.app, runners.SIMPLE)
    assert status_and_body(trigger(listed_cast.app, secret)) == HIDDEN


def test_a_trigger_ends_with_its_owner(listed_cast: Cast, secret: str) -> None:
    listed_cast.maintainer.is_active = False
    listed_cast.maintainer.save()
    assert status_and_body(trigger(listed_cast.library, secret)) == HIDDEN


@pytest.mark.parametrize("token", ["glptt-unknown", "glcbt-unknown", "x", "x" * 10_000, "glpat-x"])
def test_an_unknown_token_is_not_found(listed_cast: Cast, token: str) -> None:
    assert status_and_body(trigger(listed_cast.library, token)) == HIDDEN


@pytest.mark.one_case
@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({}, "ref is missing, token is missing"),
        ({"token": "x"}, "ref is missing"),
        ({"ref": "main"}, "token is missing"),
        ({"token": "x", "ref": " "}, "ref is empty"),
        ({"token": "x", "ref": ["main"]}, "ref is invalid"),
        ({"token": 5, "ref": "main"}, "token is invalid"),
        ({"token": "x", "ref": "main", "variables": ["A"]}, "variables is invalid"),
    ],
)
def test_bad_input_is_named(cast: Cast, body: dict[str, Any], error: str) -> None:
    answer: Any = Api().post(f"/projects/{cast.library.pk}/trigger/pipeline", body)
    assert status_and_body(answer) == (400, {"error": error})


@pytest.mark.one_case
@pytest.mark.parametrize("variables", [{"A": 1}, {"A": None}, {"A-B": "x"}, {"A": {"b": "c"}}, {"A": "\0"}])
def test_variables_are_strings(listed_cast: Cast, secret: str, variables: Any) -> None:
    answer = trigger(listed_cast.library, secret, variables=variables)
    assert status_and_body(answer) == (400, {"message": "variables needs to be a map of key-valued strings"})


def test_a_trigger_that_cannot_run_says_why(listed_cast: Cast, secret: str) -> None:
    assert status_and_body(trigger(listed_cast.library, secret, "none")) == (
        400,
        {"message": {"base": ["Reference not found"]}},
    )
    listed_cast.library.ci_config_path = "elsewhere.yml"
    listed_cast.library.save()
    assert status_and_body(trigger(listed_cast.library, secret)) == (
        400,
        {"message": {"base": ["Missing CI config file"]}},
    )


def test_a_pipeline_hook_may_not_start_what_called_it(listed_cast: Cast, secret: str) -> None:
    client = Api(headers={"X-Gitlab-Event": "Pipeline Hook"})
    answer = client.post(f"/projects/{listed_cast.library.pk}/trigger/pipeline", {"token": secret, "ref": "main"})
    assert answer.status_code == 403


# --- Triggers themselves ----------------------------------------------------------------------------------------------


def test_a_maintainer_makes_changes_and_deletes_triggers(cast: Cast, api: Any) -> None:
    client, address = api(cast.maintainer), f"/projects/{cast.library.pk}/triggers"
    made = client.post(address, {"description": "nightly"})
    assert made.status_code == 201
    secret, pk = made.json()["token"], made.json()["id"]
    assert secret.startswith("glptt-")
    shown = client.get(f"{address}/{pk}").json()
    assert (shown["token"], shown["owner"]["username"]) == (secret, "maintainer")
    assert secret not in str(api(cast.owner).get(address).json())
    assert api(cast.owner).get(f"{address}/{pk}").json()["token"] == secret[6:10]
    assert client.put(f"{address}/{pk}", {"description": "weekly"}).json()["description"] == "weekly"
    assert client.put(f"{address}/{pk}", {"description": "x" * 300}).status_code == 400
    assert client.post(address, {}).json() == {"error": "description is missing"}
    assert client.delete(f"{address}/{pk}").status_code == 204
    assert client.get(f"{address}/{pk}").status_code == 404


def test_developers_and_jobs_do_not_see_triggers(cast: Cast, api: Any) -> None:
    address = f"/projects/{cast.library.pk}/triggers"
    assert api(cast.developer).get(address).status_code == 403
    assert api(job=cast.job_token(cast.library)).get(address).status_code in {401, 404}
