"""Terraform modules over HTTP: upload, download, the registry (resources.md §8.3)."""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from django.core import signing
from django.test import Client

from jobs.models import Job
from resources.packages.formats.terraform import tickets
from resources.packages.models import Package, PackageFile
from tests.factories import projects
from tests.factories.cast import Cast
from tests.support.at_once import at_once
from tests.support.response_schema import CheckedClient
from tokenaccess.models import AllowlistEntry

ARCHIVE = b"what tar and gzip made"
REGISTRY = "/packages/terraform/modules/v1/acme"


def module_at(project: Any, version: str = "1.0.0", name: str = "net/aws") -> str:
    return f"/projects/{project.pk}/packages/terraform/modules/{name}/{version}"


def put(client: Any, project: Any, version: str = "1.0.0", name: str = "net/aws", data: bytes = ARCHIVE) -> Any:
    return client.put(f"{module_at(project, version, name)}/file", data)


@pytest.fixture
def published_versions(cast: Cast, api: Any) -> None:
    for version in ("1.0.0", "1.10.0", "2.0.0-beta"):
        assert put(api(cast.developer), cast.library, version).status_code == 201


@pytest.fixture
def app_entry(cast: Cast) -> AllowlistEntry:
    return AllowlistEntry.objects.create(project=cast.library, target_project=cast.app, direction="inbound")


# --- At a project -----------------------------------------------------------------------------------------------------


def test_a_job_uploads_a_module(cast: Cast, api: Any, app_entry: AllowlistEntry):
    answer = put(api(job=cast.job_token()), cast.library)
    assert (answer.status_code, answer.json()) == (201, {"message": "201 Created"})
    package, file = Package.objects.get(), PackageFile.objects.get()
    assert (package.kind, package.name, package.version) == ("terraform_module", "net/aws", "1.0.0")
    assert (file.name, file.pipeline) == ("net-aws-1.0.0.tgz", Job.objects.get().pipeline)


def test_only_developers_upload(cast: Cast, api: Any):
    assert put(api(cast.reporter), cast.library).status_code == 403
    assert put(api(job=cast.job_token()), cast.library).status_code == 404


def test_a_module_version_is_uploaded_once(cast: Cast, api: Any, published_versions: None):
    answer = put(api(cast.developer), cast.library)
    assert answer.status_code == 403
    assert answer.json() == {"message": "403 Forbidden - A module with that name and version already exists"}


def test_a_module_has_one_project_in_its_namespace(cast: Cast, api: Any, published_versions: None):
    answer = put(api(cast.developer), cast.app)
    assert answer.status_code == 403
    assert answer.json() == {"message": "403 Forbidden - A module with that name already exists in the namespace"}
    elsewhere = projects.project("else", group=projects.group("else", by=cast.owner), by=cast.owner)
    assert put(api(cast.owner), elsewhere).status_code == 201


def test_a_name_taken_in_a_hidden_project_is_not_shown(cast: Cast, api: Any):
    hidden = projects.project("hidden", group=cast.acme, by=cast.owner)
    assert put(api(cast.owner), hidden, "1.0.0").status_code == 201
    assert put(api(cast.developer), cast.library, "9.0.0").status_code == 201
    for person, versions in ((cast.owner, {"1.0.0"}), (cast.developer, {"9.0.0"})):
        found = api(person).get(f"{REGISTRY}/net/aws/versions").json()["modules"][0]["versions"]
        assert {version["version"] for version in found} == versions
    assert put(api(job=cast.job_token(cast.app, cast.owner)), cast.app).status_code == 201


@pytest.mark.django_db(transaction=True)
def test_of_two_projects_at_once_one_gets_the_name(cast: Cast, api: Any):
    answers, failed = at_once(*[partial(put, api(cast.developer), one) for one in (cast.library, cast.app)])
    assert not failed
    assert sorted(answer.status_code for answer in answers) == [201, 403]


