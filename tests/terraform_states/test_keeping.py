"""How long versions of a Terraform state are kept, and under which key."""

from __future__ import annotations

import json
from io import StringIO
from typing import Any

import pytest
from django.core.management import CommandError, call_command

from blobs import store
from blobs.models import path_of
from resources.terraform_states import services
from resources.terraform_states.models import StateVersion
from tests.factories.cast import Cast

NEW_KEY = "the key that comes after the first one, long enough"


def serials() -> list[int]:
    return sorted(StateVersion.objects.values_list("serial", flat=True))


@pytest.fixture
def address(cast: Cast) -> str:
    return f"/projects/{cast.library.pk}/terraform/state/production"


@pytest.fixture
def client(cast: Cast, api: Any) -> Any:
    return api(cast.maintainer)


def post(client: Any, address: str, *serials: int) -> None:
    for serial in serials:
        assert client.post(address, json.dumps({"serial": serial}).encode()).status_code == 200


# --- The number of versions -------------------------------------------------------------------------------------------


def test_all_versions_are_kept_unless_the_instance_says_otherwise(client: Any, address: str, settings: Any):
    post(client, address, *range(1, 5))
    assert serials() == [1, 2, 3, 4]
    settings.TERRAFORM_STATE_VERSIONS = 2
    post(client, address, 5)
    assert serials() == [4, 5]


def test_versions_over_the_limit_are_deleted_with_their_content(
    client: Any, address: str, settings: Any, django_capture_on_commit_callbacks: Any
):
    settings.TERRAFORM_STATE_VERSIONS = 1
    post(client, address, 1)
    path = path_of(StateVersion.objects.get().blob_id)
    assert path.exists()
    with django_capture_on_commit_callbacks(execute=True):
        post(client, address, 2)
    assert serials() == [2]
    store.collect_garbage()
    assert not path.exists()
    assert client.get(f"{address}/versions/1").status_code == 404


def test_what_was_just_stored_is_kept_whatever_its_serial(client: Any, address: str, settings: Any):
    settings.TERRAFORM_STATE_VERSIONS = 2
    post(client, address, 8, 9, 3)
    assert serials() == [3, 9]


# --- The key ----------------------------------------------------------------------------------------------------------


def reencrypt() -> str:
    output = StringIO()
    call_command("reencrypt_terraform_states", stdout=output, stderr=output)
    return output.getvalue()


@pytest.fixture
def under_new_key(client: Any, address: str, settings: Any) -> None:
    """One version under a former key, and one under the current one."""
    post(client, address, 1)
    settings.SECRET_KEY_FALLBACKS = [settings.SECRET_KEY]
    settings.SECRET_KEY = NEW_KEY
    post(client, address, 2)


def test_states_are_encrypted_with_the_current_key(under_new_key: None, client: Any, address: str, settings: Any):
    assert "1 encrypted anew, 1 were under the current key already." in reencrypt()
    assert "0 encrypted anew, 2 were under" in reencrypt()
    settings.SECRET_KEY_FALLBACKS = []
    assert [services.read_version(version) for version in StateVersion.objects.order_by("serial")] == [
        b'{"serial": 1}',
        b'{"serial": 2}',
    ]


def test_what_no_key_decrypts_is_named_and_left_alone(under_new_key: None, cast: Cast, settings: Any):
    settings.SECRET_KEY_FALLBACKS = []
    before = set(StateVersion.objects.values_list("blob_id", flat=True))
    output = StringIO()
    with pytest.raises(CommandError, match="1 could not be read"):
        call_command("reencrypt_terraform_states", stdout=output, stderr=output)
    assert "acme/library: production 1: no known key decrypts it" in output.getvalue()
    assert set(StateVersion.objects.values_list("blob_id", flat=True)) == before
