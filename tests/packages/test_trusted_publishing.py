"""Trusted publishing: a job exchanges an ID token for an upload token, and publishes (resources.md §2.2.1)."""

from __future__ import annotations

import itertools
import json
from base64 import urlsafe_b64encode
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from identity.models import User
from jobs.models import Job
from jobs.pipelines.job_actions import retry_job
from projects.models import Project
from resources.packages.models import Package, PackageProtectionRule, TrustedPublisher, UploadToken
from resources.packages.publishers.mint import delete_expired, fits
from tests.factories import people, projects, runners
from tests.factories.cast import Cast
from tests.packages.publishing import JOB, PACKAGE, basic, exchange, mint, problem, publish, run, trust
from tests.packages.pypi import upload
from tests.support.client import Api
from tests.support.wheels import wheel
from tokenaccess.models import AuthorizationRecord, TokenAccessSettings
from tokenaccess.policy.levels import Role

# --- The way it goes --------------------------------------------------------------------------------------------------


def test_a_job_publishes_where_its_user_has_no_role(cast: Cast) -> None:
    person = people.person("stranger")
    projects.member(person, cast.app, Role.MAINTAINER)
    trust(cast)
    assert Client().get("/_/oidc/audience").json() == {"audience": "token-access"}
    work = run(cast, by=person)
    answer = exchange(work.variables["T"])
    assert answer.json()["success"] is True
    assert answer["Cache-Control"] == "no-store"
    assert 880 < answer.json()["expires"] - timezone.now().timestamp() < 901
    assert publish(answer.json()["token"], cast.library).status_code == 201
    package = Package.objects.get()
    assert (package.project, package.name, package.creator) == (cast.library, PACKAGE, person)
    assert package.files.get().job_id == work.id
    assert TrustedPublisher.objects.get().last_used_at is not None


def test_one_token_serves_all_packages_that_the_job_may_publish(cast: Cast) -> None:
    trust(cast)
    trust(cast, project=cast.app, package_name="other")
    token = mint(run(cast))
    assert publish(token, cast.library).status_code == 201
    assert upload(Api(headers=basic(token)), cast.app, wheel("other", "1.0"), name="other").status_code == 201


def test_a_use_is_in_the_authentication_log_of_the_target(cast: Cast) -> None:
    from tokenaccess.access_log import buffer

    trust(cast)
    assert publish(mint(run(cast)), cast.library).status_code == 201
    buffer.write()
    record = AuthorizationRecord.objects.get()
    assert (record.accessed_project, record.origin_project) == (cast.library, cast.app)


# --- What an upload token is not good for -----------------------------------------------------------------------------


def test_a_publishing_token_publishes_no_other_package(cast: Cast) -> None:
    trust(cast)
    answer = upload(Api(headers=basic(mint(run(cast)))), cast.library, wheel("other", "1.0"), name="other")
    assert answer.status_code == 403
    assert answer.json() == {"message": "403 Forbidden - The upload token is not for the package other."}
    assert not Package.objects.exists()


def test_a_publishing_token_publishes_in_no_other_project(cast: Cast) -> None:
    trust(cast)
    token = mint(run(cast))
    absent = publish(token, Project(pk=10**6))
    for project in (cast.app, projects.project("third", group=cast.acme, by=cast.owner)):
        answer = publish(token, project)
        assert (answer.status_code, answer.content) == (404, absent.content)


def test_a_publishing_token_does_nothing_else(cast: Cast) -> None:
    trust(cast)
    token = mint(run(cast))
    carriers = (basic(token), {"JOB-TOKEN": token}, {"PRIVATE-TOKEN": token}, {"Authorization": f"Bearer {token}"})
    requests = (
        ("GET", "packages/pypi/simple"),
        ("GET", "packages/pypi/simple/my-pkg"),
        ("PUT", "packages/generic/my-pkg/1.0/file.bin"),
        ("PUT", "packages/npm/my-pkg"),
        ("GET", ""),
        ("GET", "repository/tree"),
        ("GET", "packages/trusted_publishers"),
        ("DELETE", "packages/1"),
    )
    for headers, (method, path) in itertools.product(carriers, requests):
        answer = Api(headers=headers).request(method, f"/projects/{cast.library.pk}/{path}".rstrip("/"), b"")
        assert answer.status_code in {401, 404}, (headers, path)
    git = Client().get("/acme/library.git/info/refs?service=git-upload-pack", headers=basic(token))
    assert git.status_code == 401
    assert Client().get("/jwt/auth?service=container_registry", headers=basic(token)).status_code in {401, 404}


def test_an_id_token_is_no_upload_token(cast: Cast) -> None:
    trust(cast)
    id_token = run(cast).variables["T"]
    assert publish(id_token, cast.library).status_code == 401


# --- How it ends ------------------------------------------------------------------------------------------------------


def test_a_publishing_token_ends_with_its_job(cast: Cast) -> None:
    trust(cast)
    work = run(cast)
    token = mint(work)
    work.succeed()
    assert publish(token, cast.library).status_code == 401


def test_a_publishing_token_ends_after_its_time(cast: Cast) -> None:
    trust(cast)
    token = mint(run(cast))
    UploadToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert publish(token, cast.library).status_code == 401


def test_a_publishing_token_ends_with_the_publisher_at_once(cast: Cast, api: Any) -> None:
    made = trust(cast)
    token = mint(run(cast))
    api(cast.maintainer).delete(f"/projects/{cast.library.pk}/packages/trusted_publishers/{made.pk}")
    assert publish(token, cast.library).status_code == 404