@pytest.mark.one_case
@pytest.mark.parametrize(
    ("name", "version", "wrong"),
    [
        ("Net/aws", "1.0.0", "module_name"),
        ("n_t/aws", "1.0.0", "module_name"),
        ("n" * 65 + "/aws", "1.0.0", "module_name"),
        ("net/a.s", "1.0.0", "module_system"),
        ("net/aws", "1.0", "module_version"),
        ("net/aws", "v1.0.0", "module_version"),
    ],
)
def test_a_wrong_module_name_is_refused(cast: Cast, api: Any, name: str, version: str, wrong: str):
    answer = put(api(cast.developer), cast.library, version, name)
    assert (answer.status_code, answer.json()) == (400, {"error": f"{wrong} is invalid"})


def test_a_module_over_the_limit_is_refused(cast: Cast, api: Any, settings: Any):
    settings.TERRAFORM_MODULE_BYTES = 5
    assert put(api(cast.developer), cast.library).status_code == 413


def test_a_module_is_downloaded_from_its_project(cast: Cast, api: Any, published_versions: None):
    client, address = api(cast.reporter), module_at(cast.library, "1.10.0")
    assert client.get(address).content == ARCHIVE
    answer = client.get(f"{address}?terraform-get=1")
    assert answer.status_code == 204
    assert answer["X-Terraform-Get"] == f"http://testserver/api/v4{address}?archive=tgz"
    assert client.get(f"{address}?archive=tgz").content == ARCHIVE
    assert client.get(f"{address}?archive=zip").status_code == 400
    latest = client.get(address.rpartition("/")[0] + "?terraform-get=1")
    assert (latest.status_code, latest["Location"]) == (302, f"/api/v4{address}?terraform-get=1")


def test_an_absent_module_is_not_found(cast: Cast, api: Any, published_versions: None):
    for version in ("3.0.0", "a%00b"):
        answer = api(cast.reporter).get(module_at(cast.library, version))
        assert (answer.status_code, answer.json()) == (404, {"error": "No version found for net/aws module"})
    assert api(cast.reporter).get(module_at(cast.app, "1.0.0").rpartition("/")[0]).status_code == 404


# --- The registry -----------------------------------------------------------------------------------------------------


def test_terraform_discovers_the_registry(client: CheckedClient):
    answer = client.get("/.well-known/terraform.json")
    assert answer.json() == {"modules.v1": "/api/v4/packages/terraform/modules/v1/"}


def test_the_versions_of_a_module_are_listed(cast: Cast, api: Any, published_versions: None):
    (module,) = api(cast.reporter).get(f"{REGISTRY}/net/aws/versions").json()["modules"]
    assert [row["version"] for row in module["versions"]] == ["1.0.0", "1.10.0", "2.0.0-beta"]
    assert module["source"] == "http://testserver/acme/library"


def test_a_job_finds_a_module_in_three_statements(
    cast: Cast,
    api: Any,
    published_versions: None,
    app_entry: AllowlistEntry,
    later_log: None,
    django_assert_num_queries: Any,
):
    client = api(job=cast.job_token())
    with django_assert_num_queries(3):  # the job, the projects with all that is asked of them, the versions
        assert client.get(f"{REGISTRY}/net/aws/versions").status_code == 200
    with django_assert_num_queries(3):
        assert client.get(f"{REGISTRY}/no/aws/versions").status_code == 404
    address = ticket_address(client)
    with django_assert_num_queries(1):  # the check with the file
        assert api().get(address).status_code == 200


def test_the_highest_version_is_the_latest(cast: Cast, api: Any, published_versions: None):
    assert api(cast.reporter).get(f"{REGISTRY}/net/aws").json()["version"] == "1.10.0"
    assert api(cast.reporter).get(f"{REGISTRY}/net/aws/1.0.0").json()["version"] == "1.0.0"
    answer = api(cast.reporter).get(f"{REGISTRY}/net/aws/download")
    assert (answer.status_code, answer["Location"]) == (302, f"/api/v4{REGISTRY}/net/aws/1.10.0/download")


