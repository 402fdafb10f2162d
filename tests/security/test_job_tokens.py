"""A job's token: where it counts, when it dies, and what it never reaches."""

from __future__ import annotations

import base64
import re
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from identity.models import today
from identity.services import block_person
from jobs.models import Job
from jobs.runners.services import create_runner
from jobs.runners.types import RunnerType
from jobs.states import State
from tests.factories import jobs, people, projects
from tests.factories.artifacts import upload
from tests.factories.cast import Cast
from tests.support.client import Api
from tokenaccess.adapters.endpoints import endpoints
from tokenaccess.allowlist import services
from tokenaccess.policy.levels import FeatureLevel, Role
from tokenaccess.policy.needs import NEEDS

API = [endpoint for endpoint in endpoints() if endpoint.route.startswith("/api/v4/") and endpoint.actions]
REFS = "/acme/library.git/info/refs?service=git-upload-pack"
FILE = "/packages/generic/tool/1.0/tool.tgz"


def as_git(token: str) -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"gitlab-ci-token:{token}".encode()).decode()}


def address(route: str, cast: Cast) -> str:
    places = {"project": str(cast.library.pk), "group": str(cast.acme.pk), "user_id": str(cast.developer.pk)}
    return re.sub(r"<(?:[^:>]+:)?([^>]+)>", lambda found: places.get(found[1], "1"), route)


def test_where_no_job_token_serves_it_is_as_if_it_were_not_there(cast: Cast):
    """Every such route, by each way of carrying one; the job is an administrator's and asks for its own project."""
    token = cast.job_token(cast.library, cast.admin)
    carriers: list[tuple[dict[str, str], str]] = [
        ({"JOB-TOKEN": token}, ""),
        ({}, f"job_token={token}"),
        ({}, f"token={token}"),
        ({"Authorization": f"Bearer {token}"}, ""),
        (as_git(token), ""),
        ({"PRIVATE-TOKEN": token}, ""),
        ({}, f"private_token={token}"),
    ]
    differing = []
    for endpoint in API:
        for method, action in endpoint.actions.items():
            if NEEDS[action].jobs or endpoint.route.endswith("trigger/pipeline"):
                continue
            where = address(endpoint.route, cast)
            nobody = Api().request(method, where, {})
            for headers, query in carriers:
                answer = Api(headers=headers).request(method, f"{where}?{query}", {})
                if answer.status_code != nobody.status_code or (
                    answer.status_code in {200, 201, 204}
                    and (answer.content.replace(f"{query}&".encode(), b"") != nobody.content)
                ):
                    differing.append(f"{method} {endpoint.path} {answer.status_code} {nobody.status_code}")
    assert not differing


@pytest.mark.one_case
@pytest.mark.parametrize("override", ["X-HTTP-Method-Override", "X-HTTP-Method", "X-Method-Override"])
def test_no_header_turns_one_method_into_another(cast: Cast, override):
    services.add_entry(cast.library, cast.app, by=cast.owner)
    api = Api(job=cast.job_token(), headers={override: "DELETE"})
    assert api.post(f"/projects/{cast.library.pk}{FILE}").status_code == 405
    assert api.get(f"/projects/{cast.library.pk}/packages?_method=DELETE").status_code == 400  # no such parameter


DEATHS = {
    "finished": lambda job: Job.objects.filter(pk=job.pk).update(status=State.SUCCESS),
    "waiting": lambda job: Job.objects.filter(pk=job.pk).update(status=State.PENDING),
    "erased": lambda job: Job.objects.filter(pk=job.pk).update(erased_at=timezone.now()),
    "going away": lambda job: type(job.project).objects.filter(pk=job.project_id).update(pending_deletion=True),
    "without CI": lambda job: (
        type(job.project).objects.filter(pk=job.project_id).update(builds_access_level=FeatureLevel.DISABLED)
    ),
    "nobody's": lambda job: Job.objects.filter(pk=job.pk).update(user=None),
}


