"""The packages API: lists, one package, its files, deleting (resources.md §2.5)."""

from __future__ import annotations

from typing import Any

import pytest

from audit.models import AuditEvent
from blobs.models import Blob
from blobs.store import collect_garbage
from jobs.models import Pipeline
from projects import services as project_services
from projects.models import Project
from resources.packages.models import Package, PackageFile
from tests.factories import people, projects
from tests.factories.cast import Cast
from tokenaccess.access.gate import permitted_ids
from tokenaccess.access_log import buffer
from tokenaccess.models import AllowlistEntry
from tokenaccess.policy import Action
from tokenaccess.policy.levels import FeatureLevel, Role, Visibility

KEYS = {
    "id", "name", "version", "package_type", "status", "_links", "created_at", "last_downloaded_at", "tags",
    "pipelines", "versions",
}  # fmt: skip


def put(client: Any, project: Project, file: str, words: bytes = b"words", query: str = "") -> None:
    answer = client.put(f"/projects/{project.pk}/packages/generic/{file}{query}", words)
    assert answer.status_code == 201, answer.content


@pytest.fixture
def stored_packages(cast: Cast, api: Any) -> None:
    """`tool` in two versions, `app-kit`, and a hidden `secret`, all in the library."""
    client = api(cast.developer)
    for file in ("tool/1.0/tool.tgz", "tool/2.0/tool.tgz", "app-kit/0.1/kit.zip"):
        put(client, cast.library, file, file.encode())
    put(client, cast.library, "secret/1.0/file", query="?status=hidden")


def names(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [f"{package['name']} {package['version']}" for package in answer.json()]


def listed_names(client: Any, project: Project, query: str = "") -> list[str]:
    return names(client.get(f"/projects/{project.pk}/packages{query}"))


# --- Lists ------------------------------------------------------------------------------------------------------------


def test_a_reporter_lists_what_is_not_hidden(cast: Cast, api: Any, stored_packages: None):
    answer = api(cast.reporter).get(f"/projects/{cast.library.pk}/packages")
    assert names(answer) == ["tool 1.0", "tool 2.0", "app-kit 0.1"]
    first = answer.json()[0]
    assert first.keys() == KEYS
    assert first["package_type"] == "generic"
    assert first["_links"] == {"web_path": f"/acme/library/-/packages/{first['id']}"}
    assert answer["X-Total"] == "3"


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?package_name=TOO", ["tool 1.0", "tool 2.0"]),
        ("?package_version=2.0", ["tool 2.0"]),
        ("?status=hidden", ["secret 1.0"]),
        ("?package_type=generic&include_versionless=true", ["tool 1.0", "tool 2.0", "app-kit 0.1"]),
        ("?package_type=npm", []),
        ("?status=error", []),
        ("?order_by=name", ["app-kit 0.1", "tool 1.0", "tool 2.0"]),
        ("?order_by=version&sort=desc", ["tool 2.0", "tool 1.0", "app-kit 0.1"]),
        ("?order_by=created_at&sort=desc", ["app-kit 0.1", "tool 2.0", "tool 1.0"]),
        ("?per_page=1&page=2", ["tool 2.0"]),
    ],
)
def test_lists_are_filtered_and_ordered(cast: Cast, api: Any, stored_packages: None, query: str, found: list[str]):
    assert listed_names(api(cast.reporter), cast.library, query) == found


@pytest.mark.one_case
@pytest.mark.parametrize("parameter", ["package_type", "status", "order_by", "sort"])
def test_an_unknown_choice_is_refused(cast: Cast, api: Any, parameter: str):
    answer = api(cast.reporter).get(f"/projects/{cast.library.pk}/packages?{parameter}=nonsense")
    assert (answer.status_code, answer.json()) == (400, {"error": f"{parameter} does not have a valid value"})