def test_a_publishing_token_ends_when_its_user_is_blocked(cast: Cast) -> None:
    trust(cast)
    token = mint(run(cast))
    User.objects.filter(pk=cast.developer.pk).update(is_active=False)
    assert publish(token, cast.library).status_code == 403


def test_tokens_are_deleted_once_the_id_token_is_over(cast: Cast) -> None:
    trust(cast)
    mint(run(cast))
    later = timezone.now() + timedelta(minutes=20)
    assert delete_expired(later) == 0, "the ID token could be presented again"
    assert delete_expired(later + timedelta(hours=1)) > 0


# --- What the limits say ----------------------------------------------------------------------------------------------


def test_a_limit_of_the_jobs_own_project_holds(cast: Cast) -> None:
    trust(cast)
    TokenAccessSettings.objects.update_or_create(project=cast.app, defaults={"limits_outbound": True})
    assert problem(exchange(run(cast).variables["T"]))[0] == "invalid-publisher"


def test_an_archived_project_takes_nothing(cast: Cast) -> None:
    trust(cast)
    Project.objects.filter(pk=cast.library.pk).update(archived=True)
    assert problem(exchange(run(cast).variables["T"]))[0] == "invalid-publisher"


@pytest.mark.parametrize(("role", "status"), [(Role.MAINTAINER, 201), (Role.OWNER, 403)])
def test_a_protected_package_is_a_maintainers(cast: Cast, role: Role, status: int) -> None:
    trust(cast)
    PackageProtectionRule.objects.create(
        project=cast.library, kind="pypi", name_pattern="my-*", min_push_role=role.value
    )
    assert publish(mint(run(cast)), cast.library).status_code == status


# --- What is refused at the exchange ----------------------------------------------------------------------------------


def test_an_id_token_is_taken_once(cast: Cast) -> None:
    trust(cast)
    token = run(cast).variables["T"]
    assert exchange(token).status_code == 200
    assert problem(exchange(token)) == ("invalid-reuse-token", "invalid token: already used")


@pytest.mark.parametrize(
    ("audience", "description"),
    [
        ("other", "the token's audience is not “token-access” alone"),
        ("[token-access, other]", "the token's audience is not “token-access” alone"),
    ],
)
def test_an_audience_has_to_be_this_one_alone(cast: Cast, audience: str, description: str) -> None:
    trust(cast)
    token = run(cast, JOB.replace("token-access", audience)).variables["T"]
    assert problem(exchange(token)) == ("invalid-token", description)


def test_a_job_that_has_ended_gets_nothing(cast: Cast) -> None:
    trust(cast)
    work = run(cast)
    work.succeed()
    assert problem(exchange(work.variables["T"])) == ("invalid-token", "The job is not running.")


@pytest.mark.one_case
@pytest.mark.parametrize("kid", ["\0", "\ud800", "", 3, None, "x" * 100])
def test_a_key_id_that_is_none_is_refused(cast: Cast, kid: Any) -> None:
    header = urlsafe_b64encode(json.dumps({"alg": "RS256", "kid": kid}).encode()).decode().rstrip("=")
    assert problem(exchange(f"{header}.e30.AAAA"))[0] == "invalid-token"


def test_an_unlisted_project_gets_nothing(cast: Cast) -> None:
    trust(cast, source=cast.library)
    code, description = problem(exchange(run(cast).variables["T"]))
    assert code == "invalid-publisher"
    assert description.startswith(f"valid token, but no corresponding publisher (project_id: {cast.app.pk}, ref_path: ")


def test_a_publisher_may_ask_for_more(cast: Cast) -> None:
    trust(cast, environment="production", ref_path="refs/heads/m*", config_path=".gitlab-ci.yml")
    token = run(cast, JOB.replace("script", "environment: production, script")).variables["T"]
    assert exchange(token).status_code == 200
    assert problem(exchange(run(cast).variables["T"]))[0] == "invalid-publisher"


@pytest.mark.pure
def test_a_publisher_is_not_taken_in_by_what_looks_like_its_own(settings: Any) -> None:
    host = settings.EXTERNAL_URL.partition("//")[2]
    publisher = TrustedPublisher(source_id=7, environment="prod", config_path="a.yml", ref_path="refs/heads/main")
    good = {
        "project_id": "7",
        "project_path": "g/p",
        "environment": "prod",
        "ref_path": "refs/heads/main",
        "ci_config_ref_uri": f"{host}/g/p//a.yml@refs/heads/main",
    }
    others = [
        ("project_id", "77"),
        ("environment", "Prod"),
        ("environment", "prod2"),
        ("ref_path", "refs/heads/main2"),
        ("ref_path", "refs/tags/main"),
        ("ci_config_ref_uri", f"{host}/g/p//b//a.yml@refs/heads/main"),
        ("ci_config_ref_uri", f"{host}/g/p//a.yml@refs/heads/x@refs/heads/main"),
    ]
    assert fits(publisher, good)
    assert not any(fits(publisher, {**good, name: value}) for name, value in others)
    assert not fits(publisher, {name: value for name, value in good.items() if name != "environment"})
    assert not fits(publisher, {**good, "ci_config_ref_uri": None})


def test_a_retry_by_somebody_else_is_judged_as_theirs(cast: Cast) -> None:
    trust(cast)
    run(cast).fail()
    retry_job(Job.objects.get(), by=cast.maintainer)
    work = runners.runner(cast.app).work()
    assert publish(mint(work), cast.library).status_code == 201
    assert Package.objects.get().creator == cast.maintainer
