"""Making, changing and deleting releases on their pages and in the administration."""

from __future__ import annotations

from typing import Any

import pytest

from audit.models import AuditEvent
from projects.models import ProtectedRef, RefKind
from projects.repository import Repository
from resources.releases.models import Release
from tests.factories import projects
from tests.factories.cast import Cast
from tests.support.browsing import browser
from tokenaccess.policy.levels import Role

LIST = "/acme/library/-/releases"


def tags(cast: Cast) -> list[str]:
    return [ref.name for ref in Repository(cast.library.repository_path).tags()]


@pytest.fixture(autouse=True)
def code(cast: Cast) -> None:
    projects.commit(cast.library, {"README.md": "hello"})


@pytest.fixture
def release(cast: Cast, api: Any) -> Release:
    """ "First", of a tag with a slash in it, with one asset."""
    links = [{"name": "tool", "url": "https://files.example.org/tool", "direct_asset_path": "/bin/tool"}]
    values = {"tag_name": "v/1", "name": "First", "ref": "main", "assets": {"links": links}}
    assert api(cast.developer).post(f"/projects/{cast.library.pk}/releases", values).status_code == 201
    return Release.objects.get()


@pytest.fixture
def protected_tags(cast: Cast) -> None:
    ProtectedRef.objects.create(project=cast.library, kind=RefKind.TAG, name="v*", push_level=Role.MAINTAINER)


def words_of(answer: Any, status: int = 200) -> str:
    assert answer.status_code == status
    words: str = answer.content.decode()
    return words


def test_a_developer_makes_a_release_with_its_tag(cast: Cast):
    client = browser(cast.developer)
    assert f'href="{LIST}/~new"' in words_of(client.get(LIST))
    assert 'value="v2"' in words_of(client.get(f"{LIST}/~new?tag_name=v2"))
    answer = client.post(f"{LIST}/~new", {"tag": "v2", "ref": "main", "description": "*new*"}, follow=True)
    assert "v2 released." in words_of(answer)
    made = Release.objects.get()
    assert (made.name, made.description, made.author) == ("v2", "*new*", cast.developer)
    assert tags(cast) == ["v2"]


@pytest.mark.parametrize(
    ("values", "sentence"),
    [
        ({"tag": "v9"}, "There is no such tag yet."),
        ({"tag": "v9", "ref": "absent"}, "There is no such branch, tag or commit."),
        ({"tag": "v..9", "ref": "main"}, "No tag can be called so."),
        ({"tag": "v/1", "ref": "main"}, "It has a release already."),
        ({"tag": "v9", "ref": "main", "released_at": "soon"}, "Enter a valid date/time."),
    ],
)
def test_what_cannot_be_released_is_said_beside_the_field(
    cast: Cast, release: Release, values: dict[str, str], sentence: str
):
    assert sentence in words_of(browser(cast.developer).post(f"{LIST}/~new", values), 422)
    assert Release.objects.count() == 1
    assert tags(cast) == ["v/1"]


def test_a_release_is_changed(cast: Cast, release: Release):
    client, address = browser(cast.developer), f"{LIST}/v/1/~edit"
    assert "First" in words_of(client.get(address))
    values = {"name": "Better", "released_at": "2999-01-01T12:30", "description": ""}
    assert "Upcoming" in words_of(client.post(address, values, follow=True))
    release.refresh_from_db()
    assert (release.name, release.released_at.isoformat()) == ("Better", "2999-01-01T12:30:00+00:00")
    assert "This field is required." in words_of(client.post(address, {**values, "name": ""}), 422)


def test_assets_are_added_and_deleted(cast: Cast, release: Release):
    client, address = browser(cast.developer), f"{LIST}/v/1/~links"
    link = {"name": "book", "url": "https://files.example.org/book", "link_type": "other", "path": "/book"}
    assert "book added." in words_of(client.post(f"{address}/new", link, follow=True))
    assert "has already been taken" in words_of(client.post(f"{address}/new", link), 422)
    script = {**link, "url": "javascript:alert(1)"}
    assert "Only allowed schemes" in words_of(client.post(f"{address}/new", script), 422)
    tool = release.links.get(name="tool")
    assert "The address of the download /bin/tool ends with it." in words_of(client.get(f"{address}/{tool.pk}/delete"))
    assert "tool deleted." in words_of(client.post(f"{address}/{tool.pk}/delete", follow=True))
    assert [link.name for link in release.links.all()] == ["book"]


def test_a_release_is_deleted_after_a_question_and_its_tag_stays(cast: Cast, release: Release):
    client, address = browser(cast.developer), f"{LIST}/v/1/~delete"
    assert "its 1 asset are deleted" in words_of(client.get(address))
    assert "First deleted." in words_of(client.post(address, follow=True))
    assert not Release.objects.exists()
    assert tags(cast) == ["v/1"]
    assert AuditEvent.objects.filter(event="release_deleted").count() == 1


def test_releases_of_protected_tags_are_for_those_who_may_create_the_tag(
    cast: Cast, release: Release, protected_tags: None
):
    client = browser(cast.developer)
    assert "~edit" not in words_of(client.get(f"{LIST}/v/1"))
    for part in ("~edit", "~delete", "~links/new", f"~links/{release.links.get().pk}/delete"):
        assert client.get(f"{LIST}/v/1/{part}").status_code == 403
        assert client.post(f"{LIST}/v/1/{part}", {"name": "x"}).status_code == 403
    assert "protected" in words_of(client.post(f"{LIST}/~new", {"tag": "v5", "ref": "main"}), 422)
    assert tags(cast) == ["v/1"]
    assert "~edit" in words_of(browser(cast.maintainer).get(f"{LIST}/v/1"))


def test_reporters_only_read(cast: Cast, release: Release):
    client = browser(cast.reporter)
    assert "~new" not in words_of(client.get(LIST))
    for part in ("~new", "v/1/~edit", "v/1/~delete"):
        assert client.post(f"{LIST}/{part}").status_code == 403
    assert browser(cast.outsider).get(f"{LIST}/v/1/~edit").status_code == 404
    assert browser(cast.developer).get(f"{LIST}/v/2/~edit").status_code == 404


def test_administrators_delete_releases(cast: Cast, release: Release):
    client, address = browser(cast.admin), f"/admin/releases/release/{release.pk}"
    assert "files.example.org" in words_of(client.get(f"{address}/change/"))
    assert "First" in words_of(client.get("/admin/releases/release/?q=library"))
    client.post(f"{address}/delete/", {"post": "yes"})
    assert not Release.objects.exists()
    assert tags(cast) == ["v/1"]
