"""The index of a group: all Python packages below it, project by project as the gate allows (resources.md §2.2)."""

from __future__ import annotations

from typing import Any

import orjson
import pytest
from django.test import Client

from projects.models import Project
from tests.factories import projects
from tests.factories.cast import Cast
from tests.packages.pypi import JSON, SHA256, WHEEL, upload
from tests.support.wheels import wheel
from tokenaccess.access_log import buffer
from tokenaccess.models import AllowlistEntry, RefusalRecord
from tokenaccess.policy.levels import Visibility

SIMPLE = "/groups/acme/-/packages/pypi/simple"


@pytest.fixture(autouse=True)
def hidden_kit(cast: Cast, api: Any) -> Project:
    """The same name in two projects: 1.0 in the library and 2.0 in the kit, which is listed nowhere."""
    kit = projects.project("kit", group=cast.acme, by=cast.owner)
    assert upload(api(cast.developer), cast.library).status_code == 201
    assert upload(api(cast.owner), kit, wheel("My.Pkg", "2.0"), version="2.0").status_code == 201
    return kit


@pytest.fixture
def app_entry(cast: Cast) -> AllowlistEntry:
    return AllowlistEntry.objects.create(project=cast.library, target_project=cast.app, direction="inbound")


def versions(client: Any, name: str = "my-pkg") -> list[str]:
    answer = client.get(f"{SIMPLE}/{name}/", headers={"Accept": JSON})
    assert answer.status_code == 200, answer.content
    found: list[str] = orjson.loads(answer.content)["versions"]
    return found


def test_people_find_what_they_may_read(cast: Cast, api: Any):
    assert versions(api(cast.owner)) == ["1.0", "2.0"]
    assert versions(api(cast.reporter)) == ["1.0"]
    answer = api(cast.reporter).get(f"{SIMPLE}/", headers={"Accept": JSON})
    assert orjson.loads(answer.content)["projects"] == [{"name": "my-pkg"}]


def test_a_guest_finds_no_package(cast: Cast, api: Any):
    answer = api(cast.guest).get(f"{SIMPLE}/my-pkg/")
    assert (answer.status_code, answer.json()) == (404, {"message": "404 Package Not Found"})


def test_a_job_finds_what_lists_its_project(cast: Cast, api: Any, app_entry: AllowlistEntry):
    client = api(job=cast.job_token(user=cast.owner))
    assert versions(client) == ["1.0"]
    app_entry.delete()
    assert client.get(f"{SIMPLE}/my-pkg/").status_code == 404


def test_a_job_finds_what_lists_its_group(cast: Cast, api: Any, hidden_kit: Project):
    AllowlistEntry.objects.create(project=hidden_kit, target_group=cast.acme, direction="inbound")
    assert versions(api(job=cast.job_token(user=cast.owner))) == ["2.0"]
    assert api(job=cast.job_token()).get(f"{SIMPLE}/my-pkg/").status_code == 404  # the developer has no role there


def test_the_uses_of_a_token_are_recorded_per_project(
    cast: Cast, api: Any, app_entry: AllowlistEntry, monkeypatch: pytest.MonkeyPatch
):
    uses: list[Any] = []
    monkeypatch.setattr(buffer, "record_use", uses.append)
    versions(api(job=cast.job_token(user=cast.owner)))
    assert [use.facts.target.id for use in uses if use.action.name == "READ_PACKAGES"] == [cast.library.pk]


def test_the_log_takes_no_group_for_a_project(cast: Cast, api: Any, app_entry: AllowlistEntry):
    versions(api(job=cast.job_token(user=cast.owner)))
    other = projects.group("other", by=cast.outsider, visibility=Visibility.PRIVATE)
    assert api(job=cast.job_token()).get(f"/groups/{other.pk}/-/packages/pypi/simple/x/").status_code == 404
    buffer.write()


