"""People and tokens in the administration."""

from __future__ import annotations

from typing import Any

import pytest
from axes.models import AccessAttempt
from django.test import Client

from audit.models import AuditEvent
from identity.models import PersonalToken, User
from projects.models import Group
from tests.factories import people
from tests.factories.cast import Cast

AT = "/admin/identity/user/"


@pytest.fixture
def desk(client: Client, cast: Cast) -> Client:
    client.force_login(cast.admin)
    return client


def new(**fields: Any) -> dict[str, Any]:
    secret = "a long enough secret"
    given = {"username": "nora", "name": "Nora", "email": "nora@example.org"}
    return {**given, "usable_password": "true", "password1": secret, "password2": secret, **fields}


class TestComingIn:
    def test_a_visitor_signs_in_where_everyone_does(self, client: Client, cast: Cast) -> None:
        answer = client.get(AT, follow=True)
        assert answer.redirect_chain[-1][0] == f"/users/sign_in?next={AT}"

    def test_nobody_else_comes_in(self, client: Client, cast: Cast) -> None:
        client.force_login(cast.owner)
        assert client.get(AT, follow=True).status_code == 403

    def test_ones_own_password_is_changed_where_everyone_does(self, desk: Client, cast: Cast) -> None:
        assert desk.get("/admin/password_change/")["Location"] == "/-/user_settings/password"

    def test_the_administration_offers_no_permissions_of_djangos_or_guardians_own(
        self, desk: Client, cast: Cast
    ) -> None:
        page = desk.get(f"{AT}{cast.developer.pk}/change/").content.decode()
        assert "user_permissions" not in page
        assert "object permissions" not in page.lower()
        assert "auth/group" not in desk.get("/admin/").content.decode()


class TestBots:
    def test_bots_get_no_password_and_are_not_unblocked(self, desk: Client, cast: Cast) -> None:
        bot = User.objects.create(username="project_1_bot", is_bot=True, is_active=False)
        secret = {"usable_password": "true", "password1": "a long enough secret", "password2": "a long enough secret"}
        answers = [
            desk.post(f"{AT}{bot.pk}/password/", secret, follow=True),
            desk.post(AT, {"action": "unblock", "_selected_action": [bot.pk, cast.guest.pk]}, follow=True),
        ]
        for answer in answers:
            assert "The bot of an access token cannot be changed" in answer.content.decode()
        bot.refresh_from_db()
        assert (bot.is_active, bot.check_password("a long enough secret")) == (False, False)


class TestPeople:
    def test_a_person_is_made_with_a_namespace(self, desk: Client, cast: Cast) -> None:
        assert desk.post(f"{AT}add/", new()).status_code == 302
        nora = User.objects.get(username="nora")
        assert nora.check_password("a long enough secret")
        assert Group.objects.filter(person=nora).exists()
        assert AuditEvent.objects.filter(event="person_created", actor_name="admin", target_id=nora.pk).exists()

    def test_a_person_may_be_made_without_a_password(self, desk: Client, cast: Cast) -> None:
        fields = new(usable_password="false", password1="", password2="")
        assert desk.post(f"{AT}add/", fields).status_code == 302
        assert not User.objects.get(username="nora").has_usable_password()

    @pytest.mark.parametrize(
        ("fields", "words"),
        [
            ({"username": "acme"}, "has already been taken"),
            ({"username": "DEVELOPER"}, "has already been taken"),
            ({"username": "api"}, "is a reserved name"),
            ({"username": "a b"}, "can contain only"),
            ({"password1": "short", "password2": "short"}, "too short"),
        ],
    )
    def test_a_refusal_stands_at_its_field(self, desk: Client, cast: Cast, fields: Any, words: str) -> None:
        answer = desk.post(f"{AT}add/", new(**fields))
        assert answer.status_code == 200
        assert words in answer.content.decode()
        assert not User.objects.filter(email="nora@example.org").exists()

    def test_a_change_is_in_both_histories(self, desk: Client, cast: Cast) -> None:
        at = f"{AT}{cast.guest.pk}/change/"
        answer = desk.post(at, {"username": "guest", "name": "Gale", "email": "", "is_superuser": "on"})
        assert answer.status_code == 302
        cast.guest.refresh_from_db()
        assert (cast.guest.name, cast.guest.is_superuser, cast.guest.is_staff) == ("Gale", True, True)
        assert AuditEvent.objects.filter(event="person_updated", target_id=cast.guest.pk).exists()
        assert "Changed" in desk.get(f"{AT}{cast.guest.pk}/history/").content.decode()

    def test_the_last_administrator_stays(self, desk: Client, cast: Cast) -> None:
        answer = desk.post(f"{AT}{cast.admin.pk}/change/", {"username": "admin", "name": "A"}, follow=True)
        assert "The last administrator stays" in answer.content.decode()
        assert User.objects.get(pk=cast.admin.pk).is_superuser

    def test_a_password_is_set_and_the_audit_log_says_so(self, desk: Client, cast: Cast) -> None:
        secret = "another long secret"
        fields = {"usable_password": "true", "password1": secret, "password2": secret}
        assert desk.post(f"{AT}{cast.guest.pk}/password/", fields).status_code == 302
        assert User.objects.get(pk=cast.guest.pk).check_password(secret)
        assert AuditEvent.objects.filter(event="password_changed", actor_name="admin").exists()
        assert desk.get(AT).status_code == 200, "nobody else is signed out"

    def test_many_people_are_blocked_and_unblocked(self, desk: Client, cast: Cast) -> None:
        chosen = [cast.guest.pk, cast.reporter.pk, cast.admin.pk]
        answer = desk.post(AT, {"action": "block", "_selected_action": chosen}, follow=True)
        assert "You cannot block yourself" in answer.content.decode()
        assert not User.objects.filter(username__in=["guest", "reporter"], is_active=True).exists()
        desk.post(AT, {"action": "unblock", "_selected_action": chosen})
        assert not User.objects.filter(is_active=False).exists()

    def test_a_person_is_deleted(self, desk: Client, cast: Cast) -> None:
        assert desk.post(f"{AT}{cast.guest.pk}/delete/", {"post": "yes"}).status_code == 302
        assert not User.objects.filter(pk=cast.guest.pk).exists()
        assert AuditEvent.objects.filter(event="person_deleted", target_path="guest").exists()

    def test_the_only_owner_of_a_group_stays(self, desk: Client, cast: Cast) -> None:
        answer = desk.post(f"{AT}{cast.owner.pk}/delete/", {"post": "yes"}, follow=True)
        assert "is the only owner of acme" in answer.content.decode()
        assert User.objects.filter(pk=cast.owner.pk).exists()

    @pytest.mark.parametrize("query", ["q=develop", "is_active__exact=1", "is_superuser__exact=0"])
    def test_people_are_searched_and_filtered(self, desk: Client, cast: Cast, query: str) -> None:
        assert desk.get(f"{AT}?{query}").status_code == 200


