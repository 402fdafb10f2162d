"""The pages of packages, as people with a browser see them."""

from __future__ import annotations

import html
import re
from typing import Any

import pytest
import yaml
from django.test import Client

from audit.models import AuditEvent
from identity.models import User
from resources.packages.formats.table import FORMATS
from resources.packages.models import Package, PackageFile
from tests.factories import people, projects
from tests.factories.cast import Cast
from tests.packages import pypi
from tokenaccess.models import AllowlistEntry
from tokenaccess.policy.levels import Role

LIST = "/acme/library/-/packages"


def browser(user: User | None = None) -> Client:
    client = Client()
    if user is not None:
        client.force_login(user)
    return client


def put(client: Any, project: Any, file: str, words: bytes = b"words") -> None:
    assert client.put(f"/projects/{project.pk}/packages/generic/{file}", words).status_code == 201


@pytest.fixture
def stored_package(cast: Cast, api: Any) -> Package:
    """`tool 1.0`, with an upload by the developer and a newer one by a job of the library."""
    put(api(cast.developer), cast.library, "tool/1.0/linux/tool.tgz", b"older")
    put(api(job=cast.job_token(cast.library)), cast.library, "tool/1.0/linux/tool.tgz", b"newer")
    return Package.objects.get()


def page(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200
    return answer.content.decode()


def commands(words: str) -> list[str]:
    """What the page's buttons copy."""
    blocks = re.findall(r'<div class="copy">.*?<code[^>]*>(.*?)</code>', words, re.DOTALL)
    return [html.unescape(re.sub(r"<[^>]+>", "", block)) for block in blocks]


def test_the_list_shows_what_there_is(cast: Cast, stored_package: Package):
    words = page(browser(cast.reporter), LIST)
    assert "1 package, 10\xa0bytes." in words
    assert f'href="{LIST}/{stored_package.pk}">tool</a>' in words
    assert f"pipeline #{PackageFile.objects.latest('pk').pipeline_id}" in words
    assert "/delete" not in words
    assert "--upload-file" not in words


def test_a_developer_sees_how_to_publish(cast: Cast):
    words = page(browser(cast.developer), LIST)
    assert "No packages yet." in words
    assert "--upload-file" in words


def test_what_publishes_and_fetches_is_pasted_into_a_ci_file_as_it_is(cast: Cast, stored_package: Package):
    shown = page(browser(cast.developer), LIST) + page(browser(cast.developer), f"{LIST}/{stored_package.pk}")
    lines = [line for block in commands(shown) for line in block.splitlines()]
    assert len(lines) > len(FORMATS)
    for line in lines:
        assert yaml.safe_load(f"- {line}") == [line]


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("q=TOO", True),
        ("q=1.0", True),
        ("q=other", False),
        ("by=job", True),
        ("by=person", False),
    ],
)
def test_the_list_is_searched(cast: Cast, stored_package: Package, query: str, found: bool):
    words = page(browser(cast.reporter), f"{LIST}?{query}&sort=largest")
    assert (f"{LIST}/{stored_package.pk}" in words) is found
    assert ("No matching packages." in words) is not found


def test_strange_queries_are_survived(cast: Cast, stored_package: Package):
    for query in ("q=%00", "page=" + "9" * 50, "page=-1", "q=" + "x" * 5000):
        page(browser(cast.reporter), f"{LIST}?{query}")


def test_the_page_of_a_package_shows_its_files_and_how_to_use_it(cast: Cast, stored_package: Package):
    Package.objects.create(project=cast.library, kind="generic", name="tool", version="0.9")
    words = page(browser(cast.reporter), f"{LIST}/{stored_package.pk}")
    assert words.count(f'href="/api/v4/projects/{cast.library.pk}/packages/generic/tool/1.0/linux/tool.tgz"') == 1
    assert words.count("Replaced</span>") == 1  # the older upload, which does not download any longer
    assert "Developer" in words
    assert "JOB-TOKEN:$CI_JOB_TOKEN" in words
    assert ">0.9</a>" in words


def test_a_file_downloads_from_the_page(cast: Cast, stored_package: Package):
    answer: Any = browser(cast.reporter).get(
        f"/api/v4/projects/{cast.library.pk}/packages/generic/tool/1.0/linux/tool.tgz"
    )
    assert answer.getvalue() == b"newer"


def test_a_hidden_projects_job_is_not_named(cast: Cast, api: Any):
    AllowlistEntry.objects.create(project=cast.library, target_project=cast.app, direction="inbound")
    put(api(job=cast.job_token()), cast.library, "tool/1.0/tool.tgz")
    reader = projects.member(people.person("reader"), cast.library, Role.REPORTER)
    package = Package.objects.get()
    for path in (LIST, f"{LIST}/{package.pk}"):
        assert "acme/<wbr>app" not in page(browser(reader), path)
        assert "a job of a project you cannot see" in page(browser(reader), path)
        assert "acme/<wbr>app" in page(browser(cast.reporter), path)


def test_a_maintainer_deletes_after_being_asked(cast: Cast, stored_package: Package):
    client = browser(cast.maintainer)
    address = f"{LIST}/{stored_package.pk}/delete"
    assert f'href="{address}"' in page(client, LIST)
    assert "Delete tool 1.0?" in page(client, address)
    assert Package.objects.exists()
    answer = client.post(address, follow=True)
    assert answer.redirect_chain == [(LIST, 302)]
    assert "tool 1.0 deleted." in answer.content.decode()
    assert not Package.objects.exists()


