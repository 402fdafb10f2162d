"""Signing in and out with a browser, the lock-out, and the password."""

from __future__ import annotations

import base64
from typing import Any

import pytest
from django.test import Client

from audit.models import AuditEvent
from tests.factories import people
from tests.factories.cast import Cast

PASSWORD = "let me in please"
WRONG = "Incorrect username or password."
AT = "/users/sign_in"


def sign_in(client: Client, username: str, password: str = PASSWORD, **more: str) -> Any:
    return client.post(AT, {"username": username, "password": password, **more})


class TestSigningIn:
    def test_it_leads_where_one_wanted_to_go(self, client: Client, cast: Cast) -> None:
        wanted = "/-/user_settings/personal_access_tokens"
        asked = client.get(wanted)
        assert asked.status_code == 302
        assert asked["Location"] == f"{AT}?next={wanted}"
        assert client.get(asked["Location"]).status_code == 200
        answer = sign_in(client, "maintainer", next=wanted)
        assert answer["Location"] == wanted
        assert client.get(wanted).status_code == 200

    def test_a_name_has_no_case(self, client: Client, cast: Cast) -> None:
        assert sign_in(client, "Maintainer").status_code == 302

    @pytest.mark.parametrize("elsewhere", ["https://example.com/", "//example.com", "javascript:alert(1)", "\\\\x.com"])
    def test_it_leads_nowhere_else(self, client: Client, cast: Cast, elsewhere: str) -> None:
        assert sign_in(client, "maintainer", next=elsewhere)["Location"] == "/"

    @pytest.mark.parametrize("username", ["maintainer", "nobody"])
    def test_a_wrong_name_and_a_wrong_password_look_alike(self, client: Client, cast: Cast, username: str) -> None:
        answer = sign_in(client, username, "wrong")
        page = answer.content.decode()
        assert WRONG in page
        assert 'role="alert"' in page
        assert f'value="{username}"' in page
        assert "_auth_user_id" not in client.session

    @pytest.mark.parametrize("username", ["a\0b", "x" * 1000, "", "名前", "'; drop table users --"])
    def test_nonsense_is_survived(self, client: Client, cast: Cast, username: str) -> None:
        assert sign_in(client, username, "wrong").status_code == 200

    def test_a_session_ends_with_the_browser_unless_it_is_remembered(self, client: Client, cast: Cast) -> None:
        assert sign_in(client, "maintainer").cookies["sessionid"]["max-age"] == ""
        assert Client().post(AT, {"username": "maintainer", "password": PASSWORD, "remember": "on"}).cookies[
            "sessionid"
        ]["max-age"] == (14 * 86400)

    def test_the_cookie_is_out_of_reach_of_scripts_and_other_sites(self, client: Client, cast: Cast) -> None:
        cookie = sign_in(client, "maintainer").cookies["sessionid"]
        assert cookie["httponly"]
        assert cookie["samesite"] == "Lax"

    def test_a_form_of_another_site_is_refused(self, cast: Cast) -> None:
        assert sign_in(Client(enforce_csrf_checks=True), "maintainer").status_code == 403

    def test_a_blocked_person_learns_it_only_with_the_right_password(self, client: Client, cast: Cast) -> None:
        cast.guest.is_active = False
        cast.guest.save()
        assert "blocked" not in sign_in(client, "guest", "wrong").content.decode()
        assert "Your account has been blocked." in sign_in(client, "guest").content.decode()
        assert "_auth_user_id" not in client.session

    def test_signing_out_takes_a_post(self, client: Client, cast: Cast) -> None:
        sign_in(client, "maintainer")
        assert client.get("/users/sign_out").status_code == 405
        assert client.post("/users/sign_out")["Location"] == AT
        assert "_auth_user_id" not in client.session


