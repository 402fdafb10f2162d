"""Signing in with a second factor: turning it on, being asked for it, losing it."""

from __future__ import annotations

import base64
import re
from typing import Any

import pytest
from allauth.mfa.models import Authenticator
from django.contrib.sessions.models import Session
from django.core.cache import cache
from django.core.management import call_command
from django.db import connection
from django.test import Client
from django.test.utils import CaptureQueriesContext

from audit.models import AuditEvent
from identity.encryption import decrypt
from tests.factories import people
from tests.factories.cast import Cast
from tests.support.second_factors import SECRET, code, enable_two_factor

AT = "/users/sign_in"
SECOND = "/users/sign_in/two_factor"
ACCOUNT = "/-/user_settings/two_factor"
PASSWORD = "let me in please"


@pytest.fixture(autouse=True)
def _no_codes_used() -> None:
    cache.clear()  # people have the same ids in each test, and codes last half a minute


def sign_in(client: Client, username: str = "maintainer", **more: str) -> Any:
    return client.post(AT, {"username": username, "password": PASSWORD, **more})


def give(client: Client, given: str) -> Any:
    return client.post(SECOND, {"code": given})


def is_signed_in(client: Client) -> bool:
    return "_auth_user_id" in client.session


class TestTurningItOn:
    def test_an_app_is_set_up_and_the_recovery_codes_are_shown_once(self, client: Client, cast: Cast) -> None:
        client.force_login(cast.maintainer)
        assert "Off" in client.get(ACCOUNT).content.decode()
        page = client.get(f"{ACCOUNT}/app").content.decode()
        secret = re.search(r'<code id="totp-key">([A-Z2-7]+)</code>', page)[1]  # type: ignore[index]
        assert client.post(f"{ACCOUNT}/app", {"code": "000000"}).status_code == 200, "a wrong one"
        answer = client.post(f"{ACCOUNT}/app", {"code": code(secret)})
        assert answer["Location"] == f"{ACCOUNT}/recovery_codes"
        shown = client.get(answer["Location"])
        codes = re.findall(r"\b\d{8}\b", shown.content.decode())
        assert len(codes) == 10
        assert "no-store" in shown["Cache-Control"]
        again = client.get(answer["Location"]).content.decode()
        assert not any(one in again for one in codes)
        assert "10 codes are left" in client.get(ACCOUNT).content.decode()
        assert AuditEvent.objects.filter(event="two_factor_added", target_id=cast.maintainer.pk).count() == 2

    def test_the_code_that_turned_the_app_on_does_not_sign_in(self, client: Client, cast: Cast) -> None:
        client.force_login(cast.maintainer)
        page = client.get(f"{ACCOUNT}/app").content.decode()
        secret = re.search(r'<code id="totp-key">([A-Z2-7]+)</code>', page)[1]  # type: ignore[index]
        given = code(secret)
        client.post(f"{ACCOUNT}/app", {"code": given})
        other = Client()
        sign_in(other)
        give(other, given)
        assert not is_signed_in(other)

    def test_no_secret_is_in_the_database_in_clear(self, client: Client, cast: Cast) -> None:
        client.force_login(cast.maintainer)
        page = client.get(f"{ACCOUNT}/app").content.decode()
        pending = re.search(r'<code id="totp-key">([A-Z2-7]+)</code>', page)[1]  # type: ignore[index]
        assert pending not in str([row.get_decoded() for row in Session.objects.all()])
        codes = enable_two_factor(cast.developer)
        kept = str(list(Authenticator.objects.values()))
        assert SECRET not in kept
        assert not any(one in kept for one in codes)
        totp = Authenticator.objects.get(user=cast.developer, type="totp")
        assert decrypt(totp.data["secret"]) == SECRET

    def test_new_codes_end_the_old_ones(self, client: Client, cast: Cast) -> None:
        old = enable_two_factor(cast.maintainer)
        client.force_login(cast.maintainer)
        client.post(f"{ACCOUNT}/recovery_codes/new")
        other = Client()
        sign_in(other)
        give(other, old[0])
        assert not is_signed_in(other)

    def test_it_is_removed_by_the_person(self, client: Client, cast: Cast) -> None:
        enable_two_factor(cast.maintainer)
        client.force_login(cast.maintainer)
        assert client.post(f"{ACCOUNT}/app/remove")["Location"] == ACCOUNT
        assert not Authenticator.objects.exists(), "the recovery codes went with it"
        assert sign_in(Client())["Location"] == "/"


