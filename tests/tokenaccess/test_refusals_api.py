"""Refusals and their reasons by the API: what the pages show, to the same people."""

from __future__ import annotations

from typing import Any

from django.db import connection
from django.test.utils import CaptureQueriesContext

from jobs.models import Job
from jobs.pipelines.services import delete_pipeline
from projects.models import Project
from tests.factories import people, projects
from tests.factories.cast import Cast
from tests.support.token_access import record_refusal
from tokenaccess.allowlist import services
from tokenaccess.policy.levels import Role

HEADER = "X-Access-Reason"


def refuse(api: Any, cast: Cast, token: str = "") -> str:
    """The id of a refusal at the library."""
    answer = api(job=token or cast.job_token()).get(f"/projects/{cast.library.pk}/releases")
    assert answer.status_code == 404
    return str(answer[HEADER])


def reason(api: Any, user: Any, encoded: str) -> Any:
    return api(user).get(f"/token_access/reasons/{encoded}")


def test_a_maintainer_lists_refusals_and_opens_the_reason_of_one(cast: Cast, api: Any) -> None:
    refuse(api, cast)
    answer = api(cast.maintainer).get(f"/token_access/projects/{cast.library.pk}/refusals")
    [row] = answer.json()
    assert (answer["X-Total"], row["project_path"], row["action"], row["count"]) == (
        "1",
        "acme/app",
        "read_releases",
        1,
    )
    assert row["reason"] == "Its project is not on the allowlist of the project it asks for."
    assert row["change"] == "Add acme/app to the list of acme/library"
    body = reason(api, cast.maintainer, row["access_reason"]).json()
    assert (body["source"], body["target"], body["action"]) == ("acme/app", "acme/library", "read_releases")
    assert (body["reason"], body["change"], body["allowed_now"]) == (row["reason"], row["change"], False)
    assert (body["mode"], body["entry"], body["nearest_entry"]) == ("enforced", None, None)
    assert {step["rule"]: step["verdict"] for step in body["steps"]}["admitted"] == "refused"
    services.add_entry(cast.library, cast.app, by=cast.owner)
    body = reason(api, cast.maintainer, row["access_reason"]).json()
    assert (body["allowed_now"], body["change"], body["advice"], body["entry"]) == (True, None, None, "acme/app")


def test_a_reason_is_for_maintainers_of_either_project_and_else_as_one_that_never_was(cast: Cast, api: Any) -> None:
    encoded = refuse(api, cast)
    own = projects.member(people.person("lead"), cast.app, Role.MAINTAINER)
    projects.member(own, cast.library, Role.GUEST)
    assert reason(api, own, encoded).json()["change"] is None, "they may not press it"
    never = reason(api, cast.developer, "AAAA")
    for user in (cast.developer, cast.outsider):
        answer = reason(api, user, encoded)
        assert (answer.status_code, answer.content) == (never.status_code, never.content)
    assert never.json() == {"message": "404 Access Reason Not Found"}
    assert reason(api, None, encoded).status_code == 401
    assert api(job=cast.job_token()).get(f"/token_access/reasons/{encoded}").status_code in {401, 404}
    assert api(cast.developer).get(f"/token_access/projects/{cast.library.pk}/refusals").status_code == 403
    assert api(cast.outsider).get(f"/token_access/projects/{cast.library.pk}/refusals").status_code == 404


def test_hidden_and_absent_targets_are_one_row_and_one_answer(cast: Cast, api: Any, secret: Project) -> None:
    maintainer = api(cast.maintainer)
    token, answers = cast.job_token(cast.app, cast.maintainer), []
    for target in (secret.pk, 999_999):
        encoded = api(job=token).get(f"/projects/{target}/releases")[HEADER]
        answers.append(reason(api, cast.maintainer, encoded).json())
    assert answers[0] == answers[1]
    assert (answers[0]["target"], answers[0]["reason"], answers[0]["steps"]) == (None, None, [])
    [row] = maintainer.get(f"/token_access/projects/{cast.app.pk}/refusals?where=elsewhere").json()
    values = (row["project_path"], row["reason"], row["count"], row["access_reason"], row["change"])
    assert values == (None, None, 2, None, None)


def test_a_reason_that_is_gone_or_unknown_is_answered_as_not_found(cast: Cast, api: Any) -> None:
    encoded = refuse(api, cast)
    record_refusal(cast.library, cast.app, job_id=10**6)
    delete_pipeline(Job.objects.get().pipeline, by=cast.owner)
    refusals = f"/token_access/projects/{cast.library.pk}/refusals"
    assert [row["access_reason"] for row in api(cast.maintainer).get(refusals).json()] == [None, None]
    assert reason(api, cast.maintainer, encoded).status_code == 404
    assert api(cast.maintainer).get(f"{refusals}?where=there").status_code == 400
    assert "not supported" in api(cast.maintainer).get(f"{refusals}?since=1").json()["error"]


def test_a_page_of_refusals_takes_as_many_statements_as_one(
    cast: Cast, api: Any, django_assert_num_queries: Any
) -> None:
    refusals = f"/token_access/projects/{cast.library.pk}/refusals?per_page=20"
    refuse(api, cast)
    api(cast.maintainer).get(refusals)
    with CaptureQueriesContext(connection) as few:
        assert len(api(cast.maintainer).get(refusals).json()) == 1
        count = len(few)
    for number in range(6):
        source = projects.project(f"more{number}", group=cast.acme, by=cast.owner)
        refuse(api, cast, cast.job_token(source, cast.owner))
    with django_assert_num_queries(count):
        assert len(api(cast.maintainer).get(refusals).json()) == 7