class TestTheLockOut:
    def fail(self, client: Client, username: str, times: int) -> Any:
        for _ in range(times):
            answer = sign_in(client, username, "wrong")
        return answer

    @pytest.mark.parametrize("username", ["maintainer", "nobody"])
    def test_ten_wrong_passwords_lock_the_name_out_there_or_not(
        self, client: Client, cast: Cast, username: str
    ) -> None:
        assert "3 attempts left" in self.fail(client, username, 7).content.decode()
        assert "One attempt left" in self.fail(client, username, 2).content.decode()
        answer = self.fail(client, username, 1)
        assert answer.status_code == 429
        assert "Too many failed sign-ins" in answer.content.decode()
        assert sign_in(client, username).status_code == 429

    def test_another_spelling_buys_no_more_tries(self, client: Client, cast: Cast) -> None:
        self.fail(client, "maintainer", 5)
        self.fail(client, "MAINTAINER", 5)
        assert sign_in(client, "Maintainer").status_code == 429

    def test_it_locks_out_nobody_else(self, client: Client, cast: Cast) -> None:
        self.fail(client, "maintainer", 10)
        assert sign_in(client, "reporter").status_code == 302

    def test_a_success_forgives(self, client: Client, cast: Cast) -> None:
        self.fail(client, "Maintainer", 9)
        assert sign_in(client, "maintainer").status_code == 302
        client.post("/users/sign_out")
        assert self.fail(client, "maintainer", 9).status_code == 200

    def test_tokens_go_on_working(self, client: Client, cast: Cast, api: Any) -> None:
        self.fail(client, "maintainer", 10)
        assert api(cast.maintainer).get("/user").status_code == 200

    def test_guessing_over_git_counts_and_is_answered_in_plain_text(self, client: Client, cast: Cast) -> None:
        def clone(password: str) -> Any:
            known = base64.b64encode(f"maintainer:{password}".encode()).decode()
            at = "/acme/library.git/info/refs?service=git-upload-pack"
            return client.get(at, headers={"Authorization": f"Basic {known}"})

        assert [clone("wrong").status_code for _ in range(10)] == [401] * 9 + [429]
        locked = clone(PASSWORD)
        assert locked.status_code == 429
        assert locked["Content-Type"] == "text/plain"
        assert clone(people.token_for(cast.maintainer)).status_code == 200, "Tokens keep working"

    def test_a_spray_of_passwords_locks_out_no_victim(self, client: Client, cast: Cast) -> None:
        """Many names from one address, and one name from many."""
        names = [cast.maintainer.username, cast.developer.username, "nobody", "admin"]
        for guess in range(3):
            for name in names:
                assert client.post(AT, {"username": name, "password": f"Winter202{guess}!"}).status_code == 200
        for address in range(2, 6):
            for _ in range(11):
                answer = client.post(
                    AT, {"username": "maintainer", "password": "wrong"}, REMOTE_ADDR=f"192.0.2.{address}"
                )
            assert (answer.status_code, answer["RateLimit-Remaining"], answer["Retry-After"]) == (429, "0", "900")
        own = client.post(AT, {"username": "maintainer", "password": PASSWORD}, REMOTE_ADDR="192.0.2.200")
        assert own.status_code == 302

    def test_a_job_token_under_somebodys_name_is_no_guess_of_their_password(self, client: Client, cast: Cast) -> None:
        given = base64.b64encode(f"maintainer:{cast.job_token()}".encode()).decode()
        at = "/acme/library.git/info/refs?service=git-upload-pack"
        answers = {client.get(at, headers={"Authorization": f"Basic {given}"}).status_code for _ in range(12)}
        assert 429 not in answers
        assert sign_in(client, "maintainer").status_code == 302

    def test_no_password_is_kept_of_the_tries(self, client: Client, cast: Cast) -> None:
        from axes.models import AccessAttempt

        sign_in(client, "maintainer", "almost right secret")
        assert "almost right secret" not in str(AccessAttempt.objects.values())


class TestThePassword:
    at = "/-/user_settings/password"
    new = "a rather better secret"

    def change(self, client: Client, old: str = PASSWORD, new: str = new, again: str = "") -> Any:
        return client.post(self.at, {"old_password": old, "new_password1": new, "new_password2": again or new})

    def test_changing_it_keeps_this_session_and_ends_the_others(self, client: Client, cast: Cast) -> None:
        other = Client()
        for browser in (client, other):
            browser.force_login(cast.maintainer)
        assert self.change(client)["Location"] == self.at
        assert "All your other sessions have ended" in client.get(self.at).content.decode()
        assert other.get(self.at).status_code == 302, "signed out"
        assert sign_in(Client(), "maintainer", self.new).status_code == 302
        assert AuditEvent.objects.filter(event="password_changed", target_id=cast.maintainer.pk).exists()

    @pytest.mark.parametrize(
        ("old", "new", "again", "words"),
        [
            ("wrong", new, "", "The current password is incorrect."),
            (PASSWORD, new, "different", "The two new passwords do not match."),
            (PASSWORD, "short", "", "too short"),
            (PASSWORD, "1234567890", "", "too common"),
        ],
    )
    def test_a_refusal_says_why_and_changes_nothing(
        self, client: Client, cast: Cast, old: str, new: str, again: str, words: str
    ) -> None:
        client.force_login(cast.maintainer)
        answer = self.change(client, old, new, again)
        assert answer.status_code == 422
        assert words in answer.content.decode()
        cast.maintainer.refresh_from_db()
        assert cast.maintainer.check_password(PASSWORD)

    def test_tokens_survive_it(self, client: Client, cast: Cast, api: Any) -> None:
        token = people.token_for(cast.maintainer)
        client.force_login(cast.maintainer)
        self.change(client)
        assert api(token=token).get("/user").status_code == 200

    def test_a_visitor_is_sent_to_sign_in(self, client: Client, cast: Cast) -> None:
        assert client.get(self.at)["Location"].startswith(AT)