class TestBeingAsked:
    def test_the_password_alone_signs_nobody_in(self, client: Client, cast: Cast) -> None:
        enable_two_factor(cast.maintainer)
        assert sign_in(client, next=ACCOUNT, remember="on")["Location"] == SECOND
        assert not is_signed_in(client)
        assert client.get(ACCOUNT).status_code == 302
        answer = give(client, code())
        assert answer["Location"] == ACCOUNT
        assert is_signed_in(client)
        assert answer.cookies["sessionid"]["max-age"] == 14 * 86400, "what was ticked beside the password"

    def test_the_administration_has_no_other_way_in(self, client: Client, cast: Cast) -> None:
        enable_two_factor(cast.admin)
        at = client.get("/admin/", follow=True).redirect_chain[-1][0]
        assert at.startswith(AT)
        sign_in(client, cast.admin.username, next="/admin/")
        assert client.get("/admin/").status_code == 302
        assert give(client, code())["Location"] == "/admin/"
        assert client.get("/admin/").status_code == 200

    def test_a_code_counts_once(self, client: Client, cast: Cast) -> None:
        enable_two_factor(cast.maintainer)
        given = code()
        for browser, expected in ((client, True), (Client(), False)):
            sign_in(browser)
            give(browser, given)
            assert is_signed_in(browser) is expected
        cache.clear()  # as in another process
        other = Client()
        sign_in(other)
        give(other, given)
        assert not is_signed_in(other)

    def test_a_recovery_code_counts_once(self, client: Client, cast: Cast) -> None:
        codes = enable_two_factor(cast.maintainer)
        for browser, expected in ((client, True), (Client(), False)):
            sign_in(browser)
            give(browser, codes[3])
            assert is_signed_in(browser) is expected

    def test_nobody_comes_to_the_second_question_without_the_first(self, client: Client, cast: Cast) -> None:
        enable_two_factor(cast.maintainer)
        assert client.get(SECOND)["Location"] == AT
        assert give(client, code())["Location"] == AT

    def test_a_blocked_person_is_not_signed_in_by_it(self, client: Client, cast: Cast) -> None:
        enable_two_factor(cast.maintainer)
        sign_in(client)
        cast.maintainer.is_active = False
        cast.maintainer.save()
        give(client, code())
        assert client.get(ACCOUNT).status_code == 302

    def test_a_password_that_was_changed_meanwhile_does_not_count(self, client: Client, cast: Cast) -> None:
        enable_two_factor(cast.maintainer)
        sign_in(client)
        cast.maintainer.set_password("another one entirely")
        cast.maintainer.save()
        assert give(client, code())["Location"] == AT
        assert not is_signed_in(client)
        assert give(client, code())["Location"] == AT, "it begins anew"

    @pytest.mark.parametrize("given", ["", "x" * 5000, "１２３４５６", "12 34 56", "'", "\0"])
    def test_nonsense_is_survived(self, client: Client, cast: Cast, given: str) -> None:
        enable_two_factor(cast.maintainer)
        sign_in(client)
        assert give(client, given).status_code == 200
        assert not is_signed_in(client)


class TestGuessing:
    def test_wrong_codes_count_as_wrong_passwords_do(self, client: Client, cast: Cast) -> None:
        enable_two_factor(cast.maintainer)
        sign_in(client)
        assert [give(client, "000000").status_code for _ in range(10)] == [200] * 9 + [429]
        assert give(client, code()).status_code == 429
        assert sign_in(client).status_code == 429

    def test_they_lock_out_nobody_at_another_address(self, client: Client, cast: Cast) -> None:
        enable_two_factor(cast.maintainer)
        sign_in(client)
        for _ in range(10):
            give(client, "000000")
        elsewhere = Client(REMOTE_ADDR="198.51.100.7")
        sign_in(elsewhere)
        give(elsewhere, code())
        assert is_signed_in(elsewhere)

    def test_a_right_password_forgives_nothing_before_the_code(self, client: Client, cast: Cast) -> None:
        enable_two_factor(cast.maintainer)
        for _ in range(5):
            client.post(AT, {"username": "maintainer", "password": "wrong"})
        sign_in(client)
        assert [give(client, "000000").status_code for _ in range(5)][-1] == 429


class TestPrograms:
    def clone(self, client: Client, password: str) -> Any:
        known = base64.b64encode(f"maintainer:{password}".encode()).decode()
        at = "/acme/library.git/info/refs?service=git-upload-pack"
        return client.get(at, headers={"Authorization": f"Basic {known}"})

    def test_git_takes_a_token_instead_of_the_password(self, client: Client, cast: Cast) -> None:
        assert self.clone(client, PASSWORD).status_code == 200
        enable_two_factor(cast.maintainer)
        refused, wrong = self.clone(client, PASSWORD), self.clone(client, "wrong")
        assert refused.status_code == 401
        assert "two-factor" in refused.content.decode()
        assert refused.content == wrong.content, "nothing is told about the password"
        assert self.clone(client, people.token_for(cast.maintainer)).status_code == 200

    def test_git_does_not_say_which_password_is_right_by_counting(self, client: Client, cast: Cast) -> None:
        enable_two_factor(cast.maintainer)
        assert [self.clone(client, PASSWORD).status_code for _ in range(10)] == [401] * 9 + [429]


