"""SSH keys and deploy keys over the API: shapes, refusals, and who may. tokens.md §6.5 and §6.9."""

from __future__ import annotations

from datetime import timedelta
from typing import Any
from urllib.parse import quote

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, rsa
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from django.utils import timezone

from audit.models import AuditEvent
from jobs.variables.predefined import server_variables
from ssh_keys.models import DeployKeyProject, SshKey
from ssh_keys.public_keys import InvalidKey, PublicKey
from tests.factories import projects
from tests.factories.cast import Cast
from tests.factories.people import token_for
from tests.factories.ssh_keys import deploy_key, ssh_key
from tests.support.public_keys import public_key

pytestmark = [pytest.mark.django_db, pytest.mark.once]

TAKEN = {"message": {"fingerprint_sha256": ["has already been taken"]}}
SK_ED25519 = (
    "sk-ssh-ed25519@openssh.com AAAAGnNrLXNzaC1lZDI1NTE5QG9wZW5zc2guY29tAAAAIAhGIkMAH2gA6l6fHDsyNHm5EWNdUu+D9eLTe/d8"
    "B0mkAAAABHNzaDo="
)


class TestPublicKeys:
    @pytest.mark.parametrize(
        "private",
        [Ed25519PrivateKey.generate(), *(ec.generate_private_key(curve()) for curve in (ec.SECP256R1, ec.SECP521R1))],
    )
    def test_the_usual_kinds_are_read(self, private: Any):
        text = public_key(private, "a@laptop")
        key = PublicKey.parse(f"  {text}\n")
        assert (f"{key.text} {key.comment}", len(key.sha256), len(key.md5)) == (text, 43, 47)

    def test_those_of_security_keys_are_read(self):
        assert PublicKey.parse(SK_ED25519).type == "sk-ssh-ed25519@openssh.com"

    def test_a_short_rsa_key_is_refused(self):
        with pytest.raises(InvalidKey, match="at least 2048 bits"):
            PublicKey.parse(public_key(rsa.generate_private_key(65537, 1024)))
        PublicKey.parse(public_key(rsa.generate_private_key(65537, 2048)))

    def test_what_is_no_single_key_is_refused(self):
        good = public_key()
        kind, encoded = good.split()
        for text in (
            "", "x", kind, f"{kind} AAAA", f"ssh-dss {encoded}", f'command="id" {good}', f"{good}\n{good}",
            f"{good} a\0b", f"ssh-rsa {encoded}", f"{kind} {encoded[:-4]}", f"{kind} {encoded}====", good * 200,
        ):  # fmt: skip
            with pytest.raises(InvalidKey):
                PublicKey.parse(text)


