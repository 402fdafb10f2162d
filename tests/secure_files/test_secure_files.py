"""Secure files by REST: for developers and their jobs, and for nobody who is not admitted (resources.md §10)."""

from __future__ import annotations

import hashlib
from functools import partial
from typing import Any

import pytest
from cryptography.fernet import Fernet

from audit.models import AuditEvent
from blobs.models import Blob
from resources.secure_files import services
from resources.secure_files.models import SecureFile
from tests.factories.cast import Cast
from tests.support.at_once import at_once
from tokenaccess.models import AllowlistEntry
from tokenaccess.policy.levels import Visibility

CONTENT = b"-----BEGIN KEY-----\0\xff correct horse battery staple"
BOUNDARY = "a-boundary"
MULTIPART = f"multipart/form-data; boundary={BOUNDARY}"


def form(name: str = "release.jks", content: bytes = CONTENT, **fields: str) -> bytes:
    parts = [
        f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="{key}"\r\n\r\n{value}\r\n'.encode()
        for key, value in {"name": name, **fields}.items()
    ]
    head = f'--{BOUNDARY}\r\nContent-Disposition: form-data; name="file"; filename="x"\r\n\r\n'.encode()
    return b"".join([*parts, head, content, f"\r\n--{BOUNDARY}--\r\n".encode()])


def at(project: Any) -> str:
    return f"/projects/{project.pk}/secure_files"


def add(client: Any, project: Any, name: str = "release.jks", content: bytes = CONTENT) -> Any:
    return client.post(at(project), form(name, content), content_type=MULTIPART)


def entry(cast: Cast, *permissions: str) -> AllowlistEntry:
    return AllowlistEntry.objects.create(
        project=cast.library,
        target_project=cast.app,
        direction="inbound",
        default_permissions=not permissions,
        permissions=list(permissions),
    )


@pytest.fixture
def maintainer(cast: Cast, api: Any) -> Any:
    return api(cast.maintainer)


def test_a_file_is_stored_described_downloaded_and_deleted(cast: Cast, api: Any, maintainer: Any):
    made = add(maintainer, cast.library)
    assert made.status_code == 201
    described = made.json()
    assert described == {
        "id": SecureFile.objects.get().pk,
        "name": "release.jks",
        "checksum": hashlib.sha256(CONTENT).hexdigest(),
        "checksum_algorithm": "sha256",
        "created_at": described["created_at"],
        "expires_at": None,
        "metadata": None,
        "file_extension": "jks",
    }
    developer, one = api(cast.developer), f"{at(cast.library)}/{described['id']}"
    assert developer.get(at(cast.library)).json() == [described]
    assert developer.get(one).json() == described
    answer = developer.get(f"{one}/download")
    assert answer.content == CONTENT
    assert answer["Content-Disposition"] == 'attachment; filename="release.jks"'
    assert answer["Cache-Control"] == "no-store"
    assert (maintainer.delete(one).status_code, maintainer.delete(one).status_code) == (204, 404)
    assert developer.get(f"{one}/download").status_code == 404
    events = AuditEvent.objects.filter(event__startswith="secure_file").order_by("pk")
    assert [event.event for event in events] == ["secure_file_added", "secure_file_deleted"]


def test_nothing_readable_reaches_the_disk(cast: Cast, maintainer: Any):
    add(maintainer, cast.library)
    stored = Blob.objects.get().path.read_bytes()
    assert CONTENT[:19] not in stored
    assert b"horse" not in stored


@pytest.mark.parametrize(
    ("who", "read", "write"),
    [("maintainer", 200, 201), ("developer", 200, 403), ("reporter", 403, 403), ("outsider", 404, 404)],
)
@pytest.mark.parametrize("by_job", [False, True])
def test_what_each_role_may_do_itself_and_by_its_jobs(
    cast: Cast, api: Any, maintainer: Any, who: str, read: int, write: int, by_job: bool
):
    made = add(maintainer, cast.library).json()["id"]
    person = getattr(cast, who)
    client = api(job=cast.job_token(cast.library, person)) if by_job else api(person)
    assert client.get(at(cast.library)).status_code == read
    assert client.get(f"{at(cast.library)}/{made}/download").status_code == read
    assert add(client, cast.library, "other").status_code == write
    deleted = client.delete(f"{at(cast.library)}/{made}").status_code
    assert deleted == (204 if write == 201 else write)


def test_visitors_see_nothing_even_where_the_project_is_public(cast: Cast, api: Any, maintainer: Any):
    add(maintainer, cast.library)
    assert api().get(at(cast.library)).status_code == 401
    cast.library.visibility = Visibility.PUBLIC
    cast.library.save()
    assert api().get(at(cast.library)).status_code == 401
    assert api(cast.outsider).get(at(cast.library)).status_code == 403