def test_deleting_the_newest_file_says_what_takes_its_place(cast: Cast, stored_package: Package):
    client = browser(cast.maintainer)
    newest = PackageFile.objects.latest("pk")
    address = f"{LIST}/{stored_package.pk}/files/{newest.pk}/delete"
    assert "replaces it" in page(client, address)
    client.post(address)
    assert [file.size for file in PackageFile.objects.all()] == [len(b"older")]
    older = PackageFile.objects.get()
    assert "This cannot be undone." in page(client, f"{LIST}/{stored_package.pk}/files/{older.pk}/delete")
    client.post(f"{LIST}/{stored_package.pk}/files/{older.pk}/delete")
    assert "All files of this package have been deleted." in page(client, f"{LIST}/{stored_package.pk}")


@pytest.mark.parametrize("rest", ["", "/999999", "/" + "9" * 30, "/999999/delete", "/999999/files/1/delete"])
def test_strangers_and_guests_see_nothing(cast: Cast, stored_package: Package, rest: str):
    assert browser(cast.outsider).get(LIST + rest).status_code == 404
    assert browser(cast.guest).get(LIST + rest).status_code == 403
    assert browser().get(LIST + rest).status_code == 302


def test_below_maintainer_nothing_is_deleted(cast: Cast, stored_package: Package):
    for method in ("get", "post"):
        assert getattr(browser(cast.developer), method)(f"{LIST}/{stored_package.pk}/delete").status_code == 403
    assert Package.objects.exists()


@pytest.mark.parametrize("rest", ["/999999", "/" + "9" * 30, "/999999/delete", "/1/files/999999/delete"])
def test_the_page_of_an_absent_package_is_not_found(cast: Cast, stored_package: Package, rest: str):
    assert browser(cast.maintainer).get(LIST + rest).status_code == 404


def test_the_list_costs_as_many_statements_for_many_packages_as_for_few(
    cast: Cast, api: Any, stored_package: Package, django_assert_max_num_queries: Any
):
    token = cast.job_token(cast.library)
    for number in range(8):
        put(api(job=token), cast.library, f"other/{number}/file")
    client = browser(cast.maintainer)
    with django_assert_max_num_queries(16):
        client.get(LIST)


def test_the_administration_shows_and_deletes_but_does_not_add(cast: Cast, stored_package: Package):
    client = browser(cast.admin)
    assert "tool" in page(client, "/admin/packages/package/?q=library")
    assert "linux%2Ftool.tgz" in page(client, f"/admin/packages/package/{stored_package.pk}/change/")
    assert client.get("/admin/packages/package/add/").status_code == 403
    client.post(f"/admin/packages/package/{stored_package.pk}/delete/", {"post": "yes"})
    assert not Package.objects.exists()


# --- Formats ----------------------------------------------------------------------------------------------------------


@pytest.fixture
def release(cast: Cast, api: Any) -> Package:
    """`my-pkg 1.0`, uploaded by a job of the library."""
    assert pypi.upload(api(job=cast.job_token(cast.library)), cast.library).status_code == 201
    return Package.objects.get()


def test_a_python_package_shows_its_digests_its_job_and_how_to_install_it(cast: Cast, release: Package):
    file = PackageFile.objects.get()
    words = page(browser(cast.reporter), f"{LIST}/{release.pk}")
    assert f"MD5 {file.md5}" in words
    assert f"SHA-256 {file.sha256}" in words
    assert file.job
    assert f'/acme/library/-/jobs/{file.job_id}">job {file.job.name}</a>' in words
    assert "pip install --index-url http://gitlab-ci-token:$CI_JOB_TOKEN@" in html.unescape(words).replace("<wbr>", "")
    assert "Yank release" not in words


def test_a_maintainer_yanks_a_release_and_takes_it_back(cast: Cast, release: Package, api: Any):
    client, address = browser(cast.maintainer), f"{LIST}/{release.pk}/yank"
    assert "Yank my-pkg 1.0?" in page(client, address)
    client.post(address, {"reason": "breaks on Mondays"})
    assert "breaks on Mondays" in page(client, f"{LIST}/{release.pk}")
    assert pypi.index(api(cast.reporter), cast.library)["files"][0]["yanked"] == "breaks on Mondays"
    assert "Unyank my-pkg 1.0?" in page(client, address)
    client.post(address)
    assert pypi.index(api(cast.reporter), cast.library)["files"][0]["yanked"] is False
    assert [event.event for event in AuditEvent.objects.filter(event__contains="yanked").order_by("pk")] == [
        "package_yanked",
        "package_unyanked",
    ]


def test_only_a_maintainer_yanks_and_only_what_can_be(cast: Cast, release: Package, api: Any):
    assert browser(cast.developer).post(f"{LIST}/{release.pk}/yank").status_code == 403
    put(api(cast.developer), cast.library, "tool/1.0/tool.tgz")
    tool = Package.objects.get(kind="generic")
    assert browser(cast.maintainer).get(f"{LIST}/{tool.pk}/yank").status_code == 404


def test_a_maven_package_shows_how_to_resolve_it(cast: Cast, api: Any):
    path = f"/projects/{cast.library.pk}/packages/maven/com/acme/app/1.0/app-1.0.jar"
    assert api(cast.developer).put(path, b"jar").status_code == 200
    words = html.unescape(page(browser(cast.reporter), f"{LIST}/{Package.objects.get().pk}")).replace("<wbr>", "")
    assert "-Dartifact=com.acme:app:1.0" in words
    assert "SHA-512" in words