class TestKeysOfPeople:
    def test_a_person_adds_lists_reads_and_removes_their_own_keys(self, cast: Cast, api: Any):
        me = api(cast.developer)
        answer = me.post("/user/keys", {"title": "laptop", "key": public_key(comment="me@home.example")})
        assert answer.status_code == 201
        made = answer.json()
        assert set(made) == {"id", "title", "created_at", "expires_at", "last_used_at", "key", "usage_type"}
        assert made["usage_type"] == "auth_and_signing"
        assert "home.example" not in made["key"]
        assert [one["id"] for one in me.get("/user/keys").json()] == [made["id"]]
        assert me.get(f"/user/keys/{made['id']}").json() == made
        assert api(cast.maintainer).get(f"/user/keys/{made['id']}").status_code == 404
        assert api(cast.maintainer).get(f"/users/{cast.developer.pk}/keys/{made['id']}").json() == made
        assert api(cast.maintainer).delete(f"/users/{cast.developer.pk}/keys/{made['id']}").status_code == 403
        assert me.delete(f"/user/keys/{made['id']}").status_code == 204
        assert me.delete(f"/user/keys/{made['id']}").status_code == 404
        events = AuditEvent.objects.filter(event__startswith="ssh_key").values_list("event", flat=True)
        assert sorted(events) == ["ssh_key_added", "ssh_key_removed"]

    def test_a_fingerprint_is_there_once(self, cast: Cast, api: Any):
        text = public_key()
        assert api(cast.developer).post("/user/keys", {"title": "one", "key": text}).status_code == 201
        for address in ("/user/keys", f"/projects/{cast.library.pk}/deploy_keys"):
            answer = api(cast.maintainer).post(address, {"title": "two", "key": f"{text} other"})
            assert (answer.status_code, answer.json()) == (400, TAKEN)

    def test_bad_input_is_named(self, cast: Cast, api: Any):
        past = (timezone.now() - timedelta(days=1)).isoformat()
        good = public_key()
        for fields, name in (
            ({"title": "x"}, "key"), ({"key": good}, "title"), ({"title": "x", "key": "no"}, "key"),
            ({"title": "x", "key": good, "expires_at": past}, "expires_at"),
            ({"title": "x", "key": good, "usage_type": "all"}, "usage_type"), ({"title": " ", "key": good}, "title"),
        ):  # fmt: skip
            answer = api(cast.developer).post("/user/keys", fields)
            assert answer.status_code == 400, fields
            assert name in answer.content.decode()
        assert not SshKey.objects.exists()

    def test_a_title_is_one_line_of_what_can_be_printed(self, cast: Cast, api: Any):
        answer = api(cast.developer).post("/user/keys", {"title": " a\x1b[31m\nb ", "key": public_key()})
        assert answer.json()["title"] == "a[31m b"

    def test_administrators_add_and_find_anyones(self, cast: Cast, api: Any):
        root = api(cast.admin)
        made = root.post(f"/users/{cast.developer.pk}/keys", {"title": "x", "key": public_key()}).json()
        key = SshKey.objects.get(pk=made["id"])
        for text in (key.fingerprint, f"MD5:{key.fingerprint_md5}", key.fingerprint_md5):
            found = root.get(f"/keys?fingerprint={quote(text)}").json()
            assert (found["id"], found["user"]["username"]) == (key.pk, "developer")
        assert root.get(f"/keys/{key.pk}").json()["user"]["id"] == cast.developer.pk
        assert "deploy_keys_projects" not in root.get(f"/keys/{key.pk}").json()
        assert root.get("/keys?fingerprint=SHA256:no").status_code == 404
        assert root.get("/keys").status_code == 400
        assert api(cast.developer).get(f"/keys/{key.pk}").status_code == 403
        assert root.delete(f"/users/{cast.developer.pk}/keys/{key.pk}").status_code == 204

    def test_a_token_that_only_reads_adds_none_and_a_visitor_sees_none(self, cast: Cast, api: Any):
        reader = api(token=token_for(cast.developer, ("read_api",)))
        assert reader.post("/user/keys", {"title": "x", "key": public_key()}).status_code == 403
        assert reader.get("/user/keys").status_code == 200
        assert api().get(f"/users/{cast.developer.pk}/keys").status_code == 401


