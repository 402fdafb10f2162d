"""Applications: the administrators' API, and the pages of people and of the instance."""

from __future__ import annotations

import re
from typing import Any

import pytest
from django.test import Client

from audit.models import AuditEvent
from identity.models import User
from oauth.models import Application
from oauth.services.applications import address_problem
from tests.factories.cast import Cast
from tests.factories.oauth import Registered, application, query_of
from tests.factories.people import token_for
from tests.support.client import Api

pytestmark = pytest.mark.django_db

OWN, INSTANCE = "/-/user_settings/applications", "/-/applications"
NEW = {"name": "Deploy", "redirect_uri": "https://a.example/cb\nhttp://127.0.0.1/cb", "scopes": "api openid"}
FORM = {**NEW, "scopes": ["api", "openid"], "confidential": "on"}


def root(cast: Cast, scope: str = "api") -> Api:
    return Api(token=token_for(cast.admin, (scope,)))


def browser_of(person: User) -> Client:
    browser = Client()
    browser.force_login(person)
    return browser


def secret_on(page: Any) -> str:
    found = re.search(r"gloas-\w+", page.content.decode())
    return found.group() if found else ""


class TestTheApi:
    def test_an_administrator_registers_one_and_gets_its_secret_once(self, cast: Cast) -> None:
        made = root(cast).post("/applications", NEW)
        assert made.status_code == 201
        body = made.json()
        row = Application.objects.get()
        assert body == {
            "id": row.pk,
            "application_id": row.client_id,
            "application_name": "Deploy",
            "callback_url": "https://a.example/cb\nhttp://127.0.0.1/cb",
            "confidential": True,
            "scopes": ["api", "openid"],
            "trusted": False,
            "secret": body["secret"],
        }
        assert body["secret"].startswith("gloas-")
        listed = root(cast, "read_api").get("/applications").json()
        assert listed == [{name: value for name, value in body.items() if name != "secret"}]
        event = AuditEvent.objects.get(event="oauth_application_created")
        assert (event.actor_name, body["secret"] in str(event.__dict__)) == ("admin", False)

    def test_what_it_made_works(self, cast: Cast) -> None:
        made = root(cast).post("/applications", {**NEW, "trusted": True}).json()
        own = Registered(Application.objects.get(), made["secret"])
        address = "http://127.0.0.1:4711/cb"
        answer = browser_of(cast.developer).get("/oauth/authorize", own.authorize(redirect_uri=address))
        assert own.exchange(query_of(answer)["code"], redirect_uri=address).status_code == 200

    def test_a_secret_is_renewed_and_an_application_deleted(self, cast: Cast) -> None:
        own = application()
        tokens = own.tokens_for(cast.developer)
        renewed = root(cast).post(f"/applications/{own.row.pk}/renew-secret").json()["secret"]
        assert own.refresh(tokens["refresh_token"]).status_code == 401
        tokens = Registered(own.row, renewed).refresh(tokens["refresh_token"]).json()
        assert root(cast).delete(f"/applications/{own.row.pk}").status_code == 204
        headers = {"Authorization": f"Bearer {tokens['access_token']}"}
        assert Api(headers=headers).get("/user").status_code == 401
        assert root(cast).delete(f"/applications/{own.row.pk}").status_code == 404

    def test_nobody_else_may(self, cast: Cast) -> None:
        own = application()
        for caller in (Api(token=token_for(cast.owner)), Api(job=cast.job_token()), root(cast, "read_api"), Api()):
            for method, path in (
                ("POST", "/applications"),
                ("DELETE", f"/applications/{own.row.pk}"),
                ("POST", f"/applications/{own.row.pk}/renew-secret"),
            ):
                assert caller.request(method, path, NEW).status_code in {401, 403}
        assert Api(token=token_for(cast.owner)).get("/applications").status_code == 403

    @pytest.mark.one_case
    @pytest.mark.parametrize(
        ("wrong", "field"),
        [
            ({"name": " "}, "name"),
            ({"name": "x" * 256}, "name"),
            ({"name": "Dashboard\u202e(moc.live)"}, "name"),
            ({"redirect_uri": ""}, "redirect_uri"),
            ({"redirect_uri": "javascript:alert(1)"}, "redirect_uri"),
            ({"redirect_uri": "http://example.com/cb"}, "redirect_uri"),
            ({"redirect_uri": " ".join(f"https://a.example/{n}" for n in range(21))}, "redirect_uri"),
            ({"scopes": "api sudo"}, "scopes"),
            ({"scopes": ""}, "scopes"),
            ({"client_credentials": True, "confidential": False}, "client_credentials"),
            ({"colour": "red"}, "colour"),
        ],
    )
    def test_a_wrong_one_is_refused_and_the_field_is_named(self, cast: Cast, wrong: Any, field: str) -> None:
        answer = root(cast).post("/applications", {**NEW, **wrong})
        assert (answer.status_code, field in answer.content.decode()) == (400, True)
        assert Application.objects.count() == 0