def test_the_statements_do_not_depend_on_the_number_of_projects(
    cast: Cast, api: Any, app_entry: AllowlistEntry, django_assert_num_queries: Any, monkeypatch: Any
):
    monkeypatch.setattr(buffer, "record_use", lambda access: None)
    for number in range(5):
        more = projects.project(f"more{number}", group=cast.acme, by=cast.owner)
        upload(api(cast.owner), more, wheel("My.Pkg", f"3.{number}"), version=f"3.{number}")
    token = cast.job_token(user=cast.owner)
    assert versions(api(job=token)) == ["1.0"]
    with django_assert_num_queries(4):  # the job, the group, the projects with all that is asked of them, the files
        assert versions(api(job=token)) == ["1.0"]


def test_a_file_of_one_project_is_not_replaced_by_another(cast: Cast, api: Any, hidden_kit: Project):
    assert upload(api(cast.owner), hidden_kit, wheel("My.Pkg", "1.0", "Requires-Python: >=3.9")).status_code == 201
    answer = api(cast.owner).get(f"{SIMPLE}/my-pkg/", headers={"Accept": JSON})
    first = orjson.loads(answer.content)["files"][0]
    assert (first["filename"], first["hashes"]["sha256"]) == (WHEEL.file_name, SHA256)


def test_a_files_address_below_the_group_leads_to_its_project(cast: Cast, api: Any, app_entry: AllowlistEntry):
    address = f"/groups/acme/-/packages/pypi/files/{SHA256}/{WHEEL.file_name}"
    answer = api(job=cast.job_token()).get(address)
    assert answer.status_code == 302
    assert answer["Location"] == f"/api/v4/projects/{cast.library.pk}/packages/pypi/files/{SHA256}/{WHEEL.file_name}"
    assert api(job=cast.job_token()).get(address.replace("1.0", "1.1")).status_code == 404
    app_entry.delete()
    assert api(job=cast.job_token()).get(address).status_code == 404


def test_a_hidden_group_looks_absent(cast: Cast, api: Any):
    projects.group("hidden", by=cast.outsider, visibility=Visibility.PRIVATE)
    job = api(job=cast.job_token())
    there, nowhere = (job.get(f"/groups/{path}/-/packages/pypi/simple/my-pkg/") for path in ("hidden", "nothing"))
    assert there.content == nowhere.content == b'{"message":"404 Group Not Found"}'
    assert there.status_code == nowhere.status_code == 404


def test_a_search_that_is_refused_says_why_to_those_who_may_know(
    cast: Cast, api: Any, client: Client, app_entry: AllowlistEntry
):
    """With or without such a package: only the server can read of which project the id is."""
    app_entry.delete()
    job = api(job=cast.job_token(user=cast.owner))
    refused, absent = (job.get(f"{SIMPLE}/{name}/") for name in ("my-pkg", "no-such"))
    assert (refused.status_code, refused.content) == (absent.status_code, absent.content)
    assert len(refused["X-Access-Reason"]) == len(absent["X-Access-Reason"])
    assert dict.fromkeys(refused.headers) == dict.fromkeys(absent.headers)
    client.force_login(cast.maintainer)
    shown = client.get(f"/-/access_reasons/{refused['X-Access-Reason']}")
    assert b"acme/library" in shown.content
    unknown = client.get(f"/-/access_reasons/{absent['X-Access-Reason']}")
    assert b"acme/library" not in unknown.content


def test_a_search_that_finds_something_names_no_refusal(cast: Cast, api: Any, app_entry: AllowlistEntry):
    answer = api(job=cast.job_token(user=cast.owner)).get(f"{SIMPLE}/my-pkg/")
    assert answer.status_code == 200
    assert "X-Access-Reason" not in answer
    assert not RefusalRecord.objects.exists()


def test_a_visitor_and_an_ended_job_are_asked_to_sign_in(cast: Cast, api: Any):
    for client in (api(), api(job="glcbt-nonsense"), api(job=cast.job_token(status="success"))):
        answer = client.get(f"{SIMPLE}/my-pkg/")
        assert answer.status_code == 401
        assert answer["WWW-Authenticate"] == 'Basic realm="GitLab Packages Registry"'