def ticket_address(client: Any, version: str = "1.0.0") -> str:
    answer = client.get(f"{REGISTRY}/net/aws/{version}/download")
    assert answer.status_code == 204
    return str(answer["X-Terraform-Get"])


def test_an_archive_is_downloaded_with_the_ticket_alone(
    cast: Cast, api: Any, published_versions: None, app_entry: AllowlistEntry
):
    for client in (api(cast.reporter), api(job=cast.job_token())):
        address = ticket_address(client)
        assert address.endswith("&archive=tgz")
        assert CheckedClient().get(address).content == ARCHIVE


def test_a_ticket_is_worth_what_its_holder_may_do_when_it_is_used(
    cast: Cast, api: Any, published_versions: None, app_entry: AllowlistEntry
):
    address = ticket_address(api(job=cast.job_token()))
    app_entry.delete()
    assert CheckedClient().get(address).status_code == 404
    app_entry.save()
    assert CheckedClient().get(address).status_code == 200
    Job.objects.update(status="success")
    assert CheckedClient().get(address).status_code == 401
    address = ticket_address(api(cast.reporter))
    cast.reporter.is_active = False
    cast.reporter.save()
    assert CheckedClient().get(address).status_code == 403


def test_a_ticket_is_for_one_project_and_for_a_short_time(
    cast: Cast, api: Any, published_versions: None, monkeypatch: pytest.MonkeyPatch
):
    assert put(api(cast.developer), cast.app, name="other/aws").status_code == 201
    address = ticket_address(api(cast.reporter))
    assert CheckedClient().get(address.replace("net/aws", "other/aws")).status_code == 404
    for forged in ("", signing.dumps({"project": cast.library.pk})):
        refused = CheckedClient().get(f"/api/v4{REGISTRY}/net/aws/1.0.0/file?token={forged}")
        assert (refused.status_code, refused.json()) == (401, {"message": "401 Unauthorized"})
    monkeypatch.setattr(tickets, "MAX_AGE", -1)
    assert CheckedClient().get(address).status_code == 401


def test_a_module_of_a_hidden_project_looks_absent(cast: Cast, api: Any, published_versions: None):
    """The outsider is refused by role, the job by the library's allowlist."""
    for client in (api(cast.outsider), api(job=cast.job_token())):
        for path in ("versions", "1.0.0", "1.0.0/download", "download"):
            hidden = client.get(f"{REGISTRY}/net/aws/{path}")
            absent = client.get(f"{REGISTRY}/nat/aws/{path}")
            assert hidden.status_code == absent.status_code == 404
            assert hidden.json() == {"error": "No version found for net/aws module"}
            assert absent.json() == {"error": "No version found for nat/aws module"}


def test_a_visitor_is_asked_for_a_credential(cast: Cast, published_versions: None):
    for name in ("net", "absent"):
        answer = CheckedClient().get(f"/api/v4{REGISTRY}/{name}/aws/versions")
        assert (answer.status_code, answer["WWW-Authenticate"]) == (401, 'Basic realm="GitLab Packages Registry"')


@pytest.mark.parametrize("path", ["Net/aws/versions", "net/aws/9.9.9", "a%00b/aws/versions", "net/aws/9.9.9/download"])
def test_what_can_be_no_module_is_not_found(cast: Cast, api: Any, published_versions: None, path: str):
    assert api(cast.reporter).get(f"{REGISTRY}/{path}").status_code == 404


def test_the_page_says_where_a_module_is_named(cast: Cast, published_versions: None, client: Client):
    client.force_login(cast.reporter)
    package = Package.objects.get(version="1.0.0")
    page = client.get(f"/acme/library/-/packages/{package.pk}").content.decode()
    assert "Terraform module · published" in " ".join(page.split())
    assert "Add this to the Terraform configuration" in page
    assert "<code>script</code>" not in page