@pytest.mark.one_case
@pytest.mark.parametrize(
    ("address", "allowed"),
    [
        ("https://a.example/cb?x=1", True),
        ("http://127.0.0.1:8080/cb", True),
        ("http://[::1]/cb", True),
        ("http://localhost:7171/auth/redirect", True),
        ("vscode://gitlab.gitlab-workflow/authentication", True),
        ("com.example.app:/callback", True),
        ("http://a.example/cb", False),
        ("http://127.0.0.1.example.com/", False),
        ("http://localhost.example.com/", False),
        ("https:///cb", False),
        ("https:a.example", False),
        ("https://a.example/#x", False),
        ("https://me@a.example/", False),
        ("https://*.a.example/", False),
        ("https://a.example:port/", False),
        ("https://a.example\\@b.example/", False),
        ("https://a.example/;form-action", False),
        ("HTTPS://a.example/", False),
        ("//a.example/", False),
        ("/cb", False),
        ("https://ä.example/", False),
        ("data:text/html,x", False),
        ("file:///etc/passwd", False),
        ("javascript://a.example/%0Aalert(1)", False),
        ("vscode:", False),
        ("https://a.example/" + "x" * 2000, False),
        ("https://[", False),
        ("", False),
    ],
)
def test_people_are_sent_on_to_safe_addresses_only(address: str, allowed: bool) -> None:
    assert (address_problem(address) == "") is allowed


class TestThePages:
    def test_a_person_registers_changes_and_deletes_one(self, cast: Cast) -> None:
        browser = browser_of(cast.developer)
        made = browser.post(OWN, FORM)
        own = Registered(Application.objects.get(), secret_on(made))
        assert own.row.user == cast.developer
        assert own.secret not in browser.get(OWN).content.decode()
        one = f"{OWN}/{own.row.pk}"
        assert browser.post(one, {**FORM, "name": "Renamed"}).status_code == 302
        assert "Renamed" in browser.get(one).content.decode()
        renewed = secret_on(browser.post(f"{one}/renew"))
        assert renewed not in {"", own.secret}
        assert browser.post(f"{one}/delete").status_code == 302
        assert Application.objects.count() == 0

    def test_a_public_one_has_no_secret_until_it_becomes_confidential(self, cast: Cast) -> None:
        browser = browser_of(cast.developer)
        public = {name: value for name, value in FORM.items() if name != "confidential"}
        assert secret_on(browser.post(OWN, public)) == ""
        one = f"{OWN}/{Application.objects.get().pk}"
        assert browser.post(f"{one}/renew").status_code == 200
        assert secret_on(browser.post(one, FORM)) != ""
        browser.post(one, public)
        assert Application.objects.get().client_secret == ""

    def test_nobody_makes_their_own_application_trusted(self, cast: Cast) -> None:
        browser = browser_of(cast.developer)
        browser.post(OWN, {**FORM, "trusted": "on", "skip_authorization": "on"})
        own = Application.objects.get()
        browser.post(f"{OWN}/{own.pk}", {**FORM, "trusted": "on"})
        assert Application.objects.get().trusted is False

    def test_anothers_application_and_the_instances_are_hidden(self, cast: Cast) -> None:
        browser_of(cast.developer).post(OWN, FORM)
        others = [Application.objects.get().pk, application().row.pk]
        browser = browser_of(cast.maintainer)
        for pk in others:
            for path in ("", "/renew", "/delete", "/revoke"):
                assert browser.post(f"{OWN}/{pk}{path}", FORM).status_code == 404
                assert browser.post(f"{INSTANCE}/{pk}{path}", FORM).status_code in {403, 404}
        assert browser.get(INSTANCE).status_code == 403

    def test_a_person_sees_and_takes_back_what_they_allowed(self, cast: Cast) -> None:
        own = application("Reader")
        tokens = own.tokens_for(cast.developer, scope="read_api")
        others = own.tokens_for(cast.maintainer)
        browser = browser_of(cast.developer)
        page = browser.get(OWN).content.decode()
        assert "Reader" in page
        assert "<code>read_api</code>" in page
        assert browser.post(f"{OWN}/{own.row.pk}/revoke").status_code == 302
        assert "Reader" not in browser.get(OWN).content.decode().split("<main")[1].split("toast")[0]
        assert own.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"
        assert own.refresh(others["refresh_token"]).status_code == 200
        assert browser.post(f"{OWN}/{own.row.pk}/revoke").status_code == 404

    def test_administrators_keep_those_of_the_instance(self, cast: Cast) -> None:
        browser = browser_of(cast.admin)
        browser.post(INSTANCE, {**FORM, "trusted": "on"})
        row = Application.objects.get()
        assert (row.user, row.trusted) == (None, True)
        browser.post(f"{INSTANCE}/{row.pk}", FORM)
        assert Application.objects.get().trusted is False
        for page in (f"{INSTANCE}/{row.pk}", f"{INSTANCE}/{row.pk}/renew", f"{INSTANCE}/{row.pk}/delete"):
            assert browser.get(page).status_code == 200

    def test_the_administration_shows_and_ends_them(self, cast: Cast) -> None:
        own = application("Leaky")
        tokens = own.tokens_for(cast.developer)
        browser = browser_of(cast.admin)
        for page in ("application", "accesstoken"):
            text = browser.get(f"/admin/oauth/{page}/").content.decode()
            assert "Leaky" in text
        assert (
            own.row.client_secret not in browser.get(f"/admin/oauth/application/{own.row.pk}/change/").content.decode()
        )
        found = browser.post("/-/tokens", {"token": tokens["access_token"]}).content.decode()
        assert "Leaky" in found
        revoke = re.search(r"/-/tokens/OAuth/\d+/revoke", found)
        assert revoke is not None
        browser.post(revoke.group())
        assert own.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"