class TestDeployKeys:
    def test_maintainers_add_change_and_remove_them(self, cast: Cast, api: Any):
        place, me = f"/projects/{cast.library.pk}/deploy_keys", api(cast.maintainer)
        made = me.post(place, {"title": "robot", "key": public_key(comment="ci")}).json()
        assert set(made) == {
            "id", "title", "key", "fingerprint", "fingerprint_sha256", "created_at", "expires_at", "can_push"
        }  # fmt: skip
        assert (made["can_push"], made["key"].split()[2]) == (False, "ci")
        assert me.get(place).json() == [made]
        changed = me.put(f"{place}/{made['id']}", {"title": "renamed", "can_push": True}).json()
        assert (changed["title"], changed["can_push"]) == ("renamed", True)
        assert me.put(f"{place}/{made['id']}", {}).status_code == 400
        assert me.delete(f"{place}/{made['id']}").status_code == 204
        assert me.get(f"{place}/{made['id']}").status_code == 404
        assert not SshKey.objects.exists()

    def test_nobody_else_sees_them(self, cast: Cast, api: Any):
        key = deploy_key(cast.library, cast.maintainer)
        place = f"/projects/{cast.library.pk}/deploy_keys"
        for user, status in ((cast.developer, 403), (cast.outsider, 404)):
            for address in (place, f"{place}/{key.pk}"):
                assert api(user).get(address).status_code == status
            assert api(user).post(place, {"title": "x", "key": public_key()}).status_code == status
            assert api(user).delete(f"{place}/{key.pk}").status_code == status
        assert api(cast.maintainer).get("/deploy_keys").status_code == 403

    def test_a_maintainer_enables_keys_they_maintain_or_that_are_public(self, cast: Cast, api: Any):
        key = deploy_key(cast.app, cast.maintainer, can_push=True)
        me, place = api(cast.maintainer), f"/projects/{cast.library.pk}/deploy_keys"
        answer = me.post(f"{place}/{key.pk}/enable")
        assert (answer.status_code, answer.json()["can_push"]) == (201, False)
        again = me.post(place, {"title": "ignored", "key": key.public_key, "can_push": True}).json()
        assert (again["id"], again["title"], again["can_push"]) == (key.pk, "robot", False)
        other = projects.project("elsewhere", group=cast.acme, by=cast.owner)
        hidden = deploy_key(other, cast.owner).pk
        assert me.post(f"{place}/{hidden}/enable").status_code == me.post(f"{place}/999999/enable").status_code == 404
        assert me.post(f"{place}/{ssh_key(cast.maintainer).pk}/enable").status_code == 404
        public = api(cast.admin).post("/deploy_keys", {"title": "public", "key": public_key()}).json()["id"]
        assert me.post(f"{place}/{public}/enable").status_code == 201
        assert me.delete(f"{place}/{public}").status_code == 204
        assert SshKey.objects.filter(pk=public).exists()

    def test_what_counts_in_every_project_is_changed_by_who_maintains_them_all(self, cast: Cast, api: Any):
        other = projects.project("elsewhere", group=cast.acme, by=cast.owner)
        public = api(cast.admin).post("/deploy_keys", {"title": "public", "key": public_key()}).json()["id"]
        shared = deploy_key(other, cast.owner).pk
        DeployKeyProject.objects.create(key_id=shared, project=cast.library)
        me, place = api(cast.maintainer), f"/projects/{cast.library.pk}/deploy_keys"
        me.post(f"{place}/{public}/enable")
        soon = (timezone.now() + timedelta(seconds=60)).isoformat()
        for key in (public, shared):
            for change in ({"expires_at": soon}, {"title": "mine"}):
                answer = me.put(f"{place}/{key}", change)
                assert (answer.status_code, list(answer.json()["message"])) == (400, list(change))
            title = SshKey.objects.get(pk=key).title
            assert me.put(f"{place}/{key}", {"title": title, "can_push": True}).json()["can_push"] is True
        assert api(cast.admin).put(f"{place}/{public}", {"title": "renamed"}).json()["title"] == "renamed"

    def test_administrators_list_all_with_their_projects(
        self, cast: Cast, api: Any, django_assert_max_num_queries: Any
    ):
        key = deploy_key(cast.library, cast.maintainer, can_push=True)
        root = api(cast.admin)
        root.post(f"/projects/{cast.app.pk}/deploy_keys/{key.pk}/enable")
        root.post("/deploy_keys", {"title": "public", "key": public_key()})
        with django_assert_max_num_queries(12):
            first, second = root.get("/deploy_keys").json()
        assert [one["path"] for one in first["projects_with_write_access"]] == ["library"]
        assert [one["path"] for one in first["projects_with_readonly_access"]] == ["app"]
        assert (second["title"], second["projects_with_write_access"]) == ("public", [])
        assert [one["title"] for one in root.get("/deploy_keys?public=true").json()] == ["public"]
        places = root.get(f"/keys/{key.pk}").json()["deploy_keys_projects"]
        assert {(one["project_id"], one["can_push"]) for one in places} == {
            (cast.library.pk, True), (cast.app.pk, False)
        }  # fmt: skip

    def test_the_bot_of_a_project_token_makes_none(self, cast: Cast, api: Any):
        token = api(cast.maintainer).post(
            f"/projects/{cast.library.pk}/access_tokens", {"name": "bot", "scopes": ["api"], "access_level": 40}
        )
        bot = api(token=token.json()["token"])
        fields = {"title": "x", "key": public_key()}
        assert bot.post(f"/projects/{cast.library.pk}/deploy_keys", fields).status_code == 403
        assert bot.post("/user/keys", fields).status_code == 403


def test_the_address_over_ssh_is_named(cast: Cast, api: Any, settings: Any):
    address = f"/projects/{cast.library.pk}"
    settings.SSH_URL = "ssh://git@git.example.com:2222"
    variables = {one.key: one.value for one in server_variables()}
    assert (variables["CI_SERVER_SHELL_SSH_HOST"], variables["CI_SERVER_SHELL_SSH_PORT"]) == ("git.example.com", "2222")
    over_port = api(cast.developer).get(address).json()["ssh_url_to_repo"]
    assert over_port == f"ssh://git@git.example.com:2222/{cast.library.full_path}.git"
    settings.SSH_URL = "ssh://git@git.example.com"
    usual = api(cast.developer).get(address).json()["ssh_url_to_repo"]
    assert usual == f"git@git.example.com:{cast.library.full_path}.git"
    query = f'{{ project(fullPath: "{cast.library.full_path}") {{ sshUrlToRepo }} }}'
    answer = api(cast.developer).post("http://testserver/api/graphql", {"query": query}).json()
    assert answer["data"]["project"]["sshUrlToRepo"] == usual
