"""Deploy tokens: tokens.md §6.4, and what they open (§2, §4)."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any

import pytest
from django.utils import timezone

from audit.models import AuditEvent
from resources.packages.models import Package
from tests.factories import projects, runners
from tests.factories.cast import Cast
from tests.support.client import Api
from tokens.models import DeployScope, DeployToken

EVERYTHING = list(DeployScope.values)


def create(api: Any, cast: Cast, place: Any, *scopes: str, **more: Any) -> Any:
    body = {"name": "deploy", "scopes": list(scopes) or EVERYTHING, **more}
    return api(cast.owner).post(f"/{place.kind}s/{place.pk}/deploy_tokens", body)


def basic(login: str, secret: str) -> Api:
    return Api(headers={"Authorization": "Basic " + base64.b64encode(f"{login}:{secret}".encode()).decode()})


def by_header(secret: str) -> Api:
    return Api(headers={"DEPLOY-TOKEN": secret})


def fetch(client: Api, path: str, service: str = "git-upload-pack") -> int:
    return int(client.get(f"http://testserver/{path}.git/info/refs?service={service}").status_code)


def package(project: Any) -> str:
    return f"/projects/{project.pk}/packages/generic/thing/1.0/thing.txt"


def test_a_deploy_token_is_made_shown_once_listed_and_revoked(api: Any, cast: Cast) -> None:
    made = create(api, cast, cast.library).json()
    assert made["token"].startswith("gldt-")
    assert {name: made[name] for name in ("username", "expires_at", "revoked", "expired")} == {
        "username": f"gitlab+deploy-token-{made['id']}",
        "expires_at": None,
        "revoked": False,
        "expired": False,
    }
    place = f"/projects/{cast.library.pk}/deploy_tokens"
    (row,) = api(cast.maintainer).get(place).json()
    assert (row["id"], "token" in row) == (made["id"], False)
    assert [one["id"] for one in api(cast.admin).get("/deploy_tokens?active=true").json()] == [made["id"]]
    assert api(cast.maintainer).delete(f"{place}/{made['id']}").status_code == 204
    assert api(cast.maintainer).get(f"{place}?active=true").json() == []
    assert by_header(made["token"]).get(package(cast.library)).status_code == 401
    assert AuditEvent.objects.filter(event="deploy_token_revoked").exists()


def test_git_takes_a_deploy_token_with_its_own_user_name_only(api: Any, cast: Cast) -> None:
    made = create(api, cast, cast.library, "read_repository", username="reader").json()
    other = create(api, cast, cast.library, "read_repository").json()
    path = cast.library.full_path
    assert fetch(basic("reader", made["token"]), path) == 200
    for login in (other["username"], "", "gitlab-ci-token", "oauth2", "owner"):
        assert fetch(basic(login, made["token"]), path) == 401
    assert fetch(basic("reader", made["token"]), path, "git-receive-pack") == 401
    assert fetch(basic("reader", made["token"]), cast.app.full_path) == 404
    packages_only = create(api, cast, cast.library, "read_package_registry", username="packer").json()
    assert fetch(basic("packer", packages_only["token"]), path) in {403, 404}


def test_packages_take_a_deploy_token_by_header_and_basic_within_its_scopes(api: Any, cast: Cast) -> None:
    writer = create(api, cast, cast.library, "write_package_registry").json()
    reader = create(api, cast, cast.library, "read_package_registry").json()
    put = by_header(writer["token"]).put(package(cast.library), b"words", content_type="application/octet-stream")
    assert put.status_code == 201
    assert Package.objects.get().project == cast.library
    for client in (by_header(reader["token"]), basic(reader["username"], reader["token"])):
        assert client.get(package(cast.library)).status_code == 200
        refused = client.put(package(cast.library), b"words", content_type="application/octet-stream")
        assert (refused.status_code, refused.json()["scope"]) == (403, "write_package_registry")
    assert basic("somebody", reader["token"]).get(package(cast.library)).status_code == 401
    assert by_header(reader["token"]).get(package(cast.app)).status_code == 404
    assert by_header(reader["token"] + "x").get(package(cast.library)).status_code == 401


def test_a_deploy_token_is_no_credential_of_the_rest_of_the_api(api: Any, cast: Cast) -> None:
    token = create(api, cast, cast.library).json()["token"]
    for headers in ({"DEPLOY-TOKEN": token}, {"PRIVATE-TOKEN": token}, {"Authorization": f"Bearer {token}"}):
        client = Api(headers=headers)
        assert client.get("/user").status_code == 401
        assert client.get(f"/projects/{cast.library.pk}").status_code in {401, 404}
        assert client.get(f"/projects/{cast.library.pk}/repository/tree").status_code in {401, 404}
        assert client.get(f"/projects/{cast.library.pk}/deploy_tokens").status_code in {401, 404}


def test_hidden_and_absent_look_the_same_to_it(api: Any, cast: Cast) -> None:
    token = create(api, cast, cast.library).json()["token"]
    hidden = by_header(token).get(package(cast.app))
    absent = by_header(token).get("/projects/99999/packages/generic/thing/1.0/thing.txt")
    assert (hidden.status_code, hidden.json()) == (absent.status_code, absent.json())


def test_a_groups_token_reaches_all_below_it(api: Any, cast: Cast) -> None:
    token = create(api, cast, cast.acme).json()
    below = projects.project("below", group=projects.group("sub", parent=cast.acme, visibility=0))
    other = projects.project("secret", group=projects.group("other"))
    client = basic(token["username"], token["token"])
    found = [fetch(client, one.full_path) for one in (cast.library, below, other)]
    assert found == [200, 200, 404]
    put = client.put(package(below), b"words", content_type="application/octet-stream")
    assert put.status_code == 201
    index = client.get(f"/groups/{cast.acme.pk}/-/packages/pypi/simple")
    assert index.status_code in {200, 404}


@pytest.mark.parametrize("moment", ["2001-01-01", "2001-01-01T10:00:00Z"])
def test_a_moment_in_the_past_is_refused(api: Any, cast: Cast, moment: str) -> None:
    assert create(api, cast, cast.library, expires_at=moment).status_code == 400


def test_a_deploy_token_ends_at_its_moment(api: Any, cast: Cast) -> None:
    made = create(api, cast, cast.library, expires_at=(timezone.now() + timedelta(days=1)).isoformat()).json()
    assert by_header(made["token"]).get(package(cast.library)).status_code == 404
    DeployToken.objects.update(expires_at=timezone.now() - timedelta(seconds=1))
    assert "expired" in by_header(made["token"]).get(package(cast.library)).json()["error_description"]
    assert api(cast.maintainer).get(f"/projects/{cast.library.pk}/deploy_tokens").json()[0]["expired"] is True


def test_who_may_not_manage_them_is_refused(api: Any, cast: Cast) -> None:
    place = f"/projects/{cast.library.pk}/deploy_tokens"
    assert api(cast.developer).get(place).status_code == 401
    assert api(cast.outsider).get(place).status_code == 404
    assert api(cast.maintainer).get("/deploy_tokens").status_code == 403
    assert create(api, cast, cast.library, "api").status_code == 400
    assert create(api, cast, cast.library, username="a b").status_code == 400


def test_jobs_are_given_the_deploy_token_named_gitlab_deploy_token(api: Any, cast: Cast) -> None:
    made = create(api, cast, cast.app, "read_repository", name="gitlab-deploy-token").json()
    assert made["token"] not in str(DeployToken.objects.values())
    runners.pipeline(cast.app, cast.developer)
    variables = {one["key"]: one for one in runners.runner(cast.app).work().payload["variables"]}
    assert variables["CI_DEPLOY_USER"]["value"] == made["username"]
    assert (variables["CI_DEPLOY_PASSWORD"]["value"], variables["CI_DEPLOY_PASSWORD"]["masked"]) == (
        made["token"],
        True,
    )
    api(cast.owner).delete(f"/projects/{cast.app.pk}/deploy_tokens/{made['id']}")
    runners.pipeline(cast.app, cast.developer, "test:\n  script: [other]\n")
    again = {one["key"] for one in runners.runner(cast.app).work().payload["variables"]}
    assert not {"CI_DEPLOY_USER", "CI_DEPLOY_PASSWORD"} & again