class TestTokens:
    at = "/admin/identity/personaltoken/"

    def test_tokens_are_seen_without_secrets(self, desk: Client, cast: Cast) -> None:
        secret = people.token_for(cast.developer)
        token = PersonalToken.objects.get()
        for path in (self.at, f"{self.at}{token.pk}/change/", f"{self.at}?q=developer&state=active"):
            page = desk.get(path).content.decode()
            assert "developer" in page
            assert token.digest not in page
            assert secret not in page

    def test_tokens_are_revoked(self, desk: Client, cast: Cast, api: Any) -> None:
        secret = people.token_for(cast.developer)
        chosen = {"action": "revoke", "_selected_action": [PersonalToken.objects.get().pk]}
        assert desk.post(self.at, chosen).status_code == 302
        assert api(token=secret).get("/user").status_code == 401
        assert AuditEvent.objects.filter(event="token_revoked", actor_name="admin").exists()

    def test_none_is_made_changed_or_deleted_here(self, desk: Client, cast: Cast) -> None:
        people.token_for(cast.developer)
        pk = PersonalToken.objects.get().pk
        assert desk.get(f"{self.at}add/").status_code == 403
        assert desk.post(f"{self.at}{pk}/change/", {"name": "x"}).status_code == 403
        assert desk.post(f"{self.at}{pk}/delete/", {"post": "yes"}).status_code == 403


class TestSignIn:
    @pytest.fixture
    def attempt(self) -> AccessAttempt:
        found: AccessAttempt = AccessAttempt.objects.create(
            username="developer", ip_address="10.0.0.1", failures_since_start=10, path_info="/users/sign_in"
        )
        return found

    def test_a_name_that_was_locked_out_is_let_try_again(self, desk: Client, attempt: AccessAttempt) -> None:
        desk.post("/admin/axes/accessattempt/", {"action": "unlock", "_selected_action": [attempt.pk]})
        assert not AccessAttempt.objects.exists()
        assert AuditEvent.objects.get(event="sign_in_unlocked").message == (
            "developer may try to sign in from 10.0.0.1 again"
        )

    def test_nobody_rewrites_what_happened(self, desk: Client, attempt: AccessAttempt) -> None:
        address = f"/admin/axes/accessattempt/{attempt.pk}/change/"
        assert "developer" in desk.get(address).content.decode()
        assert desk.post(address, {"username": "other"}).status_code == 403
        assert desk.post(f"/admin/axes/accessattempt/{attempt.pk}/delete/", {"post": "yes"}).status_code == 403
        for model in ("accessattempt", "accesslog", "accessfailurelog"):
            assert desk.get(f"/admin/axes/{model}/").status_code == 200
            assert desk.get(f"/admin/axes/{model}/add/").status_code == 403


def test_every_page_of_the_administration_has_the_portals_icon_and_colours(desk: Client) -> None:
    for address in ("/admin/", AT, "/admin/audit/auditevent/"):
        page = desk.get(address).content.decode()
        assert '<link rel="icon" href="/assets/favicon' in page
        assert "/assets/admin." in page
