"""What programs outside say of a commit: by REST, in its pipeline, and on the pipeline's page."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from jobs.artifacts.querysets import of_latest_success
from jobs.models import CommitStatus, JobArtifact, Pipeline
from jobs.pipelines import commit_statuses
from jobs.pipelines.services import cancel_pipeline
from projects.models import Project, ProtectedRef
from projects.repository import Repository
from tests.factories import jobs, projects
from tests.factories.cast import Cast
from tokenaccess.policy.levels import Role


@pytest.fixture
def sha(cast: Cast) -> str:
    projects.commit(cast.library, {"README.md": "hello\n"}, "First")
    return Repository(cast.library.repository_path).find("main").sha


@pytest.fixture
def report(cast: Cast, api: Any, sha: str) -> Any:
    def post(state: str, **given: Any) -> Any:
        return api(cast.developer).post(f"/projects/{cast.library.pk}/statuses/{sha}", {"state": state, **given})

    return post


def test_a_status_makes_a_pipeline_that_has_its_state(cast: Cast, sha: str, report: Any) -> None:
    answer = report("running", context="ci/x", target_url="https://ci.example/1", description="Builds", coverage="12.5")
    assert answer.status_code == 201
    shown = answer.json()
    pipeline = Pipeline.objects.get()
    assert (pipeline.source, pipeline.status, pipeline.ref, pipeline.sha) == ("external", "running", "main", sha)
    assert (shown["status"], shown["name"], shown["target_url"]) == ("running", "ci/x", "https://ci.example/1")
    assert (shown["description"], shown["coverage"], shown["pipeline_id"]) == ("Builds", 12.5, pipeline.pk)
    assert (shown["ref"], shown["author"]["username"], shown["allow_failure"]) == ("main", "developer", False)
    assert report("success", name="ci/x").json()["id"] == shown["id"]
    pipeline.refresh_from_db()
    assert pipeline.status == "success"
    status = CommitStatus.objects.get()
    assert status.started_at
    assert status.finished_at
    assert status.description == "Builds"


def test_a_status_counts_in_the_pipeline_there_is(cast: Cast, sha: str, report: Any) -> None:
    pipeline = jobs.pipeline(cast.library, cast.developer, sha=sha)
    jobs.job(cast.library, cast.developer, "success", pipeline=pipeline)
    assert report("failed").json()["pipeline_id"] == pipeline.pk
    pipeline.refresh_from_db()
    assert (pipeline.status, Pipeline.objects.count()) == ("failed", 1)
    assert report("success", pipeline_id=pipeline.pk).status_code == 201
    pipeline.refresh_from_db()
    assert pipeline.status == "success"


@pytest.mark.parametrize(
    ("old", "new", "event"),
    [
        ("pending", "pending", "enqueue"),
        ("running", "pending", "enqueue"),
        ("running", "running", "run"),
        ("running", "skipped", "skip"),
    ],
)
def test_an_unfinished_status_cannot_go_back(report: Any, old: str, new: str, event: str) -> None:
    assert report(old).status_code == 201
    answer = report(new)
    assert answer.status_code == 400
    start = f"Cannot transition status via :{event} from :{old}"
    assert answer.json()["message"] == f'{start} (Reason(s): Status cannot transition via "{event}")'


def test_a_finished_status_is_replaced(cast: Cast, api: Any, sha: str, report: Any) -> None:
    first, second = report("failed").json(), report("pending").json()
    assert first["id"] != second["id"]
    assert first["pipeline_id"] == second["pipeline_id"]
    assert Pipeline.objects.get().status == "pending"
    address = f"/projects/{cast.library.pk}/repository/commits/{sha}/statuses"
    assert [one["id"] for one in api(cast.reporter).get(address).json()] == [second["id"]]
    assert [one["id"] for one in api(cast.reporter).get(f"{address}?all=true").json()] == [first["id"], second["id"]]


def test_jobs_and_statuses_are_one_list(cast: Cast, api: Any, sha: str, report: Any) -> None:
    pipeline = jobs.pipeline(cast.library, cast.developer, sha=sha)
    for name in "ab":
        jobs.job(cast.library, cast.developer, "success", pipeline=pipeline, name=name)
        report("success", name=f"outside {name}")
    address = f"/projects/{cast.library.pk}/repository/commits/{sha}/statuses"

    def names(query: str = "") -> list[str]:
        return [one["name"] for one in api(cast.reporter).get(f"{address}{query}").json()]

    assert sorted(names()) == ["a", "b", "outside a", "outside b"]
    assert names("?sort=desc") == names()[::-1]
    assert names("?order_by=pipeline_id&per_page=3") + names("?order_by=pipeline_id&per_page=3&page=2") == names(
        "?order_by=pipeline_id"
    )
    assert names("?stage=external") == ["outside a", "outside b"]
    assert names("?name=a") == ["a"]
    assert names("?ref=other") == names("?pipeline_id=0") == []
    with CaptureQueriesContext(connection) as few:
        names("?per_page=3")
    with CaptureQueriesContext(connection) as many:
        names()
    assert len(few) == len(many)


@pytest.mark.one_case
@pytest.mark.parametrize(
    ("given", "named"),
    [
        ({"state": "done"}, "state"),
        ({"colour": "red"}, "colour"),
        ({"coverage": "nan"}, "coverage"),
        ({"coverage": "101"}, "coverage"),
        ({"description": "x" * 256}, "description"),
        ({"name": "x" * 256}, "name"),
        ({"target_url": "javascript:alert(1)"}, "target_url"),
        ({"target_url": "https://"}, "target_url"),
        ({"pipeline_id": "x"}, "pipeline_id"),
    ],
)
def test_what_is_wrong_is_named(report: Any, given: dict[str, str], named: str) -> None:
    answer = report(**{"state": "success", **given})
    assert (answer.status_code, named in answer.content.decode()) == (400, True)
    assert not CommitStatus.objects.exists()
    assert not Pipeline.objects.exists()


def test_what_is_not_there_is_not_found(cast: Cast, api: Any, sha: str, report: Any) -> None:
    assert report("success", ref="other").json() == {"message": "404 References for commit Not Found"}
    answer = report("success", pipeline_id=1)
    assert (answer.status_code, answer.json()["message"][:12]) == (404, "404 Pipeline")
    answer = api(cast.developer).post(f"/projects/{cast.library.pk}/statuses/{'1' * 40}", {"state": "success"})
    assert (answer.status_code, answer.json()["message"]) == (404, "404 Commit Not Found")


def test_developers_may_and_on_protected_branches_those_who_may_run_there(
    cast: Cast, api: Any, sha: str, report: Any
) -> None:
    def post(who: str) -> int:
        answer = api(getattr(cast, who)).post(f"/projects/{cast.library.pk}/statuses/{sha}", {"state": "success"})
        return int(answer.status_code)

    assert [post(who) for who in ("outsider", "guest", "reporter")] == [404, 403, 403]
    levels = {"push_level": Role.MAINTAINER, "merge_level": Role.MAINTAINER}
    assert ProtectedRef.objects.filter(project=cast.library, name="main").update(**levels)
    assert report("success").status_code == 403
    assert not Pipeline.objects.exists()
    assert post("maintainer") == 201
    assert Pipeline.objects.get().protected
    assert report("failed").status_code == 403


def test_a_pipeline_takes_so_many_statuses(monkeypatch: pytest.MonkeyPatch, report: Any) -> None:
    monkeypatch.setattr(commit_statuses, "MAX_STATUSES", 2)
    assert [report("success").status_code for _ in range(3)] == [201, 201, 400]


def test_a_pipeline_is_cancelled_with_its_statuses(report: Any) -> None:
    report("pending")
    report("success", name="done")
    assert cancel_pipeline(Pipeline.objects.get()).status == "canceled"
    assert sorted(CommitStatus.objects.values_list("status", flat=True)) == ["canceled", "success"]


def test_a_pipeline_of_statuses_takes_no_artifacts_from_those_with_jobs(cast: Cast, report: Any) -> None:
    old = jobs.pipeline(cast.library, cast.developer, status="success")
    job = jobs.job(cast.library, cast.developer, "success", pipeline=old)
    artifact = JobArtifact.objects.create(job=job, file_type="archive", file_format="zip", filename="a.zip", size=1)
    report("success")
    assert list(JobArtifact.objects.filter(of_latest_success())) == [artifact]


def test_the_page_of_a_pipeline_shows_them_as_its_last_stage(cast: Cast, client: Client, report: Any) -> None:
    report("failed", name="scan", target_url="https://ci.example/1", description="<2 findings>", coverage=50)
    project: Project = cast.library
    client.force_login(cast.developer)
    page = client.get(f"/{project.full_path}/-/pipelines/{Pipeline.objects.get().pk}").content.decode()
    assert "<h3>external</h3>" in page
    assert "&lt;2 findings&gt;" in page
    assert '<a href="https://ci.example/1" rel="noopener noreferrer nofollow">scan</a>' in page
    assert "0 of 0" not in page
    assert "Programs outside" in page
