"""The releases API (resources.md §7)."""

from __future__ import annotations

import hashlib
from typing import Any

import pytest
from django.test import Client

from audit.models import AuditEvent
from jobs.models import Pipeline
from projects.models import ProtectedRef
from projects.repository import Repository
from resources.releases import evidences
from resources.releases.models import Release
from tests.factories import projects, runners
from tests.factories.cast import Cast
from tokenaccess.models import AllowlistEntry
from tokenaccess.policy.levels import FeatureLevel, Visibility

KEYS = {
    "tag_name", "name", "description", "created_at", "released_at", "upcoming_release", "author", "commit",
    "commit_path", "tag_path", "assets", "evidences", "_links",
}  # fmt: skip
OF_CODE = {"tag_name", "commit", "commit_path", "tag_path", "evidences"}
LINK = {"name": "tool", "url": "https://files.example.org/tool", "direct_asset_path": "/bin/tool"}


@pytest.fixture
def sha(cast: Cast) -> str:
    """The commit on main of the library."""
    return projects.commit(cast.library, {"README.md": "hello"})


@pytest.fixture
def address(cast: Cast) -> str:
    return f"/projects/{cast.library.pk}/releases"


def create(client: Any, address: str, tag: str = "v1", status: int = 201, **fields: Any) -> Any:
    answer = client.post(address, {"tag_name": tag, "ref": "main", **fields})
    assert answer.status_code == status, answer.content
    return answer.json()


def tags(answer: Any) -> list[str]:
    assert answer.status_code == 200, answer.content
    return [release["tag_name"] for release in answer.json()]


def protect(cast: Cast, pattern: str = "v*", level: int = 40) -> None:
    ProtectedRef.objects.create(project=cast.library, kind="tag", name=pattern, push_level=level)


# --- Creating ---------------------------------------------------------------------------------------------------------


def test_a_developer_creates_a_release_with_its_tag_and_links(cast: Cast, api: Any, sha: str, address: str):
    made = create(api(cast.developer), address, name="One", description="*New*", assets={"links": [LINK]})
    assert made.keys() == KEYS
    assert (made["tag_name"], made["name"], made["description"]) == ("v1", "One", "*New*")
    assert (made["author"]["username"], made["commit"]["id"]) == ("developer", sha)
    assert made["upcoming_release"] is False
    assert made["released_at"] == made["created_at"]
    (link,) = made["assets"]["links"]
    assert [one["format"] for one in made["assets"]["sources"]] == ["zip", "tar.gz", "tar.bz2", "tar"]
    assert made["assets"]["sources"][0]["url"].endswith("/acme/library/-/archive/v1/library-v1.zip")
    assert (made["assets"]["count"] - 4, link["name"], link["url"]) == (1, LINK["name"], LINK["url"])
    assert link["direct_asset_url"].endswith("/acme/library/-/releases/v1/downloads/bin/tool")
    tag = Repository(cast.library.repository_path).tag("v1")
    assert tag is not None
    assert tag.sha == sha
    assert AuditEvent.objects.filter(event="release_created", details__release="v1").exists()


def test_a_release_of_a_tag_that_is_there_needs_no_ref(cast: Cast, api: Any, sha: str, address: str):
    Repository(cast.library.repository_path).create_tag("v1", "main")
    projects.commit(cast.library, {"more": "more"})
    answer = api(cast.developer).post(address, {"tag_name": "v1"})
    assert answer.status_code == 201
    assert (answer.json()["name"], answer.json()["commit"]["id"]) == ("v1", sha)


def test_a_message_makes_an_annotated_tag(cast: Cast, api: Any, sha: str, address: str):
    create(api(cast.developer), address, tag_message="The first")
    assert Repository(cast.library.repository_path).tag_message("v1") == "The first"


