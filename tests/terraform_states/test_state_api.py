"""The state backend over HTTP: states, their lock, their versions (resources.md §8.1)."""

from __future__ import annotations

import base64
import hashlib
import json
from functools import partial
from typing import Any

import pytest

from blobs import store
from blobs.models import Blob
from jobs.models import Job
from resources.terraform_states.models import StateVersion, TerraformState
from tests.factories import projects
from tests.factories.cast import Cast
from tests.support.at_once import at_once
from tokenaccess.models import AllowlistEntry
from tokenaccess.policy.levels import Visibility

SECRET = "correct horse battery staple"


def state(serial: int = 1, words: str = SECRET) -> bytes:
    return json.dumps({"version": 4, "terraform_version": "1.11.4", "serial": serial, "outputs": words}).encode()


def lock(key: str = "one") -> dict[str, str]:
    return {
        "ID": key,
        "Operation": "OperationTypeApply",
        "Info": "",
        "Who": "me@here",
        "Version": "1.11.4",
        "Created": "2024-05-01T12:00:00Z",
        "Path": "",
    }


def at(project: Any, name: str = "production") -> str:
    return f"/projects/{project.pk}/terraform/state/{name}"


def basic(password: str, user: str = "gitlab-ci-token") -> dict[str, str]:
    return {"Authorization": "Basic " + base64.b64encode(f"{user}:{password}".encode()).decode()}


@pytest.fixture
def maintainer(cast: Cast, api: Any) -> Any:
    return api(cast.maintainer)


# --- Storing and reading ----------------------------------------------------------------------------------------------


def test_a_stored_state_is_read_byte_for_byte(cast: Cast, api: Any, maintainer: Any):
    content = state().replace(b",", b" ,\n")
    answer = maintainer.post(at(cast.library), content)
    assert (answer.status_code, answer.content) == (200, b"")
    assert api(cast.developer).get(at(cast.library)).content == content
    version = StateVersion.objects.get()
    assert (version.serial, version.terraform_version, version.creator) == (1, "1.11.4", cast.maintainer)
    assert (version.size, version.sha256) == (len(content), hashlib.sha256(content).hexdigest())


def test_an_unknown_state_is_404_and_a_state_without_a_version_204(cast: Cast, maintainer: Any):
    assert maintainer.get(at(cast.library)).status_code == 404
    maintainer.post(f"{at(cast.library)}/lock", lock())
    answer = maintainer.get(at(cast.library))
    assert (answer.status_code, answer.content) == (204, b"")


def test_the_current_version_has_the_highest_serial(cast: Cast, maintainer: Any):
    for serial in (1, 10, 9):
        assert maintainer.post(at(cast.library), state(serial)).status_code == 200
    assert maintainer.get(at(cast.library)).content == state(10)
    assert maintainer.get(f"{at(cast.library)}/versions/9").content == state(9)


def test_a_serial_is_stored_once(cast: Cast, maintainer: Any):
    maintainer.post(at(cast.library), state())
    assert maintainer.post(at(cast.library), state()).status_code == 200
    assert maintainer.post(at(cast.library), state(words="other")).status_code == 422
    assert maintainer.get(at(cast.library)).content == state()
    assert StateVersion.objects.count() == 1


@pytest.mark.one_case
@pytest.mark.parametrize(
    "body",
    [
        b"no JSON",
        b"[]",
        b"{}",
        b'{"serial": "1"}',
        b'{"serial": 1.5}',
        b'{"serial": true}',
        b'{"serial": -1}',
        b'{"serial": 9223372036854775808}',
        b'{"serial": 1, "cut": "o',
        b'{"serial": 1, "text": "\xff"}',
        b"[" * 100_000,
    ],
)
def test_what_is_no_state_is_refused(cast: Cast, maintainer: Any, body: bytes):
    answer = maintainer.post(at(cast.library), body)
    assert answer.status_code == 400
    assert answer.json()["message"].startswith("400 Bad request - ")
    assert not TerraformState.objects.exists()