def test_a_job_lists_what_it_may_access_in_few_statements(
    cast: Cast, api: Any, stored_packages: None, monkeypatch: Any, django_assert_num_queries: Any
):
    monkeypatch.setattr(buffer, "record_use", lambda access: None)  # written by a thread of its own
    client = api(job=cast.job_token())
    assert client.get(f"/projects/{cast.library.pk}/packages").status_code == 404
    AllowlistEntry.objects.create(project=cast.library, target_project=cast.app, direction="inbound")
    with django_assert_num_queries(4):  # the check; the count, the page, its uploads
        assert len(listed_names(client, cast.library)) == 3


# --- One --------------------------------------------------------------------------------------------------------------


def test_a_package_names_its_other_versions(cast: Cast, api: Any, stored_packages: None):
    package = Package.objects.get(version="2.0")
    body = api(cast.maintainer).get(f"/projects/{cast.library.pk}/packages/{package.pk}").json()
    assert [version["version"] for version in body["versions"]] == ["1.0"]
    address = f"http://testserver/api/v4/projects/{cast.library.pk}/packages/{package.pk}"
    assert body["_links"]["delete_api_path"] == address


def test_the_files_of_a_package_are_listed(cast: Cast, api: Any, stored_packages: None):
    package = Package.objects.get(version="2.0")
    put(api(cast.developer), cast.library, "tool/2.0/more.txt")
    files = api(cast.reporter).get(f"/projects/{cast.library.pk}/packages/{package.pk}/package_files").json()
    assert [file["file_name"] for file in files] == ["tool.tgz", "more.txt"]
    assert files[0].keys() == {
        "id", "package_id", "created_at", "file_name", "size", "file_md5", "file_sha1", "file_sha256", "pipelines",
    }  # fmt: skip


def test_the_pipeline_of_the_job_that_stored_it_is_named(cast: Cast, api: Any):
    put(api(job=cast.job_token(cast.library)), cast.library, "tool/1.0/tool.tgz")
    body = api(cast.reporter).get(f"/projects/{cast.library.pk}/packages").json()[0]
    pipeline = Pipeline.objects.get()
    assert body["pipeline"] == body["pipelines"][0]
    assert (body["pipeline"]["id"], body["pipeline"]["user"]["username"]) == (pipeline.pk, "developer")
    assert body["pipeline"]["web_url"] == f"http://testserver/acme/library/-/pipelines/{pipeline.pk}"


def test_a_pipeline_of_a_hidden_project_is_not_named(cast: Cast, api: Any):
    AllowlistEntry.objects.create(project=cast.library, target_project=cast.app, direction="inbound")
    put(api(job=cast.job_token()), cast.library, "tool/1.0/tool.tgz")
    reader = projects.member(people.person("reader"), cast.library, Role.REPORTER)
    for client, seen in ((api(reader), 0), (api(cast.reporter), 1)):
        body = client.get(f"/projects/{cast.library.pk}/packages").json()[0]
        assert len(body["pipelines"]) == seen
        assert ("pipeline" in body) is bool(seen)


@pytest.mark.parametrize(
    ("number", "status", "body"),
    [
        ("0", 404, {"message": "404 Not found"}),
        ("999999", 404, {"message": "404 Not found"}),
        ("9" * 40, 404, {"message": "404 Not found"}),
        ("nonsense", 400, {"error": "package_id is invalid"}),
        ("-1", 400, {"error": "package_id is invalid"}),
        ("٣", 400, {"error": "package_id is invalid"}),
    ],
)
def test_an_id_that_names_nothing(cast: Cast, api: Any, stored_packages: None, number: str, status: int, body: Any):
    client = api(cast.maintainer)
    for address in (number, f"{number}/package_files"):
        answer = client.get(f"/projects/{cast.library.pk}/packages/{address}")
        assert (answer.status_code, answer.json()) == (status, body)
    assert client.delete(f"/projects/{cast.library.pk}/packages/{number}").status_code == status


def test_the_package_of_another_project_is_not_found(cast: Cast, api: Any, stored_packages: None):
    package = Package.objects.first()
    assert package is not None
    assert api(cast.maintainer).get(f"/projects/{cast.app.pk}/packages/{package.pk}").status_code == 404
    assert api(cast.maintainer).delete(f"/projects/{cast.app.pk}/packages/{package.pk}").status_code == 404


