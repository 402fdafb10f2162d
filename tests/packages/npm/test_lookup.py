"""npm packages below a group and on the whole instance (resources.md §2.3)."""

from __future__ import annotations

from typing import Any

import pytest

from tests.factories.cast import Cast
from tests.packages.npm.publications import base, publish
from tests.support.response_schema import CheckedClient
from tokenaccess.models import AllowlistEntry


def places(cast: Cast) -> list[str]:
    return [f"/groups/{cast.acme.pk}/-/packages/npm", "/packages/npm"]


def test_a_package_is_found_in_its_group_and_by_its_scope(cast: Cast, api: Any, published_versions: None):
    for place in places(cast):
        document = api(cast.reporter).get(f"{place}/@acme%2fdemo").json()
        tarball = document["versions"]["1.0.0"]["dist"]["tarball"]
        assert tarball == f"http://testserver/api/v4{base(cast.library)}/@acme/demo/-/@acme/demo-1.0.0.tgz"
        assert api(cast.reporter).get(f"{place}/-/package/@acme%2fdemo/dist-tags").json() == {"latest": "1.1.0"}
        assert api(cast.reporter).post(f"{place}/-/npm/v1/security/audits/quick", {}).json() == {}


def test_of_two_projects_the_one_that_published_first_counts(cast: Cast, api: Any, published_versions: None):
    publish(api(cast.developer), cast.app, "1.0.0", "3.0.0")
    document = api(cast.reporter).get(f"{places(cast)[0]}/@acme%2fdemo").json()
    projects = {version: row["dist"]["tarball"].split("/")[6] for version, row in document["versions"].items()}
    assert projects == {"1.0.0": str(cast.library.pk), "1.1.0": str(cast.library.pk), "3.0.0": str(cast.app.pk)}
    assert document["dist-tags"] == {"latest": "1.1.0"}


def test_a_job_finds_what_it_is_allowed_to_read(cast: Cast, api: Any, published_versions: None):
    client = api(job=cast.job_token())
    for place in places(cast):
        hidden, absent = client.get(f"{place}/@acme%2fdemo"), client.get(f"{place}/@acme%2fnothing")
        assert (hidden.status_code, hidden.content) == (absent.status_code, absent.content)
        assert hidden.json()["error"] == "Packages not found"
    AllowlistEntry.objects.create(project=cast.library, target_project=cast.app, direction="inbound")
    for place in places(cast):
        assert client.get(f"{place}/@acme%2fdemo").status_code == 200


@pytest.mark.parametrize("name", ["demo", "@other%2fdemo", "@acme%2fde%20mo", "@acme%2fa%00b"])
def test_the_instance_has_nothing_without_the_right_scope(cast: Cast, api: Any, published_versions: None, name: str):
    publish(api(cast.developer), cast.library, "1.0.0", name="demo")
    assert api(cast.reporter).get(f"/packages/npm/{name}").status_code == 404


def test_a_visitor_who_finds_nothing_is_asked_to_sign_in(cast: Cast, published_versions: None):
    for name in ("demo", "nothing"):
        assert CheckedClient().get(f"/api/v4/packages/npm/@acme%2f{name}").status_code == 401