@pytest.mark.one_case
@pytest.mark.parametrize(
    ("fields", "status", "said"),
    [
        ({"ref": None}, 422, "Ref is not specified"),
        ({"ref": "absent"}, 400, "Target absent is invalid"),
        ({"tag": "a..b"}, 400, "Tag name invalid"),
        ({"tag": "f" * 40}, 400, "Tag name invalid"),
        ({"tag": "v" * 256}, 400, "Tag name invalid"),
        ({"milestones": ["m1", "m2"]}, 400, "Milestone(s) not found: m1, m2"),
        ({"milestone_ids": [7]}, 400, "Milestone(s) not found: 7"),
        ({"milestones": ["m1"], "milestone_ids": [7]}, 400, "Cannot specify milestones and milestone_ids"),
        ({"assets": {"links": [{**LINK, "url": "javascript:alert(1)"}]}}, 400, "Only allowed schemes are"),
        ({"assets": {"links": [{**LINK, "url": "https://"}]}}, 400, "Only allowed schemes are"),
        ({"assets": {"links": [{**LINK, "url": "https://a\r\nX: y"}]}}, 400, "Only allowed schemes are"),
        ({"assets": {"links": [{**LINK, "url": f"https://example.org/{'ö' * 500}"}]}}, 400, "is too long"),
        ({"assets": {"links": [{**LINK, "direct_asset_path": "bin"}]}}, 400, "direct_asset_path"),
        ({"assets": {"links": [{**LINK, "link_type": "toy"}]}}, 400, "link_type"),
        ({"assets": {"links": [LINK, {**LINK, "name": "b", "direct_asset_path": ""}]}}, 400, "has already been taken"),
        ({"assets": {"links": [{"name": "a"}]}}, 400, "url"),
        ({"assets": {"sources": []}}, 400, "sources"),
        ({"assets": "x"}, 400, "assets"),
        ({"released_at": "soon"}, 400, "released_at is invalid"),
        ({"name": "n" * 256}, 400, "name"),
    ],
)
def test_nothing_is_made_of_what_cannot_be(
    cast: Cast, api: Any, sha: str, address: str, fields: dict[str, Any], status: int, said: str
):
    body = create(api(cast.developer), address, status=status, **fields)
    assert said in str(body)
    assert not Release.objects.exists()
    assert not Repository(cast.library.repository_path).tags()


def test_a_tag_is_released_once(cast: Cast, api: Any, sha: str, address: str):
    create(api(cast.developer), address)
    assert create(api(cast.developer), address, status=409) == {"message": "Release already exists"}


def test_a_protected_tag_is_for_those_who_may_create_it(cast: Cast, api: Any, sha: str, address: str):
    protect(cast)
    words = {"message": "You are not allowed to create this tag as it is protected."}
    assert create(api(cast.developer), address, status=403) == words
    assert create(api(job=cast.job_token(cast.library)), address, status=403) == words
    assert not Repository(cast.library.repository_path).tags()
    create(api(job=cast.job_token(cast.library, cast.maintainer)), address)
    assert api(cast.developer).put(f"{address}/v1", {"name": "Mine"}).status_code == 403
    assert api(cast.developer).delete(f"{address}/v1").status_code == 403
    assert api(cast.developer).post(f"{address}/v1/assets/links", LINK).status_code == 403


# --- Who may ----------------------------------------------------------------------------------------------------------


def test_a_reporter_creates_none(cast: Cast, api: Any, sha: str, address: str):
    assert create(api(cast.reporter), address, status=403) == {"message": "403 Forbidden"}
    assert create(api(job=cast.job_token(cast.library, cast.reporter)), address, status=403)


def test_a_job_creates_one_in_its_own_project(cast: Cast, api: Any, sha: str, address: str):
    made = create(api(job=cast.job_token(cast.library)), address)
    assert made["author"]["username"] == "developer"
    assert Release.objects.get().job is not None


def test_the_pipeline_of_a_jobs_new_tag_counts_as_started_by_the_job(cast: Cast, api: Any, address: str):
    """Else each of its jobs could make the next release, without an end."""
    projects.commit(cast.library, {".gitlab-ci.yml": runners.SIMPLE})
    create(api(job=cast.job_token(cast.library)), address)
    assert Pipeline.objects.get(tag=True).started_by_job == Release.objects.get().job


def test_another_projects_job_needs_an_entry_with_the_permission(cast: Cast, api: Any, sha: str, address: str):
    job = api(job=cast.job_token(cast.app))
    assert create(job, address, status=404) == {"message": "404 Project Not Found"}
    entry = AllowlistEntry.objects.create(
        project=cast.library,
        direction="inbound",
        target_project=cast.app,
        default_permissions=False,
        permissions=["read_releases"],
    )
    assert "admin_releases" in create(job, address, status=403)["message"]
    assert tags(job.get(address)) == []
    entry.permissions = ["admin_releases"]
    entry.save()
    create(job, address)
    assert job.get(f"{address}/v1").json()["tag_name"] == "v1"


def test_a_job_that_ended_creates_none(cast: Cast, api: Any, sha: str, address: str):
    create(api(job=cast.job_token(cast.library, status="success")), address, status=401)