# --- Deleting ---------------------------------------------------------------------------------------------------------


def test_a_maintainer_deletes_a_package_with_its_files(
    cast: Cast, api: Any, stored_packages: None, django_capture_on_commit_callbacks: Any
):
    package = Package.objects.get(name="tool", version="1.0")
    path = Blob.objects.get(package_files__package=package).path
    address = f"/projects/{cast.library.pk}/packages/{package.pk}"
    assert api(cast.developer).delete(address).status_code == 403
    assert path.exists()
    with django_capture_on_commit_callbacks(execute=True):
        answer = api(cast.maintainer).delete(address)
    assert (answer.status_code, answer.content) == (204, b"")
    assert not Package.objects.filter(pk=package.pk).exists()
    collect_garbage()
    assert not path.exists()
    assert AuditEvent.objects.filter(event="package_deleted").count() == 1


def test_deleting_the_newest_upload_brings_the_older_one_back(
    cast: Cast, api: Any, stored_packages: None, django_capture_on_commit_callbacks: Any
):
    put(api(cast.developer), cast.library, "tool/1.0/tool.tgz", b"worse")
    newest = PackageFile.objects.latest("pk")
    address = f"/projects/{cast.library.pk}/packages/{newest.package_id}/package_files/{newest.pk}"
    assert api(cast.developer).delete(address).status_code == 403
    with django_capture_on_commit_callbacks(execute=True):
        assert api(cast.maintainer).delete(address).status_code == 204
    assert api(cast.maintainer).delete(address).status_code == 404
    answer: Any = api(cast.reporter).get(f"/projects/{cast.library.pk}/packages/generic/tool/1.0/tool.tgz")
    assert answer.getvalue() == b"tool/1.0/tool.tgz"


def test_deleting_a_package_keeps_bytes_that_another_package_shares(
    cast: Cast, api: Any, stored_packages: None, django_capture_on_commit_callbacks: Any
):
    put(api(cast.developer), cast.app, "copy/1/file", b"tool/1.0/tool.tgz")
    package = Package.objects.get(name="tool", version="1.0")
    with django_capture_on_commit_callbacks(execute=True):
        api(cast.maintainer).delete(f"/projects/{cast.library.pk}/packages/{package.pk}")
    answer: Any = api(cast.reporter).get(f"/projects/{cast.app.pk}/packages/generic/copy/1/file")
    assert answer.getvalue() == b"tool/1.0/tool.tgz"


def test_a_maintainers_job_deletes_where_it_is_admitted(cast: Cast, api: Any, stored_packages: None):
    package = Package.objects.get(name="tool", version="1.0")
    address = f"/projects/{cast.library.pk}/packages/{package.pk}"
    client = api(job=cast.job_token(user=cast.maintainer))
    assert client.delete(address).status_code == 404
    AllowlistEntry.objects.create(project=cast.library, target_project=cast.app, direction="inbound")
    assert client.get(address).json()["_links"]["delete_api_path"]
    assert client.delete(address).status_code == 204


# --- Of a group -------------------------------------------------------------------------------------------------------


def test_a_group_lists_what_the_caller_may_read_below_it(cast: Cast, api: Any, stored_packages: None):
    site = projects.project("site", group=cast.acme, by=cast.owner, visibility=Visibility.PUBLIC)
    inner = projects.group("inner", parent=cast.acme, by=cast.owner)
    deep = projects.project("deep", group=inner, by=cast.owner)
    for project in (site, deep):
        put(api(cast.owner), project, "page/1/file")
    address = f"/groups/{cast.acme.pk}/packages"
    assert names(api(cast.reporter).get(address)) == ["tool 1.0", "tool 2.0", "app-kit 0.1", "page 1"]
    assert names(api(cast.owner).get(f"{address}?package_name=page")) == ["page 1", "page 1"]
    assert names(api(cast.owner).get(f"{address}?package_name=page&exclude_subgroups=true")) == ["page 1"]
    assert names(api().get(address)) == ["page 1"]
    body = api(cast.owner).get(f"{address}?order_by=project_path").json()
    assert body[0]["project_path"] == "acme/inner/deep"
    assert body[0]["project_id"] == deep.pk


