"""What a job's token may read and change besides: an archive's files, names of pipelines, old environments and
deployments (job-token.md §7)."""

from __future__ import annotations

from typing import Any

import pytest

from jobs.models import Deployment, Environment, Pipeline
from jobs.models.environment import EnvironmentState
from tests.factories import artifacts, environments, runners
from tests.factories.cast import Cast
from tokenaccess.models import AllowlistEntry


@pytest.fixture
def pipeline(cast: Cast) -> Pipeline:
    return runners.pipeline(cast.app, cast.developer)


def admit(cast: Cast, *permissions: str) -> None:
    """The library's jobs to the app, for these."""
    AllowlistEntry.objects.update_or_create(
        project=cast.app,
        target_project=cast.library,
        direction="inbound",
        defaults={"default_permissions": False, "permissions": list(permissions)},
    )


def library_job(cast: Cast, api: Any, user: Any) -> Any:
    return api(job=cast.job_token(cast.library, user))


def test_the_files_of_an_archive_are_listed_by_folder_or_all_at_once(cast: Cast, api: Any, pipeline: Pipeline):
    job = pipeline.jobs.get()
    artifacts.store(job, artifacts.zip_bytes())
    client, address = api(cast.developer), f"/projects/{cast.app.pk}/jobs/{job.pk}/artifacts/tree"
    assert client.get(address).json() == [
        {"name": "build", "path": "build", "type": "directory", "size": None},
        {"name": "notes.md", "path": "notes.md", "type": "file", "size": 8},
    ]
    assert [row["path"] for row in client.get(f"{address}?path=build/").json()] == ["build/lib", "build/app.txt"]
    everything = ["build", "build/app.txt", "build/lib", "build/lib/core.bin", "notes.md"]
    assert [row["path"] for row in client.get(f"{address}?recursive=true").json()] == everything
    assert [row["path"] for row in client.get(f"{address}?recursive=true&path=build/lib").json()] == everything[3:4]
    assert client.get(f"{address}?path=absent").status_code == 404
    assert client.get(f"{address}?path=../x").status_code == 400
    page = client.get(f"{address}?recursive=true&per_page=2&page=2")
    assert ([row["path"] for row in page.json()], page["X-Total"]) == (everything[2:4], "5")
    other = library_job(cast, api, cast.developer)
    assert other.get(address).status_code == 404
    admit(cast, "read_jobs")
    assert other.get(address).status_code == 200


def test_a_pipeline_is_named(cast: Cast, api: Any, pipeline: Pipeline):
    address = f"/projects/{cast.app.pk}/pipelines/{pipeline.pk}/metadata"
    assert api(cast.developer).put(address, {"name": "Nightly"}).json()["name"] == "Nightly"
    assert api(cast.developer).put(address, {"name": ""}).json()["name"] is None
    assert api(cast.developer).put(address, {}).json() == {"error": "name is missing"}
    assert api(cast.developer).put(address, {"name": "a\nb"}).status_code == 400
    assert api(cast.reporter).put(address, {"name": "x"}).status_code == 403
    job = library_job(cast, api, cast.developer)
    admit(cast, "read_pipelines")
    assert job.put(address, {"name": "x"}).status_code == 403
    admit(cast, "admin_pipelines")
    assert job.put(address, {"name": "By a job"}).json()["name"] == "By a job"
    elsewhere = f"/projects/{cast.library.pk}/pipelines/{pipeline.pk}/metadata"
    assert api(cast.developer).put(elsewhere, {"name": "x"}).status_code == 404


def test_stopped_review_apps_are_listed_first_and_then_deleted(cast: Cast, api: Any):
    for name, state in (("review/a", "stopped"), ("review/b", "available"), ("production", "stopped")):
        Environment.objects.create(project=cast.app, name=name, slug=name.replace("/", "-"), tier="other", state=state)
    address, client = f"/projects/{cast.app.pk}/environments/review_apps", api(cast.developer)
    assert client.delete(address).json() == {"scheduled_entries": [], "unprocessable_entries": []}
    later = f"{address}?before=2100-01-01T00:00:00Z"
    assert [row["name"] for row in client.delete(later).json()["scheduled_entries"]] == ["review/a"]
    assert Environment.objects.count() == 3
    assert api(cast.reporter).delete(f"{later}&dry_run=false").status_code == 403
    assert client.delete(f"{later}&limit=0").status_code == 400
    assert [row["slug"] for row in client.delete(f"{later}&dry_run=false").json()["scheduled_entries"]] == ["review-a"]
    assert set(Environment.objects.values_list("name", flat=True)) == {"review/b", "production"}


def test_a_deployment_is_deleted_unless_it_is_the_current_one_or_runs(cast: Cast, api: Any):
    environment, runner = environments.deploy(cast)
    runners.pipeline(cast.app, cast.developer, environments.REVIEW)
    job = runner.work()
    older, newer = Deployment.objects.order_by("pk")
    address, client = f"/projects/{cast.app.pk}/deployments", api(cast.maintainer)
    answer = client.delete(f"{address}/{newer.pk}")
    assert (answer.status_code, answer.json()) == (400, {"message": "400 Cannot destroy running deployment"})
    answer = client.delete(f"{address}/{older.pk}")
    assert answer.json() == {"message": "400 Deployment currently deployed to environment"}
    job.succeed()
    assert api(cast.developer).delete(f"{address}/{older.pk}").status_code == 403
    other = library_job(cast, api, cast.maintainer)
    admit(cast, "admin_environments")
    assert other.delete(f"{address}/{older.pk}").status_code == 403
    admit(cast, "admin_deployments")
    assert other.delete(f"{address}/{older.pk}").status_code == 204
    assert client.delete(f"{address}/{older.pk}").status_code == 404
    environment.refresh_from_db()
    assert environment.state == EnvironmentState.AVAILABLE