class TestHelp:
    def test_an_administrator_resets_it(self, cast: Cast, api: Any) -> None:
        enable_two_factor(cast.maintainer)
        at = f"/users/{cast.maintainer.pk}/disable_two_factor"
        assert api(cast.developer).patch(at).status_code == 403
        assert api(cast.admin).patch(at).status_code == 204
        assert api(cast.admin).patch(at).status_code == 400
        assert sign_in(Client())["Location"] == "/"
        assert AuditEvent.objects.filter(event="two_factor_reset", actor_id=cast.admin.pk).exists()

    def test_the_api_says_who_has_a_second_factor(self, cast: Cast, api: Any) -> None:
        enable_two_factor(cast.maintainer)
        admin = api(cast.admin)
        assert admin.get(f"/users/{cast.maintainer.pk}").json()["two_factor_enabled"] is True
        assert api(cast.developer).get("/user").json()["two_factor_enabled"] is False
        enabled = [one["username"] for one in admin.get("/users?two_factor=enabled").json()]
        disabled = [one["username"] for one in admin.get("/users?two_factor=disabled").json()]
        assert enabled == ["maintainer"]
        assert "developer" in disabled
        assert "maintainer" not in disabled

    def test_not_by_token_of_an_administrator(self, cast: Cast, api: Any) -> None:
        enable_two_factor(cast.admin)
        assert api(cast.admin).patch(f"/users/{cast.admin.pk}/disable_two_factor").status_code == 403
        other = people.UserFactory.create(is_superuser=True)
        enable_two_factor(other)
        assert api(cast.admin).put(f"/users/{other.pk}", {"admin": False}).status_code == 200
        assert api(cast.admin).patch(f"/users/{other.pk}/disable_two_factor").status_code == 403, "nor by way of that"
        call_command("reset_two_factor", cast.admin.username, stdout=open("/dev/null", "w"))  # noqa: SIM115
        assert not Authenticator.objects.filter(user=cast.admin).exists()

    def test_the_administration_resets_the_second_factor(self, client: Client, cast: Cast) -> None:
        enable_two_factor(cast.maintainer)
        client.force_login(cast.admin)
        chosen = {"action": "reset_two_factor", "_selected_action": [cast.maintainer.pk]}
        client.post("/admin/identity/user/", chosen)
        assert not Authenticator.objects.exists()
        assert client.get("/admin/mfa/authenticator/").status_code == 200


def test_requests_that_do_not_sign_in_ask_nothing_more(cast: Cast, api: Any) -> None:
    enable_two_factor(cast.maintainer)
    with CaptureQueriesContext(connection) as asked:
        api(cast.maintainer).get(f"/projects/{cast.library.pk}/job_token_scope")
        api(job=cast.job_token()).get("/job")
    assert not [query["sql"] for query in asked if "mfa_" in query["sql"] or "usersession" in query["sql"]]


class TestTheInstanceRequiresIt:
    @pytest.fixture(autouse=True)
    def _require(self, cast: Cast, api: Any) -> None:
        enable_two_factor(cast.admin)
        self.earlier = {name: Client() for name in ("maintainer", "admin")}
        sign_in(self.earlier["maintainer"])
        sign_in(self.earlier["admin"], cast.admin.username)
        give(self.earlier["admin"], code())
        answer = api(cast.admin).put("/application/settings", {"require_two_factor_authentication": True})
        assert answer.json()["require_two_factor_authentication"] is True

    def test_sessions_without_it_end_and_others_go_on(self) -> None:
        assert self.earlier["maintainer"].get(ACCOUNT).status_code == 302
        assert self.earlier["admin"].get(ACCOUNT).status_code == 200

    def test_nothing_opens_before_it_is_set_up(self, client: Client, cast: Cast) -> None:
        sign_in(client)
        for at in ("/", "/acme/library", "/api/v4/user", "/admin/", "/-/user_settings/personal_access_tokens"):
            assert client.get(at)["Location"] == ACCOUNT, at
        assert client.post("/-/user_settings/personal_access_tokens", {"name": "x", "scopes": "api"}).status_code == 302
        assert "signs in with two factors" in client.get(ACCOUNT).content.decode()
        page = client.get(f"{ACCOUNT}/app").content.decode()
        secret = re.search(r'<code id="totp-key">([A-Z2-7]+)</code>', page)[1]  # type: ignore[index]
        client.post(f"{ACCOUNT}/app", {"code": code(secret)})
        assert client.get("/acme/library").status_code == 200
        client.post(f"{ACCOUNT}/app/remove")
        assert client.get("/acme/library")["Location"] == ACCOUNT

    def test_signing_out_is_possible(self, client: Client, cast: Cast) -> None:
        sign_in(client)
        assert client.post("/users/sign_out")["Location"] == AT

    def test_passwords_open_no_repository_and_tokens_do(self, client: Client, cast: Cast) -> None:
        programs = TestPrograms()
        assert programs.clone(client, PASSWORD).status_code == 401
        assert programs.clone(client, people.token_for(cast.maintainer)).status_code == 200
