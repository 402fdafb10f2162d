"""The page of secure files, as people with a browser see it."""

from __future__ import annotations

from typing import Any

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client

from identity.models import User
from resources.secure_files import services
from resources.secure_files.models import SecureFile
from tests.factories.cast import Cast

LIST = "/acme/library/-/settings/ci_cd/secure_files"


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


def upload(client: Client, content: bytes = b"key", name: str = "", file_name: str = "release.jks") -> Any:
    return client.post(LIST, {"name": name, "file": SimpleUploadedFile(file_name, content)}, follow=True)


@pytest.fixture
def maintainer(cast: Cast) -> Client:
    return browser(cast.maintainer)


def test_an_empty_list_says_what_to_do(maintainer: Client):
    words = maintainer.get(LIST).content.decode()
    assert "No secure files yet." in words
    assert "secure_files/ID/download" in words.replace("<wbr>", "")


def test_a_file_is_added_under_its_own_name_or_another(cast: Cast, maintainer: Client, api: Any):
    assert "Secure file release.jks added." in upload(maintainer).content.decode()
    words = upload(maintainer, name="other.key", content=b"x" * services.MAX_BYTES).content.decode()
    assert "other.key" in words
    assert "5.0" in words.replace("\xa0", " ")
    one = SecureFile.objects.get(name="release.jks")
    assert one.creator == cast.maintainer
    assert api(cast.developer).get(f"/projects/{cast.library.pk}/secure_files/{one.pk}/download").content == b"key"


@pytest.mark.parametrize(
    ("more", "words"),
    [
        ({}, "Has already been taken"),
        ({"content": b""}, "The submitted file is empty."),
        ({"name": "../x"}, "Must be the name of a file"),
        ({"name": "big", "content": b"x" * (services.MAX_BYTES + 1)}, "The file is larger than 5 MiB."),
        ({"name": "big", "content": b"x" * (3 * services.MAX_BYTES)}, "The file is larger than 5 MiB."),
    ],
    ids=["taken", "empty", "name", "large", "very large"],
)
def test_what_is_wrong_with_a_file_is_said_on_the_form(maintainer: Client, more: dict[str, Any], words: str):
    upload(maintainer)
    answer = upload(maintainer, **more)
    assert answer.status_code == 422
    assert words in answer.content.decode()
    assert SecureFile.objects.count() == 1


def test_a_full_project_says_so_instead_of_a_form(maintainer: Client, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(services, "MAX_FILES", 1)
    words = upload(maintainer).content.decode()
    assert "which is the most it can have" in words
    assert "multipart/form-data" not in words


def test_a_file_is_deleted_after_a_question(maintainer: Client):
    upload(maintainer)
    address = f"{LIST}/{SecureFile.objects.get().pk}/delete"
    assert "This cannot be undone." in maintainer.get(address).content.decode()
    assert "release.jks deleted." in maintainer.post(address, follow=True).content.decode()
    assert not SecureFile.objects.exists()
    assert maintainer.get(address).status_code == 404


def test_only_maintainers_see_the_page(cast: Cast):
    assert browser(cast.developer).get(LIST).status_code == 403
    assert upload(browser(cast.developer)).status_code == 403
    assert browser(cast.outsider).get(LIST).status_code == 404


def test_administrators_see_all_but_what_is_in_a_file(cast: Cast, maintainer: Client):
    upload(maintainer, content=b"a-secret-within")
    client, address = browser(cast.admin), f"/admin/secure_files/securefile/{SecureFile.objects.get().pk}"
    words = client.get(f"{address}/change/").content.decode()
    assert "release.jks" in words
    assert "a-secret-within" not in words
    client.post(f"{address}/delete/", {"post": "yes"})
    assert not SecureFile.objects.exists()


def test_who_deletes_the_project_sees_its_files(cast: Cast, maintainer: Client):
    upload(maintainer)
    words = browser(cast.owner).get("/acme/library/-/settings/delete").content.decode()
    assert "secure file is deleted.</strong> No copy of it is kept." in words
