"""Who may set variables of a pipeline or a job, and the other settings of a project that pipelines obey."""

from __future__ import annotations

from typing import Any

import pytest

from jobs.models import Pipeline
from jobs.pipelines.pushes import start_pipelines
from jobs.pipelines.services import start_for_push
from jobs.triggers.schedules import create_schedule, play_schedule
from jobs.triggers.trigger_tokens import create_trigger
from projects.extensions.events import NULL_SHA, Push, RefChange
from projects.repository import Repository
from tests.factories import runners
from tests.factories.cast import Cast

pytestmark = pytest.mark.once

VARIABLES = [{"key": "WHERE", "value": "production"}]
DENIED = "Insufficient permissions to set pipeline variables"
MANUAL = "deploy: {script: [x], when: manual}"


@pytest.fixture
def ready(cast: Cast) -> Cast:
    runners.push_file(cast.app, MANUAL)
    return cast


def restrict(api: Any, cast: Cast, role: str) -> None:
    answer = api(cast.owner).put(f"/projects/{cast.app.pk}", {"ci_pipeline_variables_minimum_override_role": role})
    assert answer.json()["ci_pipeline_variables_minimum_override_role"] == role
    cast.app.refresh_from_db()


def run(api: Any, cast: Cast, user: Any, variables: Any = VARIABLES) -> Any:
    return api(user).post(f"/projects/{cast.app.pk}/pipeline", {"ref": "main", "variables": variables})


@pytest.mark.parametrize(
    ("role", "allowed"),
    [
        ("developer", ["developer", "maintainer", "owner"]),
        ("maintainer", ["maintainer", "owner"]),
        ("owner", ["owner"]),
        ("no_one_allowed", []),
    ],
)
def test_only_people_of_that_role_set_variables(ready: Cast, api: Any, role: str, allowed: list[str]) -> None:
    restrict(api, ready, role)
    for name in ("developer", "maintainer", "owner"):
        answer = run(api, ready, getattr(ready, name))
        if name in allowed:
            assert answer.status_code == 201
        else:
            assert (answer.status_code, answer.json()) == (400, {"message": {"base": [DENIED]}})
        assert run(api, ready, getattr(ready, name), []).status_code == 201


def test_an_administrator_is_no_exception_where_no_one_is_allowed(ready: Cast, api: Any) -> None:
    restrict(api, ready, "no_one_allowed")
    assert run(api, ready, ready.admin).status_code == 400


def test_a_trigger_sets_none_for_an_owner_who_may_not(ready: Cast, api: Any) -> None:
    restrict(api, ready, "owner")
    _, secret = create_trigger(project=ready.app, owner=ready.maintainer, description="x")
    at = f"/projects/{ready.app.pk}/trigger/pipeline"
    assert api().post(at, {"token": secret, "ref": "main"}).status_code == 201
    answer = api().post(at, {"token": secret, "ref": "main", "variables": {"WHERE": "x"}})
    assert answer.json() == {"message": {"base": [DENIED]}}


def test_a_schedule_with_variables_does_not_run_as_somebody_who_may_not(ready: Cast, api: Any) -> None:
    given = {"description": "x", "ref": "main", "cron": "@daily", "variables": VARIABLES}
    schedule = create_schedule(project=ready.app, owner=ready.developer, **given)
    restrict(api, ready, "maintainer")
    at = f"/projects/{ready.app.pk}/pipeline_schedules/{schedule.pk}/play"
    assert api(ready.developer).post(at).status_code == 400
    schedule.refresh_from_db()
    assert play_schedule(schedule, by=ready.maintainer).variables[0]["key"] == "WHERE"


def test_a_job_is_played_with_variables_by_those_only(ready: Cast, api: Any) -> None:
    restrict(api, ready, "maintainer")
    run(api, ready, ready.developer, [])
    at = f"/projects/{ready.app.pk}/jobs/{Pipeline.objects.get().jobs.get().pk}/play"
    assert api(ready.developer).post(at, {"job_variables_attributes": VARIABLES}).status_code == 403
    assert api(ready.maintainer).post(at, {"job_variables_attributes": VARIABLES}).status_code == 200


def test_a_push_with_variables_starts_nothing_and_says_so(ready: Cast, api: Any) -> None:
    restrict(api, ready, "maintainer")
    sha = Repository(ready.app.repository_path).find("main").sha
    changes = [RefChange("refs/heads/main", NULL_SHA, sha)]
    push = Push(ready.app, ready.developer, changes, options=["ci.variable=WHERE=production"])
    start_pipelines(push)
    assert not Pipeline.objects.exists()
    assert any(DENIED in notice for notice in push.notices)


@pytest.mark.parametrize(
    ("before", "given", "after"),
    [
        ("developer", True, "maintainer"),
        ("owner", True, "owner"),
        ("no_one_allowed", True, "no_one_allowed"),
        ("maintainer", False, "developer"),
    ],
)
def test_the_older_switch_never_loosens_what_it_restricts(
    ready: Cast, api: Any, before: str, given: bool, after: str
) -> None:
    restrict(api, ready, before)
    shown = api(ready.owner).put(f"/projects/{ready.app.pk}", {"restrict_user_defined_variables": given}).json()
    assert shown["ci_pipeline_variables_minimum_override_role"] == after
    assert shown["restrict_user_defined_variables"] is given


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("auto_cancel_pending_pipelines", "disabled"),
        ("build_git_strategy", "clone"),
        ("ci_separated_caches", False),
        ("restrict_user_defined_variables", True),
    ],
)
def test_settings_are_returned_and_given_to_new_projects(cast: Cast, api: Any, name: str, value: Any) -> None:
    assert api(cast.owner).put(f"/projects/{cast.app.pk}", {name: value}).json()[name] == value
    made = api(cast.owner).post("/projects", {"name": "fresh", "namespace_id": cast.acme.pk, name: value})
    assert made.json()[name] == value
    assert api(cast.owner).put(f"/projects/{cast.app.pk}", {name: "perhaps"}).status_code == 400


def test_a_newer_commit_cancels_nothing_where_that_is_off(cast: Cast, api: Any) -> None:
    api(cast.owner).put(f"/projects/{cast.app.pk}", {"auto_cancel_pending_pipelines": "disabled"})
    cast.app.refresh_from_db()
    statuses: list[str] = []
    for _ in range(2):
        sha = runners.push_file(cast.app, f"test: {{script: [x{len(statuses)}]}}")
        start_for_push(project=cast.app, ref="refs/heads/main", old="", new=sha, user=cast.developer)
        statuses = list(Pipeline.objects.order_by("id").values_list("status", flat=True))
    assert statuses == ["pending", "pending"]


def test_a_job_clones_and_shares_its_caches_as_the_project_says(cast: Cast, api: Any) -> None:
    runners.pipeline(cast.app, cast.developer, "test: {script: [x], cache: {key: k, paths: [p], fallback_keys: [f]}}")
    changed = {"build_git_strategy": "clone", "ci_separated_caches": False}
    api(cast.owner).put(f"/projects/{cast.app.pk}", changed)
    payload = runners.runner(cast.app).work().payload
    assert payload["allow_git_fetch"] is False
    assert [(one["key"], one["fallback_keys"]) for one in payload["cache"]] == [("k", ["f"])]