def test_an_empty_body_stores_nothing(cast: Cast, maintainer: Any):
    assert maintainer.post(at(cast.library), b"").status_code == 204
    assert not TerraformState.objects.exists()


def test_a_state_over_the_limit_is_refused(cast: Cast, maintainer: Any, settings: Any):
    settings.TERRAFORM_STATE_BYTES = len(state()) - 1
    answer = maintainer.post(at(cast.library), state())
    assert (answer.status_code, answer.json()) == (413, {"message": "413 Request Entity Too Large"})
    settings.TERRAFORM_STATE_BYTES = len(state())
    assert maintainer.post(at(cast.library), state()).status_code == 200


def test_a_digest_that_differs_is_refused(cast: Cast, maintainer: Any):
    right = base64.b64encode(hashlib.md5(state()).digest()).decode()
    for wrong in (right.swapcase(), "é", "x"):
        assert maintainer.post(at(cast.library), state(), headers={"Content-MD5": wrong}).status_code == 400
    assert maintainer.post(at(cast.library), state(), headers={"Content-MD5": right}).status_code == 200


def test_a_name_has_dots_but_no_slashes_and_control_characters(cast: Cast, maintainer: Any):
    assert maintainer.post(at(cast.library, "eu.west-1_x"), state()).status_code == 200
    assert maintainer.post(at(cast.library, "n" * 255), state()).status_code == 200
    for wrong in ("n" * 256, "a%00b", "a%0Ab", "a%2Fb", "a%2flock"):
        for ask in (maintainer.get, maintainer.post, maintainer.delete):
            assert ask(at(cast.library, wrong)).json() == {"error": "name is invalid"}


def test_an_unknown_parameter_is_named(cast: Cast, maintainer: Any):
    answer = maintainer.post(f"{at(cast.library)}?id=one", state())
    assert (answer.status_code, answer.json()) == (400, {"error": "id is not supported"})


def test_nothing_on_the_disk_or_in_the_database_shows_a_secret(cast: Cast, maintainer: Any, settings: Any):
    maintainer.post(at(cast.library), state())
    stored = [path.read_bytes() for path in settings.BLOBS_DIR.rglob("*") if path.is_file()]
    assert stored
    assert not any(SECRET.encode() in content for content in stored)


def test_a_former_key_still_opens_states_until_it_is_forgotten(cast: Cast, maintainer: Any, api: Any, settings: Any):
    maintainer.post(at(cast.library), state())
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = "another key"
    assert api(cast.maintainer).get(at(cast.library)).content == state()
    settings.SECRET_KEY_FALLBACKS = []
    assert api(cast.maintainer).get(at(cast.library)).status_code == 422


# --- The lock ---------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("to_lock", "to_unlock"), [("POST", "DELETE"), ("LOCK", "UNLOCK")])
def test_a_lock_is_held_by_one_until_it_is_given_back(cast: Cast, maintainer: Any, to_lock: str, to_unlock: str):
    address = f"{at(cast.library)}/lock"
    first = maintainer.request(to_lock, address, lock())
    assert (first.status_code, first.json()) == (200, lock())
    for key in ("one", "two"):
        again = maintainer.request(to_lock, address, lock(key))
        assert (again.status_code, again.json()) == (409, lock())
    wrong = maintainer.request(to_unlock, address, lock("two"))
    assert (wrong.status_code, wrong.content) == (409, b"")
    assert maintainer.request(to_unlock, address, lock()).status_code == 200
    assert maintainer.request(to_lock, address, lock("two")).status_code == 200


def test_only_the_holder_stores_while_the_lock_is_held(cast: Cast, maintainer: Any):
    address = at(cast.library)
    assert maintainer.post(f"{address}?ID=one", state()).status_code == 409
    maintainer.post(f"{address}/lock", lock())
    assert maintainer.post(address, state()).status_code == 409
    assert maintainer.post(f"{address}?ID=two", state()).status_code == 409
    assert not Blob.objects.exists()
    assert maintainer.post(f"{address}?ID=one", state()).status_code == 200
    maintainer.delete(f"{address}/lock", lock())
    assert maintainer.post(f"{address}?ID=one", state(2)).status_code == 409


