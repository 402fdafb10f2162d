"""Who signed in a while ago proves who they are once more before a secret is made."""

from __future__ import annotations

import re
from html import unescape
from typing import Any

import pytest
from django.core.cache import cache
from django.test import Client

from identity.models import PersonalToken, User
from tests.factories.cast import Cast
from tests.factories.ssh_keys import deploy_key
from tests.support.second_factors import code, enable_two_factor

TOKENS = "/-/user_settings/personal_access_tokens"
APP = "/-/user_settings/two_factor/app"
PASSWORD = "let me in please"
NEW = {"name": "deploy", "scopes": ["read_api", "read_user"]}


@pytest.fixture
def old_session(client: Client, cast: Cast) -> Client:
    """Of a maintainer who signed in an hour ago."""
    client.force_login(cast.maintainer)
    session = client.session
    session["identity_proven_at"] -= 3600
    session.save()
    return client


def fields(page: str) -> dict[str, list[str]]:
    """What the form of the page sends, hidden fields included."""
    found: dict[str, list[str]] = {}
    for name, value in re.findall(r'<input type="hidden" name="([^"]+)" value="([^"]*)"', page):
        found.setdefault(name, []).append(unescape(value))
    return found


def test_what_was_filled_in_is_kept(old_session: Client, cast: Cast) -> None:
    asked = old_session.post(TOKENS, NEW)
    page = asked.content.decode()
    assert asked.status_code == 403
    assert "Confirm that it is you" in page
    assert not PersonalToken.objects.exists()
    sent = fields(page)
    assert sent["scopes"] == NEW["scopes"]
    wrong = old_session.post(TOKENS, {**sent, "confirm-password": "wrong"})
    assert "The password is incorrect." in wrong.content.decode()
    assert "wrong" not in str(fields(wrong.content.decode()))
    made = old_session.post(TOKENS, {**fields(wrong.content.decode()), "confirm-password": PASSWORD})
    assert "glpat-" in made.content.decode()
    assert PersonalToken.objects.get().scopes == NEW["scopes"]
    assert old_session.post(TOKENS, {**NEW, "name": "another"}).status_code == 200, "not asked again for a while"


def test_no_other_method_passes_by_the_question(old_session: Client, cast: Cast) -> None:
    enable_two_factor(cast.maintainer)
    for address in (APP, f"{APP}/remove", f"{APP.removesuffix('/app')}/recovery_codes/new"):
        assert {old_session.generic(method, address).status_code for method in ("PUT", "PATCH", "OPTIONS")} == {405}
        assert old_session.post(address).status_code == 403


def test_who_signed_in_just_now_is_not_asked(client: Client, cast: Cast) -> None:
    client.post("/users/sign_in", {"username": "maintainer", "password": PASSWORD})
    assert "glpat-" in client.post(TOKENS, NEW).content.decode()


def test_looking_takes_no_proof(old_session: Client, cast: Cast) -> None:
    assert old_session.get(TOKENS).status_code == 200


def test_reauthentication_can_be_turned_off(old_session: Client, settings: Any) -> None:
    settings.REAUTHENTICATION_MINUTES = 0
    assert "glpat-" in old_session.post(TOKENS, NEW).content.decode()


@pytest.mark.parametrize(
    ("at", "form"),
    [
        ("/acme/library/-/settings/access_tokens", {"kind": "access", "name": "x"}),
        ("/acme/library/-/settings/access_tokens", {"kind": "deploy", "name": "x"}),
        ("/acme/library/-/settings/ci_cd/runners/new", {}),
        ("/acme/library/-/settings/ci_cd/triggers", {"description": "x"}),
    ],
)
def test_every_page_that_makes_one_asks(old_session: Client, at: str, form: dict[str, str]) -> None:
    answer = old_session.post(at, form)
    assert answer.status_code == 403
    assert "Confirm that it is you" in answer.content.decode()


def test_the_api_is_no_way_around_it(cast: Cast) -> None:
    client = Client()
    client.force_login(cast.maintainer)
    asked = {"name": "x", "scopes": ["api"]}
    at = f"/api/v4/projects/{cast.library.pk}/access_tokens"
    session = client.session
    session["identity_proven_at"] -= 3600
    session.save()
    answer = client.post(at, asked, content_type="application/json")
    assert answer.status_code == 403
    assert "Sign in again" in answer.json()["message"]
    assert client.get(at).status_code == 200
    key = deploy_key(cast.library, cast.maintainer)
    widened = f"/api/v4/projects/{cast.library.pk}/deploy_keys/{key.pk}"
    assert client.put(widened, {"can_push": True}, content_type="application/json").status_code == 403
    assert client.delete(widened).status_code == 403
    change = f'projectCiCdSettingsUpdate(input: {{fullPath: "{cast.library.full_path}"}}) {{ errors }}'
    mutation = {"query": f"mutation {{ {change} }}"}
    refused = client.post("/api/graphql", mutation, content_type="application/json")
    assert (refused.status_code, "Sign in again" in refused.content.decode()) == (403, True)
    read = {"query": "{ currentUser { username } }"}
    assert client.post("/api/graphql", read, content_type="application/json").status_code == 200
    session["identity_proven_at"] += 3600
    session.save()
    assert client.post(at, asked, content_type="application/json").status_code == 201
    assert client.post("/api/graphql", mutation, content_type="application/json").status_code == 200
    assert client.delete(widened).status_code == 204