def test_a_guest_sees_releases_without_the_code(cast: Cast, api: Any, sha: str, address: str):
    create(api(cast.developer), address, assets={"links": [LINK]})
    (seen,) = api(cast.guest).get(address).json()
    assert seen.keys() == KEYS - OF_CODE
    assert seen["_links"] == {}
    assert api(cast.guest).get(f"{address}/v1").status_code == 403


def test_strangers_see_those_of_public_projects_only(cast: Cast, api: Any, sha: str, address: str):
    create(api(cast.developer), address)
    assert api(cast.outsider).get(address).status_code == 404
    assert api().get(f"{address}/v1").status_code == 404
    cast.library.visibility = Visibility.PUBLIC
    cast.library.save()
    assert tags(api().get(address)) == ["v1"]
    assert tags(api(job=cast.job_token(cast.app)).get(address)) == ["v1"]
    assert create(api(cast.outsider), address, "v2", status=403)


def test_without_a_repository_none_is_created(cast: Cast, api: Any, sha: str, address: str):
    cast.library.repository_access_level = FeatureLevel.DISABLED
    cast.library.save()
    create(api(cast.maintainer), address, status=403)


# --- Lists and single ones --------------------------------------------------------------------------------------------


@pytest.fixture
def three(cast: Cast, api: Any, sha: str, address: str) -> Any:
    """v1, one of long ago, and one to come, created in this order."""
    client = api(cast.developer)
    create(client, address, "v1", assets={"links": [LINK]})
    create(client, address, "old", released_at="2001-02-03T04:05:06Z")
    create(client, address, "rel/next", released_at="2999-01-01")
    return client


def test_the_list_is_in_the_order_asked_for(three: Any, address: str):
    assert tags(three.get(address)) == ["rel/next", "v1", "old"]
    assert tags(three.get(f"{address}?sort=asc")) == ["old", "v1", "rel/next"]
    assert tags(three.get(f"{address}?order_by=created_at")) == ["rel/next", "old", "v1"]
    page = three.get(f"{address}?per_page=1&page=2")
    assert tags(page) == ["v1"]
    assert (page["X-Total"], page["X-Next-Page"]) == ("3", "3")


def test_an_unknown_filter_is_named(three: Any, address: str):
    answer = three.get(f"{address}?updated_after=2020-01-01")
    assert (answer.status_code, answer.json()) == (400, {"error": "updated_after is not supported"})
    assert three.get(f"{address}?order_by=name").status_code == 400


def test_a_list_asks_as_many_questions_however_long_it_is(three: Any, address: str, django_assert_max_num_queries: Any):
    with django_assert_max_num_queries(8):
        three.get(address)


def test_a_release_is_found_by_its_tag_slashes_and_all(three: Any, address: str):
    found = three.get(f"{address}/rel%2Fnext").json()
    assert (found["tag_name"], found["upcoming_release"]) == ("rel/next", True)
    assert found["_links"]["self"].endswith("/-/releases/rel%2Fnext")
    assert three.get(f"{address}/absent").status_code == 404


def test_notes_come_as_html_when_asked_for(three: Any, address: str):
    three.put(f"{address}/v1", {"description": "**New** [here](a.txt) <script>"})
    html = three.get(f"{address}/v1?include_html_description=true").json()["description_html"]
    assert "<strong>New</strong>" in html
    assert 'href="/acme/library/-/blob/v1/a.txt"' in html
    assert "<script>" not in html


def test_the_latest_is_found_at_an_address_that_stays(three: Any, cast: Cast, address: str):
    answer = three.get(f"{address}/permalink/latest")
    assert (answer.status_code, answer["Location"]) == (302, f"/api/v4/projects/{cast.library.pk}/releases/v1")
    further = three.get(f"{address}/permalink/latest/downloads/bin/tool?x=1")
    assert further["Location"].endswith("/releases/v1/downloads/bin/tool?x=1")
    assert three.get(f"/projects/{cast.app.pk}/releases/permalink/latest").status_code == 404


def test_a_download_leads_to_the_link(three: Any, cast: Cast, address: str):
    answer = three.get(f"{address}/v1/downloads/bin/tool")
    assert (answer.status_code, answer["Location"]) == (302, LINK["url"])
    assert three.get(f"{address}/old/downloads/bin/tool").status_code == 404
    client = Client()
    client.force_login(cast.guest)
    page = client.get("/acme/library/-/releases/v1/downloads/bin/tool")
    assert (page.status_code, page["Location"]) == (302, LINK["url"])