def test_without_an_id_whatever_lock_there_is_goes(cast: Cast, maintainer: Any):
    address = f"{at(cast.library)}/lock"
    maintainer.post(address, lock())
    assert maintainer.delete(address, b"").status_code == 200
    assert maintainer.delete(address, b"").status_code == 200
    assert maintainer.delete(address, lock()).status_code == 409
    assert not TerraformState.objects.get().is_locked


@pytest.mark.one_case
@pytest.mark.parametrize(
    ("change", "words"),
    [
        ({"ID": None}, "ID is missing"),
        ({"ID": None, "Who": None}, "ID is missing, Who is missing"),
        ({"ID": ""}, "ID is invalid"),
        ({"ID": "x" * 256}, "ID is invalid"),
        ({"ID": 1}, "ID is invalid"),
        ({"Info": "\0"}, "Info is invalid"),
        ({"Info": ["a"]}, "Info is invalid"),
    ],
)
def test_a_lock_that_lacks_something_is_refused(cast: Cast, maintainer: Any, change: dict[str, Any], words: str):
    given = {field: value for field, value in (lock() | change).items() if value is not None}
    answer = maintainer.post(f"{at(cast.library)}/lock", given)
    assert (answer.status_code, answer.json()) == (400, {"error": words})
    assert not TerraformState.objects.exists()


def test_a_lock_that_is_no_json_is_refused(cast: Cast, maintainer: Any):
    address = f"{at(cast.library)}/lock"
    maintainer.post(address, lock())
    for method in ("POST", "DELETE"):
        for body in (b"{", b"[]", b'{"ID": 1}'):
            assert maintainer.request(method, address, body).status_code == 400
    assert TerraformState.objects.get().is_locked


@pytest.mark.django_db(transaction=True)
def test_of_many_who_lock_at_once_one_has_it(cast: Cast, api: Any):
    clients = [api(cast.maintainer) for _ in range(20)]
    address = f"{at(cast.library)}/lock"
    answers, failed = at_once(*(partial(one.post, address, lock(str(i))) for i, one in enumerate(clients)))
    assert not failed
    assert sorted(answer.status_code for answer in answers) == [200] + [409] * 19
    winner = next(answer.json() for answer in answers if answer.status_code == 200)
    assert all(answer.json() == winner for answer in answers)


@pytest.mark.django_db(transaction=True)
def test_of_many_who_store_one_serial_at_once_one_has_it(cast: Cast, api: Any):
    clients = [api(cast.maintainer) for _ in range(6)]
    changes = (partial(one.post, at(cast.library), state(1, str(i))) for i, one in enumerate(clients))
    answers, failed = at_once(*changes)
    assert not failed
    assert sorted(answer.status_code for answer in answers) == [200] + [422] * 5
    assert StateVersion.objects.count() == 1


# --- Deleting ---------------------------------------------------------------------------------------------------------


def test_a_deleted_state_is_gone_with_its_bytes(cast: Cast, maintainer: Any, django_capture_on_commit_callbacks: Any):
    maintainer.post(at(cast.library), state())
    with django_capture_on_commit_callbacks(execute=True):
        assert maintainer.delete(at(cast.library)).status_code == 200
    assert maintainer.delete(at(cast.library)).status_code == 404
    assert not TerraformState.objects.exists()
    store.collect_garbage()
    assert not Blob.objects.exists()


def test_nothing_of_a_locked_state_is_deleted(cast: Cast, maintainer: Any):
    maintainer.post(at(cast.library), state())
    maintainer.post(f"{at(cast.library)}/lock", lock())
    for address in (at(cast.library), f"{at(cast.library)}/versions/1"):
        answer = maintainer.delete(address)
        assert (answer.status_code, answer.json()) == (409, {"message": "409 Conflict - the state is locked"})
    assert StateVersion.objects.count() == 1