@pytest.mark.parametrize("death", DEATHS)
def test_a_dead_token_is_worth_nothing_anywhere(cast: Cast, death):
    services.add_entry(cast.library, cast.app, by=cast.owner)
    projects.commit(cast.library, {"a": "b"})
    job = jobs.job(cast.app, cast.developer)
    token = jobs.token_of(job)
    DEATHS[death](job)
    api = Api(job=token)
    for answer in (
        api.get("/job"),
        api.get(f"/projects/{cast.library.pk}/packages"),
        api.get(f"/projects/{cast.library.pk}{FILE}"),
        api.put(f"/projects/{cast.library.pk}{FILE}", b"x"),
        api.get(f"/projects/{cast.library.pk}/repository/branches"),
        api.get(f"/projects/{cast.library.pk + 1000}/packages"),
        api.get(f"/jobs/{job.pk}/artifacts"),
    ):
        assert answer.status_code == 401, answer.request
        assert answer.json() == {"message": "401 Unauthorized"}
    for method, where in (("GET", REFS), ("POST", "/acme/library.git/git-upload-pack")):
        git = Client().generic(method, where, headers=as_git(token))
        assert git.status_code == 401
        assert git.content.startswith(b"HTTP Basic: Access denied")
    assert api.put(f"/jobs/{job.pk}", {"token": token, "state": "running"}).status_code == 403
    assert upload(job.pk, token, b"x").status_code == 403
    patch = api.patch(f"/jobs/{job.pk}/trace", b"x", headers={"Content-Range": "0-0"}, content_type="text/plain")
    assert patch.status_code == 403
    assert not job.trace_path.exists()


def test_a_blocked_person_s_job_is_refused_on_each_surface(cast: Cast):
    services.add_entry(cast.library, cast.app, by=cast.owner)
    job = jobs.job(cast.app, cast.developer)
    token = jobs.token_of(job)
    cast.developer.is_active = False
    cast.developer.save()
    api = Api(job=token)
    for answer in (
        api.get("/job"),
        api.get(f"/projects/{cast.library.pk}/packages"),
        api.put(f"/projects/{cast.library.pk}{FILE}", b"x"),
        api.get(f"/jobs/{job.pk}/artifacts"),
    ):
        assert answer.status_code == 403
        assert answer.json() == {"message": "403 Forbidden - Your account has been blocked."}
    assert Client().get(REFS, headers=as_git(token)).status_code == 403
    assert upload(job.pk, token, b"x").status_code == 403
    patch = api.patch(f"/jobs/{job.pk}/trace", b"x", headers={"Content-Range": "0-0"}, content_type="text/plain")
    assert patch.status_code == 403


def test_a_blocked_person_s_runner_may_still_say_that_the_job_is_over(cast: Cast):
    """Nothing is gained by that, and a job that nobody may end would run forever."""
    job = jobs.job(cast.app, cast.developer)
    token = jobs.token_of(job)
    cast.developer.is_active = False
    cast.developer.save()
    assert Api(job=token).put(f"/jobs/{job.pk}", {"token": token, "state": "failed"}).status_code == 200
    job.refresh_from_db()
    assert job.status == State.FAILED


def test_a_job_s_token_does_nothing_to_another_job(cast: Cast):
    mine, other = jobs.job(cast.app, cast.developer), jobs.job(cast.app, cast.developer)
    token = jobs.token_of(mine)
    jobs.token_of(other)
    api = Api(job=token)
    assert api.put(f"/jobs/{other.pk}", {"token": token, "state": "success"}).status_code == 403
    patch = api.patch(f"/jobs/{other.pk}/trace", b"x", headers={"Content-Range": "0-0"}, content_type="text/plain")
    assert patch.status_code == 403
    assert upload(other.pk, token, b"x").status_code == 403
    other.refresh_from_db()
    assert other.status == State.RUNNING
    assert not other.trace_path.exists()


def test_a_runner_s_token_reads_nothing(cast: Cast):
    _, secret = create_runner(runner_type=RunnerType.PROJECT, by=None, project=cast.library)
    job = jobs.job(cast.library, cast.developer)
    for headers in ({"RUNNER-TOKEN": secret}, {"PRIVATE-TOKEN": secret}, {"JOB-TOKEN": secret}, as_git(secret)):
        for where in ("", "/jobs", f"/jobs/{job.pk}/trace", f"/jobs/{job.pk}/artifacts", "/packages"):
            assert Api(headers=headers).get(f"/projects/{cast.library.pk}{where}").status_code in {401, 404}
        assert Client().get(REFS, headers=headers).status_code == 401


