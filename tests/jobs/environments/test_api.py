"""Environments and deployments by REST."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from audit.models import AuditEvent
from jobs.api.environments import EnvironmentView
from jobs.housekeeping import run_housekeeping
from jobs.models import Deployment, Environment, Job
from jobs.models.environment import EnvironmentState
from tests.factories import runners
from tests.factories.cast import Cast
from tests.factories.environments import REVIEW, again, deploy
from tests.factories.people import person
from tokenaccess.allowlist import services as token_access
from tokenaccess.models import AllowlistEntry
from tokenaccess.policy.levels import FeatureLevel, Role, Visibility
from tokenaccess.policy.permissions import Permission

KEYS = {
    "id", "name", "slug", "external_url", "created_at", "updated_at", "description", "tier", "state", "auto_stop_at",
}  # fmt: skip
LATER = timedelta(days=30)


def at(cast: Cast, what: object = "") -> str:
    return f"/projects/{cast.app.pk}/environments{f'/{what}' if what else ''}"


def make(cast: Cast, api: Any, name: str = "production", **more: str) -> Environment:
    answer = api(cast.developer).post(at(cast), {"name": name, **more})
    assert answer.status_code == 201, answer.json()
    return Environment.objects.get(pk=answer.json()["id"])


# --- Made, changed, deleted by hand -----------------------------------------------------------------------------------


def test_a_developer_makes_changes_stops_and_deletes_an_environment(cast: Cast, api: Any) -> None:
    client = api(cast.developer)
    answer = client.post(at(cast), {"name": "Review/One", "external_url": "https://one.example.org"})
    assert answer.status_code == 201
    body = answer.json()
    assert body.keys() == KEYS
    assert (body["name"], body["slug"], body["state"]) == ("Review/One", "review-one-5ptync", "available")
    assert (body["tier"], body["description"], body["auto_stop_at"]) == ("development", None, None)
    one = at(cast, body["id"])
    changed = client.put(one, {"external_url": "", "tier": "staging", "description": "Ours"}).json()
    assert (changed["external_url"], changed["tier"], changed["description"]) == (None, "staging", "Ours")
    assert client.get(one).json() == {**changed, "last_deployment": None}
    assert client.delete(one).status_code == 403
    assert client.delete(one).json() == {"message": "403 Forbidden"}
    stopped = client.post(f"{one}/stop")
    assert (stopped.status_code, stopped.json()["state"]) == (200, "stopped")
    assert client.delete(one).status_code == 204
    assert client.get(one).status_code == 404
    events = AuditEvent.objects.filter(event__startswith="environment_").values_list("event", flat=True)
    assert set(events) == {
        "environment_created", "environment_updated", "environment_stopped", "environment_deleted",
    }  # fmt: skip


@pytest.mark.parametrize(
    ("given", "error"),
    [
        ({}, {"error": "name is missing"}),
        ({"name": " "}, {"error": "name is empty"}),
        ({"name": "a\0"}, {"error": "name is invalid"}),
        ({"name": ["a"]}, {"error": "name is invalid"}),
        ({"name": "a" * 256}, {"message": {"name": ["is too long (maximum is 255 characters)"]}}),
        ({"name": "a", "tier": "best"}, {"error": "tier does not have a valid value"}),
        ({"name": "a", "slug": "b"}, {"error": "slug is automatically generated and cannot be changed"}),
        (
            {"name": "a", "external_url": "javascript:alert(1)"},
            {"message": {"external_url": ["is blocked: Only allowed schemes are http, https"]}},
        ),
        (
            {"name": "a", "description": "x" * 10_001},
            {"message": {"description": ["is too long (maximum is 10000 characters)"]}},
        ),
    ],
)
def test_bad_fields_create_no_environment(cast: Cast, api: Any, given: dict[str, Any], error: dict[str, Any]) -> None:
    answer = api(cast.developer).post(at(cast), given)
    assert (answer.status_code, answer.json()) == (400, error)
    assert not Environment.objects.exists()


def test_a_name_is_taken_once_and_so_is_what_is_made_of_it(cast: Cast, api: Any) -> None:
    make(cast, api, "x")
    assert api(cast.developer).post(at(cast), {"name": "x"}).json() == {"message": {"name": ["has already been taken"]}}
    assert api(cast.developer).post(at(cast), {"name": "x-"}).json() == {
        "message": {"slug": ["has already been taken"]}
    }
    other = f"/projects/{cast.library.pk}/environments"
    assert api(cast.developer).post(other, {"name": "x"}).status_code == 201


def test_a_bad_change_changes_nothing(cast: Cast, api: Any) -> None:
    one = make(cast, api)
    answer = api(cast.developer).put(at(cast, one.pk), {"tier": "staging", "external_url": "data:text/html,x"})
    assert answer.status_code == 400
    assert again(one).tier == "production"


@pytest.mark.parametrize("number", ["0", "999999", "9" * 19, "9" * 60])
def test_an_unknown_one_is_not_found(cast: Cast, api: Any, number: str) -> None:
    client = api(cast.developer)
    assert client.get(at(cast, number)).status_code == 404
    assert client.put(at(cast, number), {"tier": "other"}).status_code == 404
    assert client.delete(at(cast, number)).status_code == 404
    assert client.post(at(cast, f"{number}/stop")).status_code == 404
    assert client.get(f"/projects/{cast.app.pk}/deployments/{number}").status_code == 404


def test_an_environment_that_is_deleted_this_moment_is_not_found(
    cast: Cast, api: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    one = make(cast, api)
    Environment.objects.all().delete()
    one.state = EnvironmentState.STOPPED
    monkeypatch.setattr(EnvironmentView, "environment", lambda self, pk: one)
    assert api(cast.developer).put(at(cast, one.pk), {"tier": "other"}).status_code == 404
    assert api(cast.developer).delete(at(cast, one.pk)).status_code == 404


def test_another_projects_is_not_found(cast: Cast, api: Any) -> None:
    there = api(cast.developer).post(f"/projects/{cast.library.pk}/environments", {"name": "x"}).json()["id"]
    assert api(cast.developer).get(at(cast, there)).status_code == 404
    assert api(cast.developer).post(at(cast, f"{there}/stop")).status_code == 404


# --- The list ---------------------------------------------------------------------------------------------------------


def test_the_list_is_narrowed_by_name_search_and_state(cast: Cast, api: Any) -> None:
    for name in ("production", "review/one", "review/two"):
        make(cast, api, name)
    api(cast.developer).post(at(cast, f"{Environment.objects.get(name='review/two').pk}/stop"))
    client = api(cast.reporter)

    def names(query: str) -> list[str]:
        return [one["name"] for one in client.get(at(cast) + query).json()]

    assert names("") == ["production", "review/one", "review/two"]
    assert names("?name=production") == ["production"]
    assert names("?name=prod") == []
    assert names("?search=REVIEW") == ["review/one", "review/two"]
    assert names("?states=stopped") == ["review/two"]
    assert names("?states=available&search=review") == ["review/one"]
    assert client.get(at(cast) + "?per_page=2").headers["X-Total"] == "3"


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("?search=re", {"message": "400 Bad request - Search query is less than 3 characters"}),
        ("?search=review&name=x", {"error": "name, search cannot be used together"}),
        ("?states=gone", {"error": "states does not have a valid value"}),
        ("?name=%00", {"error": "name is invalid"}),
    ],
)
def test_a_list_nobody_can_make_sense_of(cast: Cast, api: Any, query: str, expected: dict[str, str]) -> None:
    answer = api(cast.reporter).get(at(cast) + query)
    assert (answer.status_code, answer.json()) == (400, expected)


def test_lists_cost_the_same_however_long_they_are(cast: Cast, api: Any, django_assert_max_num_queries: Any) -> None:
    environment, runner = deploy(cast)
    client = api(cast.reporter)
    for number in range(3):
        runners.pipeline(cast.app, cast.developer, REVIEW.replace("make", f"make{number}"))
        runner.work().succeed()
        make(cast, api, f"more/{number}")
    with django_assert_max_num_queries(6):
        assert len(client.get(at(cast)).json()) == 4
    with django_assert_max_num_queries(8):
        assert len(client.get(f"/projects/{cast.app.pk}/deployments").json()) == 4
    with django_assert_max_num_queries(8):
        assert client.get(at(cast, environment.pk)).json()["last_deployment"]["iid"] == 4


# --- Deployments ------------------------------------------------------------------------------------------------------


def test_an_environment_tells_its_last_deployment(cast: Cast, api: Any) -> None:
    environment, _ = deploy(cast)
    last = api(cast.reporter).get(at(cast, environment.pk)).json()["last_deployment"]
    assert last.keys() == {
        "id", "iid", "ref", "sha", "created_at", "updated_at", "user", "deployable", "status",
    }  # fmt: skip
    assert (last["iid"], last["ref"], last["status"]) == (1, "main", "success")
    assert (last["user"]["username"], last["deployable"]["name"]) == ("developer", "deploy")
    whole = api(cast.reporter).get(f"/projects/{cast.app.pk}/deployments/{last['id']}").json()
    assert whole.pop("environment")["slug"] == "review-main-yi2y9f"
    assert whole == {**last, "approvals": [], "pending_approval_count": 0}


def test_deployments_are_narrowed_and_ordered(cast: Cast, api: Any) -> None:
    _, runner = deploy(cast)
    runners.pipeline(cast.app, cast.developer, REVIEW)
    runner.work().fail()
    runners.pipeline(cast.app, cast.developer, "a: {script: [x], environment: {name: other}, when: manual}")
    Deployment.objects.filter(iid=1).update(finished_at=timezone.now() - LATER)

    def numbers(query: str) -> list[int]:
        answer = api(cast.reporter).get(f"/projects/{cast.app.pk}/deployments?{query}")
        assert answer.status_code == 200, answer.json()
        return [one["iid"] for one in answer.json()]

    assert numbers("") == [1, 2, 3]
    assert numbers("order_by=iid&sort=desc") == [3, 2, 1]
    assert numbers("order_by=updated_at&sort=asc")[0] == 1
    assert numbers("environment=other") == [3]
    assert numbers("status=success") == [1]
    assert numbers("status=blocked") == [3]
    assert numbers("status=running") == []
    yesterday = (timezone.now() - timedelta(days=1)).isoformat()
    assert numbers(f"updated_before={yesterday}") == [1]
    assert numbers(f"finished_after={yesterday}") == [2]


@pytest.mark.parametrize("query", ["status=x", "order_by=x", "sort=x", "updated_after=x", "environment=%00"])
def test_deployments_nobody_can_make_sense_of(cast: Cast, api: Any, query: str) -> None:
    assert api(cast.reporter).get(f"/projects/{cast.app.pk}/deployments?{query}").status_code == 400


# --- Stopped ----------------------------------------------------------------------------------------------------------


def test_stopping_plays_the_stop_job_as_who_asks(cast: Cast, api: Any) -> None:
    environment, runner = deploy(cast)
    answer = api(cast.maintainer).post(at(cast, f"{environment.pk}/stop"))
    assert (answer.status_code, answer.json()["state"]) == (200, "stopping")
    assert api(cast.developer).post(at(cast, f"{environment.pk}/stop")).json()["state"] == "stopping"
    assert runner.work().variables["GITLAB_USER_LOGIN"] == "maintainer"
    assert runner.take() is None


def test_with_force_nothing_is_played(cast: Cast, api: Any) -> None:
    environment, runner = deploy(cast)
    assert api(cast.developer).post(at(cast, f"{environment.pk}/stop"), {"force": True}).json()["state"] == "stopped"
    assert runner.take() is None


def test_what_came_from_a_protected_branch_is_not_stopped_by_who_may_not_run_it(cast: Cast, api: Any) -> None:
    environment, runner = deploy(cast)
    cast.app.protected_refs.update(push_level=Role.MAINTAINER, merge_level=Role.MAINTAINER)
    answer = api(cast.developer).post(at(cast, f"{environment.pk}/stop"))
    assert (answer.status_code, answer.json()) == (403, {"message": "403 Forbidden"})
    assert (again(environment).state, runner.take()) == ("available", None)
    assert not AuditEvent.objects.filter(event="environment_stopped").exists()
    assert api(cast.maintainer).post(at(cast, f"{environment.pk}/stop")).json()["state"] == "stopping"


def test_stale_ones_are_stopped_by_the_next_clean_up_as_who_deployed_them(cast: Cast, api: Any) -> None:
    environment, runner = deploy(cast)
    fresh = make(cast, api, "fresh")
    old = timezone.now() - LATER
    Environment.objects.filter(pk=environment.pk).update(updated_at=old, auto_stop_at=None)
    before = (timezone.now() - timedelta(days=8)).isoformat()
    client = api(cast.maintainer)
    answer = client.post(at(cast, "stop_stale"), {"before": before})
    assert (answer.status_code, answer.json()) == (
        200, {"message": "Successfully requested stop for all stale environments"},
    )  # fmt: skip
    assert run_housekeeping()["environments stopped"] == 0  # it was deployed to only now
    Deployment.objects.update(created_at=old, finished_at=old)
    client.post(at(cast, "stop_stale"), {"before": before})
    assert run_housekeeping()["environments stopped"] == 1
    assert (again(environment).state, again(fresh).state) == ("stopping", "available")
    assert runner.work().variables["GITLAB_USER_LOGIN"] == "developer"
    assert AuditEvent.objects.get(event="environment_stopped").actor_name == "maintainer"


def test_calling_an_environment_stale_stops_nothing_that_one_may_not_stop(cast: Cast, api: Any) -> None:
    environment, runner = deploy(cast)
    Job.objects.update(user=cast.maintainer)
    cast.app.protected_refs.update(push_level=Role.MAINTAINER, merge_level=Role.MAINTAINER)
    old = timezone.now() - LATER
    Environment.objects.update(updated_at=old)
    Deployment.objects.update(created_at=old, finished_at=old)
    before = (timezone.now() - timedelta(days=8)).isoformat()
    assert api(cast.developer).post(at(cast, "stop_stale"), {"before": before}).status_code == 200
    assert run_housekeeping()["environments stopped"] == 0
    assert (again(environment).state, runner.take()) == ("available", None)
    assert environment.problem.startswith("developer, who wanted it stopped, may not run jobs on the protected ref")


@pytest.mark.parametrize(
    ("given", "expected"),
    [
        ({}, {"error": "before is missing"}),
        ({"before": "soon"}, {"error": "before is invalid"}),
        ({"before": "2000-01-01"}, {"message": "400 Bad request - Invalid Date"}),
        ({"before": "2999-01-01T00:00:00Z"}, {"message": "400 Bad request - Invalid Date"}),
    ],
)
def test_a_day_that_makes_nothing_stale(cast: Cast, api: Any, given: dict[str, str], expected: dict[str, str]) -> None:
    answer = api(cast.developer).post(at(cast, "stop_stale"), given)
    assert (answer.status_code, answer.json()) == (400, expected)


# --- Who may ----------------------------------------------------------------------------------------------------------


def test_each_role_reads_and_changes_environments_as_it_may(cast: Cast, api: Any) -> None:
    environment, _ = deploy(cast)
    reads = [at(cast), at(cast, environment.pk), f"/projects/{cast.app.pk}/deployments"]
    for path in reads:
        assert api(cast.reporter).get(path).status_code == 200
        assert api(cast.guest).get(path).status_code == 403
        assert api(cast.outsider).get(path).status_code == 404
        assert api().get(path).status_code == 404
    for who, status in ((cast.reporter, 403), (cast.outsider, 404)):
        client = api(who)
        assert client.post(at(cast), {"name": "x"}).status_code == status
        assert client.put(at(cast, environment.pk), {"tier": "other"}).status_code == status
        assert client.delete(at(cast, environment.pk)).status_code == status
        assert client.post(at(cast, f"{environment.pk}/stop")).status_code == status
        assert client.post(at(cast, "stop_stale"), {"before": "2020-01-01"}).status_code == status


@pytest.mark.parametrize(
    ("level", "public_jobs", "status"),
    [
        (FeatureLevel.ENABLED, True, 200),
        (FeatureLevel.ENABLED, False, 403),
        (FeatureLevel.PRIVATE, True, 403),
        (FeatureLevel.DISABLED, True, 403),
    ],
)
def test_a_public_projects_are_read_by_anyone_where_its_jobs_are(
    cast: Cast, api: Any, level: FeatureLevel, public_jobs: bool, status: int
) -> None:
    """job-token.md §2.4, case 34; a job of a project that is not listed may do what any visitor may."""
    environment, _ = deploy(cast)
    type(cast.app).objects.filter(pk=cast.app.pk).update(
        visibility=Visibility.PUBLIC, builds_access_level=level, public_jobs=public_jobs
    )
    stranger = person("stranger")
    elsewhere = api(job=cast.job_token(cast.library, cast.developer))
    for path in (at(cast), at(cast, environment.pk), f"/projects/{cast.app.pk}/deployments"):
        assert api(stranger).get(path).status_code == status
        assert elsewhere.get(path).status_code == status
    assert elsewhere.post(at(cast, f"{environment.pk}/stop")).status_code == 403


def test_a_job_serves_its_own_project_as_its_person(cast: Cast, api: Any) -> None:
    environment, _ = deploy(cast)
    client = api(job=cast.job_token(cast.app, cast.developer))
    assert client.get(at(cast)).status_code == 200
    assert client.post(at(cast), {"name": "by/job"}).status_code == 201
    assert client.post(at(cast, f"{environment.pk}/stop")).json()["state"] == "stopping"
    assert Job.objects.get(name="stop").user == cast.developer
    assert api(job=cast.job_token(cast.app, cast.reporter)).post(at(cast), {"name": "x"}).status_code == 403


def test_an_entry_may_grant_reading_or_more(cast: Cast, api: Any) -> None:
    environment, _ = deploy(cast)
    client = api(job=cast.job_token(cast.library, cast.developer))
    assert client.get(at(cast)).status_code == 404
    entry = token_access.add_entry(cast.app, cast.library, by=cast.owner)
    assert client.get(at(cast)).status_code == 200

    def grant(*permissions: Permission) -> None:
        AllowlistEntry.objects.filter(pk=entry.pk).update(default_permissions=False, permissions=list(permissions))

    grant(Permission.READ_JOBS)
    answer = client.get(at(cast))
    assert answer.status_code == 403
    assert answer.json()["message"].endswith("The following token permission is required: read_environments.")
    grant(Permission.READ_ENVIRONMENTS)
    assert client.get(at(cast, environment.pk)).status_code == 200
    answer = client.post(at(cast, f"{environment.pk}/stop"))
    assert answer.json()["message"].endswith("The following token permission is required: admin_environments.")
    assert client.get(f"/projects/{cast.app.pk}/deployments").status_code == 403
    grant(Permission.ADMIN_ENVIRONMENTS, Permission.READ_DEPLOYMENTS)
    assert client.get(f"/projects/{cast.app.pk}/deployments").status_code == 200
    assert client.get(at(cast)).status_code == 200
    assert client.post(at(cast, f"{environment.pk}/stop")).json()["state"] == "stopping"


def test_an_archived_projects_stay_as_they_are(cast: Cast, api: Any) -> None:
    environment, _ = deploy(cast)
    type(cast.app).objects.filter(pk=cast.app.pk).update(archived=True)
    assert api(cast.developer).get(at(cast)).status_code == 200
    assert api(cast.developer).post(at(cast, f"{environment.pk}/stop")).status_code == 403


def test_a_job_tells_an_agent_about_its_environment(cast: Cast, api: Any) -> None:
    runners.pipeline(cast.app, cast.developer, "a: {script: [x], environment: {name: live}}")
    token = runners.runner(cast.app).work().token
    body = api(job=token).get("/job/allowed_agents").json()
    assert body["environment"] == {"slug": "live", "tier": "production"}
