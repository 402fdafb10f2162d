"""Badges of projects and groups: what may be one, what their placeholders say to whom, and where they are shown."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from audit.models import AuditEvent
from projects.badges import services
from projects.badges.placeholders import url_fault
from projects.models import Badge
from tests.factories import projects
from tests.factories.cast import Cast
from tests.factories.projects import commit

IMAGE = "https://tokens.example.com/%{project_path}/-/badges/%{default_branch}/pipeline.svg"


def at(cast: Cast, what: str = "") -> str:
    return f"/projects/{cast.library.pk}/badges{what}"


def test_a_badge_is_added_shown_changed_and_removed(cast: Cast, api: Any):
    maintainer = api(cast.maintainer)
    made = maintainer.post(at(cast), {"link_url": "https://ci.example.com/%{project_id}?b=%{x}", "image_url": IMAGE})
    assert made.status_code == 201
    badge = made.json()
    assert badge == {
        "name": None, "id": Badge.objects.get().pk, "kind": "project",
        "link_url": "https://ci.example.com/%{project_id}?b=%{x}", "image_url": IMAGE,
        "rendered_link_url": f"https://ci.example.com/{cast.library.pk}?b=%{{x}}",
        "rendered_image_url": "https://tokens.example.com/acme/library/-/badges/main/pipeline.svg",
    }  # fmt: skip
    assert api(cast.guest).get(at(cast)).json() == [badge]
    assert api(cast.guest).get(at(cast, "?name=Other")).json() == []
    one = at(cast, f"/{badge['id']}")
    changed = maintainer.put(one, {"name": "Pipeline", "link_url": "https://ci.example.com/"})
    assert (changed.status_code, changed.json()["name"]) == (200, "Pipeline")
    assert api(cast.guest).get(one).json() == changed.json()
    assert [row["id"] for row in api(cast.guest).get(at(cast, "?name=Pipeline")).json()] == [badge["id"]]
    assert maintainer.delete(one).status_code == 204
    assert (maintainer.get(one).status_code, maintainer.get(one).json()) == (404, {"message": "404 Badge Not Found"})
    events = AuditEvent.objects.filter(event__startswith="badge_").order_by("id")
    assert [event.event for event in events] == ["badge_added", "badge_changed", "badge_removed"]


def test_a_groups_badge_is_every_projects_below_it_and_changed_by_the_group_alone(cast: Cast, api: Any):
    owner, where = api(cast.owner), f"/groups/{cast.acme.pk}/badges"
    assert api(cast.maintainer).post(where, {"link_url": IMAGE, "image_url": IMAGE}).status_code == 403
    badge = owner.post(where, {"link_url": IMAGE, "image_url": IMAGE, "name": "Ours"}).json()
    assert badge["kind"] == "group"
    shown = api(cast.guest).get(at(cast)).json()
    assert [(row["id"], row["kind"]) for row in shown] == [(badge["id"], "group")]
    assert shown[0]["rendered_link_url"] == "https://tokens.example.com/acme/library/-/badges/main/pipeline.svg"
    one = at(cast, f"/{badge['id']}")
    assert owner.put(one, {"name": "Mine"}).status_code == owner.delete(one).status_code == 403
    assert owner.put(f"{where}/{badge['id']}", {"name": "Mine"}).json()["name"] == "Mine"
    assert owner.delete(f"{where}/{badge['id']}").status_code == 204


def test_a_groups_placeholders_name_no_project_that_the_caller_does_not_see(cast: Cast, api: Any):
    open_group = projects.group("open", by=cast.owner, visibility=20)
    projects.project("secret", group=open_group, by=cast.owner)
    services.create_badge(open_group, by=cast.owner, link_url="https://x.example/%{project_path}", image_url=IMAGE)
    where = f"/groups/{open_group.pk}/badges"
    assert api(cast.outsider).get(where).json()[0]["rendered_link_url"] == "https://x.example/%{project_path}"
    assert api(cast.owner).get(where).json()[0]["rendered_link_url"] == "https://x.example/open/secret"


def test_commits_and_tags_are_named_to_those_who_may_read_code(cast: Cast, api: Any):
    sha = commit(cast.library, {"README.md": "hello\n"})
    api(cast.maintainer).post(f"/projects/{cast.library.pk}/repository/tags", {"tag_name": "v1", "ref": "main"})
    link = "https://x.example/%{commit_sha}/%{latest_tag}/%{group_name}/%{gitlab_server}"
    services.create_badge(cast.library, by=cast.owner, link_url=link, image_url=IMAGE)
    seen = {who: api(getattr(cast, who)).get(at(cast)).json()[0]["rendered_link_url"] for who in ("guest", "reporter")}
    assert seen["guest"].startswith("https://x.example/%{commit_sha}/%{latest_tag}/")
    assert seen["reporter"].startswith(f"https://x.example/{sha}/v1/")
    assert "%{" not in seen["reporter"]


def test_a_preview_fills_placeholders_in_for_those_who_may_add_badges(cast: Cast, api: Any):
    query = "/render?link_url=https://x.example/%25{project_name}&image_url=https://x.example/%25{project_namespace}"
    shown = api(cast.maintainer).get(at(cast, query)).json()
    assert (shown["rendered_link_url"], shown["rendered_image_url"]) == (
        "https://x.example/library", "https://x.example/acme",
    )  # fmt: skip
    assert api(cast.developer).get(at(cast, query)).status_code == 403
    wrong = api(cast.maintainer).get(at(cast, "/render?link_url=javascript:x&image_url=https://x.example"))
    assert (wrong.status_code, wrong.json()) == (
        400, {"message": {"link_url": ["is blocked: Only allowed schemes are http, https"]}},
    )  # fmt: skip


@pytest.mark.pure
@pytest.mark.parametrize(
    ("url", "allowed"),
    [
        ("https://x.example/%{project_path}?a=%{b}", True),
        ("http://x.example:8080", True),
        ("javascript:alert(1)", False),
        ("//x.example/", False),
        ("ftp://x.example/", False),
        ("https://", False),
        ("https://%{gitlab_server}/", False),
        ("https://user@x.example/", False),
        ("https://x.example/a b", False),
        ("https://x.example:port/", False),
        ("https://[::1/", False),
        ('https://x.example/"onload="x', False),
    ],
)
def test_only_addresses_of_the_web_are_badges(url: str, allowed: bool):
    assert (url_fault(url) == "") is allowed


def test_bad_values_are_refused_by_name_and_leave_nothing(cast: Cast, api: Any):
    maintainer = api(cast.maintainer)
    answer = maintainer.post(at(cast), {"link_url": "javascript:x", "image_url": "https://%{project_path}/"})
    assert answer.status_code == 400
    assert set(answer.json()["message"]) == {"link_url", "image_url"}
    assert maintainer.post(at(cast), {"link_url": IMAGE}).json() == {"error": "image_url is missing"}
    assert not Badge.objects.exists()


def test_there_are_no_more_than_so_many(cast: Cast, api: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(services, "MAX_BADGES", 1)
    answers = [api(cast.maintainer).post(at(cast), {"link_url": IMAGE, "image_url": IMAGE}) for _ in range(2)]
    assert [answer.status_code for answer in answers] == [201, 400]


def test_the_list_takes_as_many_statements_however_many_badges(
    cast: Cast, api: Any, django_assert_num_queries: Any, django_assert_max_num_queries: Any
):
    services.create_badge(cast.library, by=cast.owner, link_url=f"{IMAGE}?%{{group_name}}", image_url=IMAGE)
    with django_assert_max_num_queries(9) as first:
        api(cast.reporter).get(at(cast))
    for _ in range(5):
        services.create_badge(cast.library, by=cast.owner, link_url=f"{IMAGE}?%{{group_name}}", image_url=IMAGE)
    with django_assert_num_queries(len(first)):
        assert len(api(cast.reporter).get(at(cast)).json()) == 6


def test_a_projects_page_shows_own_images_and_the_names_of_others(cast: Cast, client: Client, settings: Any):
    settings.EXTERNAL_URL = "https://tokens.example.com"
    services.create_badge(cast.library, by=cast.owner, link_url="https://x.example/a", image_url=IMAGE, name="Tests")
    other = "https://elsewhere.example/i.svg"
    services.create_badge(cast.acme, by=cast.owner, link_url="https://x.example/b", image_url=other, name="<i>")
    client.force_login(cast.guest)
    page = client.get("/acme/library").content.decode()
    assert 'src="/acme/library/-/badges/main/pipeline.svg" alt="Tests"' in page
    assert "elsewhere.example" not in page
    assert "&lt;i&gt;" in page