def test_a_link_in_any_script_is_led_to(three: Any, address: str):
    link = {"name": "b", "url": "https://files.example.org/ö", "direct_asset_path": "/b"}
    assert three.post(f"{address}/v1/assets/links", link).status_code == 201
    assert three.get(f"{address}/v1/downloads/b")["Location"] == "https://files.example.org/%C3%B6"


def test_a_path_may_have_the_word_that_divides_addresses(three: Any, address: str):
    link = {"name": "b", "url": "ftp://files.example.org/b", "direct_asset_path": "/x/downloads/b"}
    assert three.post(f"{address}/rel%2Fnext/assets/links", link).status_code == 201
    assert three.get(f"{address}/rel%2Fnext/downloads/x/downloads/b")["Location"] == link["url"]


# --- Changing ---------------------------------------------------------------------------------------------------------


def test_a_release_is_changed_and_deleted_and_its_tag_stays(three: Any, cast: Cast, address: str):
    changed = three.put(f"{address}/v1", {"name": "One", "released_at": "2002-02-02T00:00:00Z"})
    assert (changed.status_code, changed.json()["name"]) == (200, "One")
    assert changed.json()["released_at"] == "2002-02-02T00:00:00.000Z"
    assert three.put(f"{address}/v1", {}).status_code == 400
    assert three.put(f"{address}/v1", {"milestones": ["m"]}).status_code == 400
    gone = three.delete(f"{address}/v1")
    assert (gone.status_code, gone.json()["tag_name"]) == (200, "v1")
    assert three.get(f"{address}/v1").status_code == 404
    assert Repository(cast.library.repository_path).tag("v1") is not None


def test_notes_can_be_emptied(three: Any, address: str):
    three.put(f"{address}/v1", {"description": "words"})
    assert three.put(f"{address}/v1", {"description": ""}).json()["description"] == ""


# --- Evidence ---------------------------------------------------------------------------------------------------------


def test_evidence_is_what_the_release_said(three: Any, cast: Cast, address: str):
    three.put(f"{address}/v1", {"name": "Another"})
    first, second = three.post(f"{address}/v1/evidence").json()["evidences"]
    client = Client()
    client.force_login(cast.reporter)
    for evidence, name in ((first, "v1"), (second, "Another")):
        document = client.get(evidence["filepath"].removeprefix("http://testserver"))
        assert hashlib.sha256(document.content).hexdigest() == evidence["sha"]
        assert document.json()["release"]["name"] == name
    client.force_login(cast.guest)
    assert client.get(first["filepath"].removeprefix("http://testserver")).status_code == 403
    assert client.get("/acme/library/-/releases/v1/evidences/0.json").status_code == 403


def test_of_long_ago_there_is_no_evidence_unless_asked_for(three: Any, cast: Cast, api: Any, address: str):
    assert three.get(f"{address}/old").json()["evidences"] == []
    assert api(cast.reporter).post(f"{address}/old/evidence").status_code == 403
    assert len(three.post(f"{address}/old/evidence").json()["evidences"]) == 1


def test_evidence_has_an_end(three: Any, address: str, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(evidences, "MAX_EVIDENCES", 1)
    assert three.post(f"{address}/v1/evidence").status_code == 400


# --- Links ------------------------------------------------------------------------------------------------------------


def test_links_are_listed_added_changed_and_deleted(three: Any, address: str):
    links = f"{address}/v1/assets/links"
    other = {"name": "book", "url": "https://example.org/book", "link_type": "runbook", "filepath": "/book"}
    added = three.post(links, other)
    assert added.status_code == 201
    one = f"{links}/{added.json()['id']}"
    assert [link["name"] for link in three.get(links).json()] == ["book", "tool"]
    assert added.json()["direct_asset_url"].endswith("/-/releases/v1/downloads/book")
    changed = three.put(one, {"name": "pages", "filepath": ""})
    assert (changed.status_code, changed.json()["direct_asset_url"]) == (200, other["url"])
    assert three.get(one).json()["name"] == "pages"
    for wrong in ({"name": "tool"}, {"url": LINK["url"]}, {"direct_asset_path": "/bin/tool"}, {"url": "x"}, {}):
        assert three.put(one, wrong).status_code == 400, wrong
    assert three.delete(one).json()["name"] == "pages"
    assert three.get(one).status_code == 404
    assert three.get(f"{links}/nonsense").status_code == 404
    assert three.post(links, LINK).json() == {"message": {"name": ["has already been taken"]}}