def test_one_version_is_deleted(cast: Cast, maintainer: Any):
    for serial in (1, 2):
        maintainer.post(at(cast.library), state(serial))
    assert maintainer.delete(f"{at(cast.library)}/versions/2").status_code == 204
    assert maintainer.delete(f"{at(cast.library)}/versions/2").status_code == 404
    assert maintainer.get(f"{at(cast.library)}/versions/{2**63}").status_code == 400
    assert maintainer.get(at(cast.library)).content == state(1)


# --- Who may ----------------------------------------------------------------------------------------------------------


def test_developers_read_and_maintainers_write(cast: Cast, api: Any, maintainer: Any):
    maintainer.post(at(cast.library), state())
    for user in (cast.developer, cast.reporter, cast.guest, cast.outsider):
        client = api(user)
        refused = 404 if user == cast.outsider else 403
        assert client.get(at(cast.library)).status_code == (200 if user == cast.developer else refused)
        assert client.post(at(cast.library), state(2)).status_code == refused
        assert client.post(f"{at(cast.library)}/lock", lock()).status_code == refused
        assert client.delete(f"{at(cast.library)}/lock").status_code == refused
        assert client.delete(f"{at(cast.library)}/versions/1").status_code == refused
        assert client.delete(at(cast.library)).status_code == refused
    assert not TerraformState.objects.get().is_locked


@pytest.mark.parametrize("visibility", Visibility)
def test_a_visitor_is_asked_to_sign_in(cast: Cast, api: Any, visibility: Visibility):
    group = projects.group("world", by=cast.owner, visibility=Visibility.PUBLIC)
    place = projects.project("place", group=group, by=cast.owner, visibility=visibility)
    api(cast.owner).post(at(place), state())
    for method, address in (("GET", ""), ("POST", ""), ("LOCK", "/lock"), ("GET", "/versions/1")):
        answer = api().request(method, f"{at(place)}{address}", lock() if method == "LOCK" else None)
        assert answer.status_code == 401
        assert answer["WWW-Authenticate"] == 'Basic realm="Terraform state"'


def test_a_job_works_on_the_state_of_its_own_project(cast: Cast, api: Any):
    headers = basic(cast.job_token(cast.library, cast.maintainer))
    client = api()
    assert client.post(f"{at(cast.library)}/lock", lock(), headers=headers).status_code == 200
    assert client.post(f"{at(cast.library)}?ID=one", state(), headers=headers).status_code == 200
    assert client.get(at(cast.library), headers=headers).content == state()
    assert client.delete(f"{at(cast.library)}/lock", lock(), headers=headers).status_code == 200
    assert StateVersion.objects.get().job == Job.objects.get()


def test_a_job_of_a_developer_only_reads(cast: Cast, api: Any, maintainer: Any):
    maintainer.post(at(cast.library), state())
    client = api(job=cast.job_token(cast.library))
    assert client.get(at(cast.library)).status_code == 200
    assert client.post(f"{at(cast.library)}/lock", lock()).status_code == 403


def test_a_job_of_another_project_needs_an_entry_that_grants_it(cast: Cast, api: Any, maintainer: Any):
    maintainer.post(at(cast.library), state())
    client = api(job=cast.job_token(user=cast.maintainer))
    hidden = client.get(at(cast.library))
    assert (hidden.status_code, hidden.json()) == (404, {"message": "404 Project Not Found"})
    entry = AllowlistEntry.objects.create(
        project=cast.library,
        target_project=cast.app,
        direction="inbound",
        default_permissions=False,
        permissions=["read_packages"],
    )
    assert "read_terraform_state." in client.get(at(cast.library)).json()["message"]
    assert "admin_terraform_state." in client.post(f"{at(cast.library)}/lock", lock()).json()["message"]
    entry.permissions = ["read_terraform_state"]
    entry.save()
    assert client.get(at(cast.library)).status_code == 200
    assert client.post(at(cast.library), state(2)).status_code == 403
    entry.permissions = ["admin_terraform_state"]
    entry.save()
    assert client.post(at(cast.library), state(2)).status_code == 200


def test_a_finished_job_is_refused(cast: Cast, api: Any):
    token = cast.job_token(cast.library, cast.maintainer, status="success")
    assert api().get(at(cast.library), headers=basic(token)).status_code == 401