# --- Access that ends during a request -----------------------------------------------------------------------------


class Slowly:
    """A body that arrives in two parts; `between` happens on the way."""

    def __init__(self, parts: list[bytes], between: Any) -> None:
        self.parts, self.between = list(parts), between

    def __call__(self, request: Any, max_bytes: int = 0) -> Any:
        yield self.parts[0]
        self.between()
        yield from self.parts[1:]


def test_an_upload_counts_for_nothing_when_the_job_ends_on_the_way(cast: Cast, monkeypatch):
    services.add_entry(cast.library, cast.app, by=cast.owner)
    job = jobs.job(cast.app, cast.developer)
    api = Api(job=jobs.token_of(job))
    monkeypatch.setattr("blobs.receive.read_blocks", Slowly([b"a", b"b"], lambda: end(job)))
    answer = api.put(f"/projects/{cast.library.pk}{FILE}", b"ab")
    assert answer.status_code == 401
    assert Api(token=people.token_for(cast.owner)).get(f"/projects/{cast.library.pk}/packages").json() == []


def test_an_upload_counts_for_nothing_when_the_entry_goes_on_the_way(cast: Cast, monkeypatch):
    entry = services.add_entry(cast.library, cast.app, by=cast.owner)
    api = Api(job=cast.job_token())
    gone = lambda: services.delete_entry(entry, by=cast.owner)  # noqa: E731
    monkeypatch.setattr("blobs.receive.read_blocks", Slowly([b"a", b"b"], gone))
    assert api.put(f"/projects/{cast.library.pk}{FILE}", b"ab").status_code == 404
    assert Api(token=people.token_for(cast.owner)).get(f"/projects/{cast.library.pk}/packages").json() == []


def test_a_person_blocked_on_the_way_uploads_nothing(cast: Cast, monkeypatch):
    api = Api(token=people.token_for(cast.developer))
    blocked = lambda: block_person(cast.developer, by=None)  # noqa: E731
    monkeypatch.setattr("blobs.receive.read_blocks", Slowly([b"a", b"b"], blocked))
    assert api.put(f"/projects/{cast.library.pk}{FILE}", b"ab").status_code == 403
    assert Api(token=people.token_for(cast.owner)).get(f"/projects/{cast.library.pk}/packages").json() == []


def end(job: Job) -> None:
    Job.objects.filter(pk=job.pk).update(status=State.SUCCESS)


# --- Memberships that end ---------------------------------------------------------------------------------------------


def test_a_membership_that_ends_today_is_out_on_every_surface(cast: Cast, monkeypatch):
    services.add_entry(cast.library, cast.app, by=cast.owner)
    projects.commit(cast.library, {"a": "b"})
    tomorrow = today() + timedelta(days=1)
    leaver = people.person("leaver")
    projects.member(leaver, cast.library, Role.MAINTAINER, expires_at=tomorrow)
    token, job = people.token_for(leaver), cast.job_token(user=leaver)
    browser = Client()
    browser.force_login(leaver)
    query = '{ project(fullPath: "acme/library") { id } projects { nodes { id } } }'

    def asks() -> list[Any]:
        return [
            Api(token=token).get(f"/projects/{cast.library.pk}").status_code,
            Api(token=token).get(f"/projects/{cast.library.pk}/job_token_scope").status_code,
            Api(job=job).get(f"/projects/{cast.library.pk}/packages").status_code,
            Client().get(REFS, headers=as_git(job)).status_code,
            browser.get("/acme/library/-/settings/ci_cd").status_code,
            len(Api(token=token).get("/projects").json()),
            Api(token=token).post("/api/graphql", {"query": query}).json()["data"]["project"] is not None,
            len(Api(token=token).post("/api/graphql", {"query": query}).json()["data"]["projects"]["nodes"]),
            leaver.has_perm("projects.maintain_project", cast.library),
        ]

    assert asks() == [200, 200, 200, 200, 200, 1, True, 1, True]
    later = timezone.now() + timedelta(days=1)
    monkeypatch.setattr("django.utils.timezone.now", lambda: later)
    assert asks() == [404, 404, 404, 404, 404, 0, False, 0, False]