def test_a_job_of_another_project_needs_an_entry_with_the_permission(cast: Cast, api: Any, maintainer: Any):
    made = add(maintainer, cast.library).json()["id"]
    client = api(job=cast.job_token(cast.app, cast.maintainer))
    download = f"{at(cast.library)}/{made}/download"
    absent = client.get("/projects/987654/secure_files/1/download")
    refused = client.get(download)
    assert (refused.status_code, refused.json()) == (absent.status_code, absent.json()) == (
        404, {"message": "404 Project Not Found"}
    )  # fmt: skip
    assert add(client, cast.library, "other").status_code == 404
    one = entry(cast, "read_packages")
    sentence = "The following token permission is required: read_secure_files."
    assert client.get(download).status_code == 403
    assert sentence in client.get(download).json()["message"]
    one.permissions = ["read_secure_files"]
    one.save()
    assert client.get(download).content == CONTENT
    assert add(client, cast.library, "other").status_code == 403
    one.permissions = ["admin_secure_files"]
    one.save()
    assert add(client, cast.library, "other").status_code == 201


def test_a_file_is_found_below_its_own_project_only(cast: Cast, maintainer: Any):
    made = add(maintainer, cast.library).json()["id"]
    for address in (f"{at(cast.app)}/{made}", f"{at(cast.app)}/{made}/download"):
        assert maintainer.get(address).status_code == 404
    assert maintainer.delete(f"{at(cast.app)}/{made}").status_code == 404


@pytest.mark.one_case
@pytest.mark.parametrize(
    "name",
    ["../key", "a/b", "a\\b", "..", ".", "a\0b", "a\nb", "‮gpj.key", " ", "x" * 256],
    ids=["up", "slash", "backslash", "dots", "dot", "nul", "newline", "reversed", "blank", "long"],
)
def test_a_name_is_that_of_a_file(cast: Cast, maintainer: Any, name: str):
    answer = add(maintainer, cast.library, name)
    assert answer.status_code == 400
    assert "name" in answer.content.decode()
    assert not SecureFile.objects.exists()


def test_a_name_is_used_once_in_a_project(cast: Cast, maintainer: Any):
    assert add(maintainer, cast.library).status_code == 201
    answer = add(maintainer, cast.library, content=b"other")
    assert (answer.status_code, answer.json()) == (400, {"message": {"name": ["has already been taken"]}})
    assert add(maintainer, cast.app).status_code == 201


def test_what_is_too_large_or_empty_is_refused(cast: Cast, maintainer: Any):
    most = services.MAX_BYTES
    assert add(maintainer, cast.library, "most", b"x" * most).status_code == 201
    answer = add(maintainer, cast.library, "more", b"x" * (most + 1))
    assert (answer.status_code, answer.json()) == (413, {"message": "413 Request Entity Too Large"})
    empty = add(maintainer, cast.library, "none", b"")
    assert (empty.status_code, empty.json()) == (400, {"message": {"file": ["can't be blank"]}})
    assert [file.name for file in SecureFile.objects.all()] == ["most"]


@pytest.mark.one_case
@pytest.mark.parametrize(
    ("body", "content_type", "named"),
    [
        (b'{"name": "x", "file": "y"}', "application/json", "file is missing"),
        (form()[:-30], MULTIPART, "ended early"),
        (form(permissions="execute"), MULTIPART, "permissions is not supported"),
        (form().replace(b'name="name"', b'name="nome"'), MULTIPART, "name is missing"),
        (form().replace(b'name="file"', b'name="data"'), MULTIPART, "file is missing"),
    ],
    ids=["json", "cut off", "permissions", "no name", "no file"],
)
def test_what_is_no_such_form_is_refused(cast: Cast, maintainer: Any, body: bytes, content_type: str, named: str):
    answer = maintainer.post(at(cast.library), body, content_type=content_type)
    assert answer.status_code == 400
    assert named in answer.content.decode()
    assert not SecureFile.objects.exists()


def test_a_project_has_a_limited_number(cast: Cast, maintainer: Any, monkeypatch: pytest.MonkeyPatch):
    monkeypatch.setattr(services, "MAX_FILES", 1)
    assert add(maintainer, cast.library, "one").status_code == 201
    answer = add(maintainer, cast.library, "two")
    assert answer.status_code == 400
    assert answer.json() == {"message": {"base": ["Maximum number of project ci secure files (1) exceeded"]}}


@pytest.mark.django_db(transaction=True)
def test_of_several_at_once_one_gets_the_name_and_one_the_last_place(
    cast: Cast, maintainer: Any, monkeypatch: pytest.MonkeyPatch
):
    monkeypatch.setattr(services, "MAX_FILES", 2)
    same, failed = at_once(*[partial(add, maintainer, cast.library, "same", bytes([n])) for n in (1, 2, 3)])
    assert not failed
    assert sorted(answer.status_code for answer in same) == [201, 400, 400]
    other, failed = at_once(*[partial(add, maintainer, cast.library, str(n)) for n in range(3)])
    assert not failed
    assert sorted(answer.status_code for answer in other) == [201, 400, 400]


def test_a_file_whose_key_is_gone_is_said_to_be_lost(cast: Cast, maintainer: Any):
    made = add(maintainer, cast.library).json()["id"]
    Blob.objects.get().path.write_bytes(Fernet(Fernet.generate_key()).encrypt(CONTENT))
    answer = maintainer.get(f"{at(cast.library)}/{made}/download")
    assert answer.status_code == 422
    assert "a key that this server no longer has" in answer.json()["message"]
