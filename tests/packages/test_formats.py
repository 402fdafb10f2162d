"""The table of package formats: a format that is one module and one row there publishes, lists, shows and downloads."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile

from resources.packages.formats.table import FORMATS
from tests.factories.cast import Cast
from tests.factories.people import token_for
from tests.packages import made_up_format
from tests.support.response_schema import CheckedClient

pytestmark = [pytest.mark.django_db, pytest.mark.urls("tests.packages.routes")]


@pytest.fixture
def client(cast: Cast, monkeypatch: pytest.MonkeyPatch) -> Any:
    """A developer's client of a portal whose table has the made-up format."""
    monkeypatch.setitem(FORMATS, made_up_format.KIND, made_up_format.FORMAT)
    return CheckedClient(headers={"PRIVATE-TOKEN": token_for(cast.developer)})


def put(client: CheckedClient, cast: Cast, name: str = "tool", data: bytes = b"some data") -> Any:
    form = {"name": name, "content": SimpleUploadedFile("data", data)}
    return client.post(f"/api/v4/projects/{cast.library.pk}/packages/madeup", form)


def test_a_form_is_published_and_downloads(cast: Cast, client: CheckedClient) -> None:
    answer = put(client, cast)
    assert (answer.status_code, answer.json()) == (201, {"size": 9})
    found = client.get(f"/api/v4/projects/{cast.library.pk}/packages/madeup/tool")
    assert (found.status_code, found.content) == (200, b"some data")


def test_a_formats_name_rules_and_limit_are_kept(cast: Cast, client: CheckedClient, settings: Any) -> None:
    answer = put(client, cast, name="TOOL")
    assert (answer.status_code, answer.json()) == (400, {"error": "name is invalid"})
    settings.GENERIC_PACKAGE_BYTES = 5
    assert put(client, cast).status_code == 413


def test_the_api_and_the_pages_show_a_new_format(cast: Cast, client: CheckedClient) -> None:
    put(client, cast)
    (listed,) = client.get(f"/api/v4/projects/{cast.library.pk}/packages").json()
    assert (listed["package_type"], listed["name"]) == ("madeup", "tool")
    client.force_login(cast.developer)
    page = client.get("/acme/library/-/packages").content.decode()
    assert "Made up" in page
    assert f"madeup put {cast.library.pk}" in page
    page = client.get(f"/acme/library/-/packages/{listed['id']}").content.decode()
    assert "madeup get tool" in page
    assert f"/api/v4/projects/{cast.library.pk}/packages/madeup/tool" in page


def test_a_broken_form_says_what_is_missing(cast: Cast, client: CheckedClient) -> None:
    address = f"/api/v4/projects/{cast.library.pk}/packages/madeup"
    answer = client.post(address, {"name": "tool"})
    assert (answer.status_code, answer.json()) == (400, {"error": "content is missing"})