def test_a_group_ignores_a_jobs_token(cast: Cast, api: Any, stored_packages: None):
    assert names(api(job=cast.job_token(cast.library)).get(f"/groups/{cast.acme.pk}/packages")) == []


@pytest.mark.parametrize("package_level", FeatureLevel)
@pytest.mark.parametrize("visibility", Visibility)
def test_lists_agree_with_the_decision(cast: Cast, visibility: Visibility, package_level: FeatureLevel):
    """One project of each kind, looked at by everybody: the list's rule and the policy's are the same."""
    group = projects.group("world", by=cast.owner, visibility=Visibility.PUBLIC)
    place = projects.project("place", group=group, by=cast.owner, visibility=visibility)
    project_services.update_project(place, by=cast.owner, package_registry_access_level=package_level)
    Package.objects.create(project=place, kind="generic", name="thing", version="1")
    looking = [None, cast.outsider, cast.owner, cast.admin, people.person("external", is_external=True)]
    for role in (Role.GUEST, Role.REPORTER, Role.DEVELOPER):
        looking.append(projects.member(people.person(f"world{role}"), place, role))
    for user in looking:
        by_list = Package.objects.filter(project=place).readable_by(user).exists()
        assert by_list is (place.pk in permitted_ids(user, Action.READ_PACKAGES, [place])), user


# --- Filters, pipelines and tags --------------------------------------------------------------------------------------


@pytest.mark.parametrize("place", ["/projects/{project}/packages", "/groups/{group}/packages"])
def test_an_unknown_filter_is_refused_by_its_name(cast: Cast, api: Any, place: str):
    address = place.format(project=cast.library.pk, group=cast.acme.pk)
    answer = api(cast.owner).get(f"{address}?package_nmae=tool")
    assert (answer.status_code, answer.json()) == (400, {"error": "package_nmae is not supported"})


def test_the_pipelines_of_a_package_are_listed(cast: Cast, api: Any):
    put(api(job=cast.job_token(cast.library)), cast.library, "tool/1.0/tool.tgz")
    package, pipeline = Package.objects.get(), Pipeline.objects.get()
    address = f"/projects/{cast.library.pk}/packages/{package.pk}/pipelines"
    (row,) = api(cast.reporter).get(address).json()
    assert (row["id"], row["ref"], row["user"]["username"]) == (pipeline.pk, pipeline.ref, "developer")
    assert api(cast.reporter).get(f"{address}?x=1").status_code == 400
    assert api(cast.guest).get(address).status_code == 404


def test_pipelines_of_other_projects_are_listed_for_those_who_may_see_them(cast: Cast, api: Any):
    AllowlistEntry.objects.create(project=cast.library, target_project=cast.app, direction="inbound")
    put(api(job=cast.job_token()), cast.library, "tool/1.0/tool.tgz")
    address = f"/projects/{cast.library.pk}/packages/{Package.objects.get().pk}/pipelines"
    reader = projects.member(people.person("reader"), cast.library, Role.REPORTER)
    assert [len(api(person).get(address).json()) for person in (reader, cast.reporter)] == [0, 1]


def test_the_pipelines_of_a_package_take_a_permission_of_their_own(cast: Cast, api: Any):
    put(api(cast.developer), cast.library, "tool/1.0/tool.tgz")
    address = f"/projects/{cast.library.pk}/packages/{Package.objects.get().pk}/pipelines"
    entry = AllowlistEntry.objects.create(
        project=cast.library,
        target_project=cast.app,
        direction="inbound",
        default_permissions=False,
        permissions=["read_packages"],
    )
    refused = api(job=cast.job_token()).get(address)
    assert refused.status_code == 403
    assert "read_pipelines" in refused.json()["message"]
    entry.permissions = ["read_packages", "read_pipelines"]
    entry.save()
    assert api(job=cast.job_token()).get(address).status_code == 200