def test_a_second_factor_renews_an_old_session_as_the_password_does(old_session: Client, cast: Cast) -> None:
    cache.clear()
    codes = enable_two_factor(cast.maintainer)
    assert old_session.post(TOKENS, {**NEW, "confirm-code": "000000"}).status_code == 403
    assert "glpat-" in old_session.post(TOKENS, {**NEW, "confirm-code": code()}).content.decode()
    other = Client()
    other.force_login(cast.maintainer)
    session = other.session
    session["identity_proven_at"] = 0
    session.save()
    assert "glpat-" in other.post(TOKENS, {**NEW, "confirm-code": codes[0]}).content.decode()


def test_a_page_that_shows_a_secret_asks_when_it_is_opened(old_session: Client, cast: Cast) -> None:
    asked = old_session.get(APP)
    assert asked.status_code == 403
    assert "totp-key" not in asked.content.decode()
    confirmed = old_session.post(APP, {**fields(asked.content.decode()), "confirm-password": PASSWORD})
    assert confirmed["Location"] == APP
    assert "totp-key" in old_session.get(APP).content.decode()


def test_guesses_count_as_wrong_passwords(old_session: Client, cast: Cast) -> None:
    for _ in range(9):
        old_session.post(TOKENS, {**NEW, "confirm-password": "wrong"})
    assert old_session.post(TOKENS, {**NEW, "confirm-password": "wrong"}).status_code == 429
    assert old_session.post(TOKENS, {**NEW, "confirm-password": PASSWORD}).status_code == 429


def test_another_site_cannot_confirm(cast: Cast) -> None:
    client = Client(enforce_csrf_checks=True)
    client.force_login(cast.maintainer)
    assert client.post(TOKENS, {**NEW, "confirm-password": PASSWORD}).status_code == 403
    assert not PersonalToken.objects.exists()


@pytest.mark.parametrize("proof", ["confirm-credential", "confirm-other"])
def test_nothing_else_is_a_proof(old_session: Client, proof: str) -> None:
    assert old_session.post(TOKENS, {**NEW, proof: "{}"}).status_code == 403
    assert not PersonalToken.objects.exists()


class TestAdministrators:
    """Whoever holds an administrator's old session could keep the way in, by a password of their choice."""

    new = {"usable_password": "true", "password1": "chosen-by-a-thief-1", "password2": "chosen-by-a-thief-1"}

    @pytest.fixture
    def desk(self, client: Client, cast: Cast) -> Client:
        client.force_login(cast.admin)
        session = client.session
        session["identity_proven_at"] -= 3600
        session.save()
        return client

    def test_their_desk_asks_before_it_changes_anything(self, desk: Client, cast: Cast) -> None:
        at = f"/admin/identity/user/{cast.admin.pk}/password/"
        asked = desk.post(at, self.new)
        assert asked.status_code == 403
        assert "Confirm that it is you" in asked.content.decode()
        assert User.objects.get(pk=cast.admin.pk).check_password(PASSWORD)
        page = fields(asked.content.decode())
        assert desk.post(at, {**page, "confirm-password": PASSWORD}).status_code == 302
        assert not User.objects.get(pk=cast.admin.pk).check_password(PASSWORD)

    def test_actions_of_a_list_are_kept(self, desk: Client, cast: Cast) -> None:
        at = "/admin/identity/user/"
        people = [cast.developer.pk, cast.maintainer.pk]
        chosen = {"action": "block", "_selected_action": people}
        asked = desk.post(at, chosen)
        assert asked.status_code == 403
        desk.post(at, {**fields(asked.content.decode()), "confirm-password": PASSWORD})
        assert not User.objects.filter(pk__in=people, is_active=True).exists()

    def test_looking_takes_no_proof(self, desk: Client) -> None:
        assert desk.get("/admin/").status_code == 200

    def test_the_api_changes_nothing_without_a_new_sign_in(self, desk: Client, cast: Cast) -> None:
        at = f"/api/v4/users/{cast.admin.pk}"
        answer = desk.put(at, {"password": "chosen-by-a-thief-1"}, content_type="application/json")
        assert answer.status_code == 403
        assert "Sign in again" in answer.json()["message"]
        at = f"/api/v4/users/{cast.developer.pk}/disable_two_factor"
        assert "Sign in again" in desk.patch(at, {}, content_type="application/json").json()["message"]


def test_the_page_of_the_password_counts_guesses(old_session: Client, cast: Cast) -> None:
    new = {"new_password1": "chosen-by-a-thief-1", "new_password2": "chosen-by-a-thief-1"}
    at = "/-/user_settings/password"
    for _ in range(9):
        assert old_session.post(at, {**new, "old_password": "wrong"}).status_code == 422
    assert old_session.post(at, {**new, "old_password": "wrong"}).status_code == 429
    assert old_session.post(at, {**new, "old_password": PASSWORD}).status_code == 429
    assert User.objects.get(pk=cast.maintainer.pk).check_password(PASSWORD)
