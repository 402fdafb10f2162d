"""The pages SSH keys, of a person, and Deploy keys, of a project; the keys in the administration."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from ssh_keys.models import DeployKeyProject, SshKey
from tests.factories.cast import Cast
from tests.factories.ssh_keys import deploy_key, ssh_key
from tests.support.public_keys import public_key

pytestmark = pytest.mark.django_db

OWN = "/-/user_settings/ssh_keys"
DEPLOY = "/acme/library/-/settings/deploy_keys"


def read(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_a_person_adds_sees_and_removes_a_key(client: Client, cast: Cast, settings: Any):
    settings.SSH_URL, settings.SSH_ENABLED = "ssh://git@git.example.com:2222", True
    client.force_login(cast.developer)
    assert "You have no SSH keys." in read(client, OWN)
    fields = {"key": public_key(comment="me@laptop"), "usage_type": "auth"}
    assert client.post(OWN, fields).status_code == 302
    key = SshKey.objects.get()
    assert (key.user, key.title, key.usage_type) == (cast.developer, "me@laptop", "auth")
    page = read(client, OWN)
    assert "me@laptop" in page
    assert "ssh -T -p 2222 git@git.example.com" in page
    again = client.post(OWN, fields).content.decode()
    assert "Has already been taken" in again
    assert (
        "This is a private key"
        in client.post(OWN, fields | {"key": "-----BEGIN OPENSSH PRIVATE KEY-----"}).content.decode()
    )
    for nonsense in ("me@laptop", "ssh-ed25519 AAAA"):
        assert "Paste the whole line" in client.post(OWN, fields | {"key": nonsense}).content.decode()
    assert "Remove me@laptop?" in read(client, f"{OWN}/{key.pk}/remove")
    client.force_login(cast.maintainer)
    assert client.post(f"{OWN}/{key.pk}/remove").status_code == 404
    client.force_login(cast.developer)
    assert client.post(f"{OWN}/{key.pk}/remove").status_code == 302
    assert not SshKey.objects.exists()


def test_maintainers_add_enable_change_and_remove_deploy_keys(client: Client, cast: Cast):
    client.force_login(cast.maintainer)
    assert "No deploy keys are enabled." in read(client, DEPLOY)
    assert client.post(DEPLOY, {"kind": "new", "key": public_key(), "title": "robot"}).status_code == 302
    enabled = DeployKeyProject.objects.get()
    assert (enabled.project, enabled.can_push) == (cast.library, False)
    assert "Let robot push?" in read(client, f"{DEPLOY}/{enabled.key_id}/push")
    client.post(f"{DEPLOY}/{enabled.key_id}/push")
    enabled.refresh_from_db()
    assert (enabled.can_push, enabled.granted_by) == (True, cast.maintainer)
    assert "as maintainer" in read(client, DEPLOY)
    other = deploy_key(cast.app, cast.maintainer, title="of the app")
    assert "of the app" in read(client, DEPLOY)
    assert client.post(DEPLOY, {"kind": "known", "known": other.pk}).status_code == 302
    assert client.post(DEPLOY, {"kind": "known", "known": ssh_key(cast.owner).pk}).status_code == 422
    assert cast.library.deploy_key_projects.count() == 2
    assert "Remove robot?" in read(client, f"{DEPLOY}/{enabled.key_id}/remove")
    client.post(f"{DEPLOY}/{enabled.key_id}/remove")
    assert client.get(f"{DEPLOY}/{enabled.key_id}/remove").status_code == 404


def test_nobody_below_maintainer_opens_the_deploy_keys(client: Client, cast: Cast):
    key = deploy_key(cast.library, cast.maintainer)
    for user, status in ((cast.developer, 403), (cast.outsider, 404)):
        client.force_login(user)
        for address in (DEPLOY, f"{DEPLOY}/{key.pk}/push", f"{DEPLOY}/{key.pk}/remove"):
            assert client.get(address).status_code == status
            assert client.post(address).status_code == status


def test_the_page_of_a_project_names_its_address_over_ssh(client: Client, cast: Cast, settings: Any):
    client.force_login(cast.developer)
    settings.SSH_URL, settings.SSH_ENABLED = "ssh://git@git.example.com", True
    assert "git@git.example.com:acme/library.git" in read(client, "/acme/library").replace("<wbr>", "")
    settings.SSH_ENABLED = False
    assert 'id="c-ssh"' not in read(client, "/acme/library")


def test_administrators_find_and_delete_keys(client: Client, cast: Cast):
    key = deploy_key(cast.library, cast.maintainer)
    client.force_login(cast.admin)
    address = "/admin/ssh_keys/sshkey/"
    assert "robot" in read(client, f"{address}?q={key.fingerprint.replace('+', '%2B')}")
    assert "acme/library" in read(client, f"{address}{key.pk}/change/")
    answer = client.post(address, {"action": "remove", "_selected_action": [key.pk]})
    assert answer.status_code == 302
    assert not SshKey.objects.exists()


def test_whose_a_key_is_is_found_by_its_fingerprint(client: Client, cast: Cast):
    client.force_login(cast.admin)
    for key, name in (
        (ssh_key(cast.developer), "developer"),
        (deploy_key(cast.library, cast.maintainer), "maintainer"),
    ):
        found = client.post("/-/tokens", {"token": key.fingerprint}).content.decode()
        assert key.title in found
        assert name in found
        slug = "deploy-key" if key.is_deploy_key else "SSH-key"
        address = f"/-/tokens/{slug}/{key.pk}/revoke"
        assert address in found
        assert client.post(address).status_code == 302
        assert not SshKey.objects.filter(pk=key.pk).exists()
