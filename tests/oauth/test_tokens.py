"""What a token is good for, how it is renewed and how it ends."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from identity import services as identity
from identity.secrets import mint
from oauth.models import AccessToken, RefreshToken
from oauth.services.tokens import delete_ended
from tests.factories.cast import Cast
from tests.factories.oauth import Registered, application
from tests.factories.people import token_for
from tests.support.client import Api

pytestmark = pytest.mark.django_db

REVOKED = "Token was revoked. You have to re-authorize from the user."
EXPIRED = "Token is expired. You can either do re-authorization or token refresh."


@pytest.fixture
def client_app(cast: Cast) -> Registered:
    return application()


def bearer(tokens: dict[str, Any]) -> Api:
    return Api(headers={"Authorization": f"Bearer {tokens['access_token']}"})


class TestTheAccessToken:
    def test_it_is_taken_by_rest_graphql_and_git_as_the_contract_has_it(
        self, cast: Cast, client_app: Registered
    ) -> None:
        tokens = client_app.tokens_for(cast.developer)
        secret = tokens["access_token"]
        assert bearer(tokens).get(f"/projects/{cast.app.pk}").status_code == 200
        assert Api().get(f"/projects/{cast.app.pk}?access_token={secret}").status_code == 200
        asked = bearer(tokens).post("/api/graphql", {"query": "{ currentUser { username } }"})
        assert asked.json()["data"]["currentUser"]["username"] == "developer"
        for login, status in {"oauth2": 200, "developer": 401, "gitlab-ci-token": 401, "": 401}.items():
            basic = "Basic " + base64.b64encode(f"{login}:{secret}".encode()).decode()
            address = "/acme/app.git/info/refs?service=git-receive-pack"
            assert Client().get(address, headers={"Authorization": basic}).status_code == status, login

    def test_no_other_place_takes_it(self, cast: Cast, client_app: Registered) -> None:
        secret = client_app.tokens_for(cast.developer)["access_token"]
        for header in ("PRIVATE-TOKEN", "JOB-TOKEN", "DEPLOY-TOKEN", "RUNNER-TOKEN"):
            assert Api(headers={header: secret}).get(f"/projects/{cast.app.pk}").status_code in {401, 404}

    def test_its_scopes_limit_it(self, cast: Cast, client_app: Registered) -> None:
        reads = bearer(client_app.tokens_for(cast.developer, scope="read_api"))
        assert reads.get(f"/projects/{cast.app.pk}").status_code == 200
        refused = reads.put(f"/projects/{cast.app.pk}", {"description": "x"})
        assert (refused.status_code, refused.json()["error"]) == (403, "insufficient_scope")
        knows = bearer(client_app.tokens_for(cast.developer, scope="openid profile"))
        assert knows.get("/user").status_code == 403

    def test_it_is_never_more_than_its_person(self, cast: Cast, client_app: Registered) -> None:
        assert bearer(client_app.tokens_for(cast.outsider)).get(f"/projects/{cast.app.pk}").status_code == 404
        guest = bearer(client_app.tokens_for(cast.guest))
        assert guest.put(f"/projects/{cast.app.pk}", {"description": "x"}).status_code == 403

    def test_it_makes_no_token_that_would_outlive_it(self, cast: Cast, client_app: Registered) -> None:
        api, own = bearer(client_app.tokens_for(cast.developer)), token_for(cast.developer)
        number = api.get("/personal_access_tokens").json()[0]["id"]
        for address, body in (
            ("/user/personal_access_tokens", {"name": "x", "scopes": ["self_rotate"]}),
            (f"/personal_access_tokens/{number}/rotate", {}),
        ):
            assert api.post(address, body).status_code == 403
        assert Api(token=own).get("/user").status_code == 200

    def test_it_expires_and_says_so(self, cast: Cast, client_app: Registered) -> None:
        tokens = client_app.tokens_for(cast.developer)
        AccessToken.objects.update(expires="2020-01-01T00:00:00Z")
        answer = bearer(tokens).get("/user")
        assert (answer.status_code, answer.json()["error_description"]) == (401, EXPIRED)

    def test_nothing_works_for_the_blocked(self, cast: Cast, client_app: Registered) -> None:
        tokens = client_app.tokens_for(cast.developer, scope="api openid")
        code = client_app.code_for(cast.developer)
        identity.block_person(cast.developer, by=cast.admin)
        answer = bearer(tokens).get("/user")
        assert (answer.status_code, answer.json()["message"]) == (403, "403 Forbidden - Your account has been blocked.")
        assert client_app.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"
        assert client_app.exchange(code).json()["error"] == "invalid_grant"
        assert Client().get("/oauth/userinfo", headers=bearer(tokens).headers).status_code == 401

    def test_an_application_of_the_blocked_acts_for_nobody(self, cast: Cast) -> None:
        own = application(user=cast.outsider)
        tokens, code = own.tokens_for(cast.developer), own.code_for(cast.developer)
        identity.block_person(cast.outsider, by=cast.admin)
        assert bearer(tokens).get("/user").status_code == 401
        for answer in (own.exchange(code), own.refresh(tokens["refresh_token"])):
            assert (answer.status_code, answer.json()["error"]) == (401, "invalid_client")
        assert Client().get("/oauth/token/info", headers=bearer(tokens).headers).status_code == 401
        assert Client().get("/oauth/userinfo", headers=bearer(tokens).headers).status_code == 401
        browser = Client()
        browser.force_login(cast.developer)
        assert browser.get("/oauth/authorize", own.authorize()).status_code == 400
        assert own.row in type(own.row).objects.authorized_by(cast.developer)  # who can take it back still

    def test_a_made_up_one_costs_no_query(self, django_assert_num_queries: Any, cast: Cast) -> None:
        with django_assert_num_queries(0):
            assert bearer({"access_token": "gloat-" + "x" * 49}).get("/user").status_code == 401
        assert bearer({"access_token": mint("gloat-")}).get("/user").status_code == 401

    def test_a_use_of_it_is_two_statements(
        self, cast: Cast, client_app: Registered, django_assert_num_queries: Any
    ) -> None:
        as_app = bearer(client_app.tokens_for(cast.developer))
        with_token = Api(token=token_for(cast.developer))
        for caller in (as_app, with_token):
            caller.get("/user")
        for caller in (as_app, with_token):  # the same as a personal token
            with django_assert_num_queries(2):
                caller.get("/user")


class TestRefreshing:
    def test_it_gives_the_next_pair_and_ends_the_former(self, cast: Cast, client_app: Registered) -> None:
        first = client_app.tokens_for(cast.developer, scope="read_api openid")
        second = client_app.refresh(first["refresh_token"]).json()
        assert second["scope"] == "read_api openid"
        assert second["refresh_token"] != first["refresh_token"]
        assert bearer(second).get(f"/projects/{cast.app.pk}").status_code == 200
        assert bearer(first).get("/user").json()["error_description"] == REVOKED

    def test_a_former_one_ends_the_whole_family(self, cast: Cast, client_app: Registered) -> None:
        first = client_app.tokens_for(cast.developer)
        apart = client_app.tokens_for(cast.developer)
        second = client_app.refresh(first["refresh_token"]).json()
        third = client_app.refresh(second["refresh_token"]).json()
        assert client_app.refresh(first["refresh_token"]).json()["error"] == "invalid_grant"
        assert bearer(third).get("/user").json()["error_description"] == REVOKED
        assert client_app.refresh(third["refresh_token"]).json()["error"] == "invalid_grant"
        assert bearer(apart).get("/user").status_code == 200

    def test_it_never_widens(self, cast: Cast, client_app: Registered) -> None:
        tokens = client_app.tokens_for(cast.developer, scope="read_api")
        answer = client_app.refresh(tokens["refresh_token"], scope="api")
        assert (answer.status_code, answer.json()["error"]) == (400, "invalid_scope")

    def test_it_is_for_its_own_application(self, cast: Cast, client_app: Registered) -> None:
        tokens = client_app.tokens_for(cast.developer)
        assert application("Other").refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"
        assert client_app.refresh(tokens["refresh_token"], client_secret="wrong").status_code == 401
        assert client_app.refresh(tokens["refresh_token"]).status_code == 200

    def test_a_public_application_refreshes_without_a_secret(self, cast: Cast) -> None:
        public = application(confidential=False)
        assert public.refresh(public.tokens_for(cast.developer)["refresh_token"]).status_code == 200

    def test_it_is_over_when_nobody_came_back_for_long(self, cast: Cast, client_app: Registered) -> None:
        tokens = client_app.tokens_for(cast.developer)
        AccessToken.objects.update(expires="2020-01-01T00:00:00Z")
        assert client_app.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"


class TestRevoking:
    @pytest.mark.parametrize("which", ["access_token", "refresh_token"])
    def test_either_token_ends_both(self, cast: Cast, client_app: Registered, which: str) -> None:
        tokens = client_app.tokens_for(cast.developer)
        answer = client_app.post("revoke", token=tokens[which])
        assert (answer.status_code, answer.json()) == (200, {})
        assert bearer(tokens).get("/user").json()["error_description"] == REVOKED
        assert client_app.refresh(tokens["refresh_token"]).json()["error"] == "invalid_grant"

    def test_another_application_learns_and_ends_nothing(self, cast: Cast, client_app: Registered) -> None:
        tokens = client_app.tokens_for(cast.developer)
        for secret in (tokens["access_token"], "nonsense"):
            answer = application("Other").post("revoke", token=secret)
            assert (answer.status_code, answer.json()) == (200, {})
        assert bearer(tokens).get("/user").status_code == 200
        assert client_app.post("revoke", token=tokens["access_token"], client_secret="x").status_code == 401
        assert bearer(tokens).get("/user").status_code == 200


class TestWhatATokenIs:
    def test_its_application_may_introspect_it(self, cast: Cast, client_app: Registered) -> None:
        tokens = client_app.tokens_for(cast.developer)
        found = client_app.post("introspect", token=tokens["access_token"]).json()
        assert {name: found[name] for name in ("active", "scope", "client_id", "username", "sub")} == {
            "active": True,
            "scope": "api",
            "client_id": client_app.id,
            "username": "developer",
            "sub": str(cast.developer.pk),
        }
        client_app.post("revoke", token=tokens["access_token"])
        assert client_app.post("introspect", token=tokens["access_token"]).json() == {"active": False}

    def test_nobody_else_learns_of_it(self, cast: Cast, client_app: Registered) -> None:
        secret = client_app.tokens_for(cast.developer)["access_token"]
        other = application("Other")
        assert other.post("introspect", token=secret).json() == {"active": False}
        assert client_app.post("introspect", token=mint("gloat-")).json() == {"active": False}
        for client in (application(confidential=False), Registered(client_app.row, "wrong")):
            assert client.post("introspect", token=secret).status_code == 401
        # Two applications in one request: whose secret is it?
        basic = base64.b64encode(f"{client_app.id}:wrong".encode()).decode()
        sent = {"client_id": other.id, "client_secret": other.secret, "token": secret}
        for scheme in ("Basic", "basic"):
            answer = Client().post("/oauth/introspect", sent, headers={"Authorization": f"{scheme} {basic}"})
            assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")
        # What the address says would count for the toolkit, and not for us.
        address = f"?client_id={other.id}&client_secret={other.secret}"
        for endpoint, headers in (("introspect", {"Authorization": f"Basic {basic}"}), ("authorize_device", {})):
            answer = Client().post(f"/oauth/{endpoint}{address}", {"token": secret}, headers=headers)
            assert (answer.status_code, answer.json()["error"]) == (400, "invalid_request")

    def test_it_tells_its_holder_about_itself(self, cast: Cast, client_app: Registered) -> None:
        tokens = client_app.tokens_for(cast.developer, scope="read_api openid")
        answer = Client().get("/oauth/token/info", headers=bearer(tokens).headers)
        found = answer.json()
        assert (found["resource_owner_id"], found["scope"]) == (cast.developer.pk, ["read_api", "openid"])
        assert found["application"] == {"uid": client_app.id}
        assert 7100 < found["expires_in"] <= 7200
        client_app.post("revoke", token=tokens["access_token"])
        for headers in (bearer(tokens).headers, {}, {"PRIVATE-TOKEN": token_for(cast.developer)}):
            answer = Client().get("/oauth/token/info", headers=headers)
            assert (answer.status_code, answer.json()["error"]) == (401, "invalid_token")

    def test_user_info_says_what_the_scopes_allow(self, cast: Cast, client_app: Registered) -> None:
        def info(scope: str) -> Any:
            return Client().get(
                "/oauth/userinfo", headers=bearer(client_app.tokens_for(cast.developer, scope=scope)).headers
            )

        assert info("openid").json() == {"sub": str(cast.developer.pk)}
        found = info("openid profile email").json()
        assert (found["nickname"], found["name"]) == ("developer", "Developer")
        assert (found["email"], found["email_verified"]) == ("developer@example.org", False)
        assert info("api").status_code == 403
        assert Client().get("/oauth/userinfo").status_code == 401


class TestClientCredentials:
    def test_only_a_confidential_application_that_has_them_gets_a_token(self, cast: Cast) -> None:
        own = application(client_credentials=True)
        answer = own.post("token", grant_type="client_credentials", scope="read_api")
        assert answer.status_code == 200
        assert "refresh_token" not in answer.json()
        for other in (application(), application(confidential=False, client_credentials=True)):
            refused = other.post("token", grant_type="client_credentials")
            assert refused.json()["error"] in {"unauthorized_client", "invalid_client"}

    def test_it_acts_as_nobody_and_others_can_verify_it(self, cast: Cast) -> None:
        own = application(client_credentials=True)
        tokens = own.post("token", grant_type="client_credentials", scope="api").json()
        for path in ("/user", f"/projects/{cast.app.pk}"):
            assert bearer(tokens).get(path).status_code == 401
        found = own.post("introspect", token=tokens["access_token"]).json()
        assert (found["active"], "username" in found) == (True, False)
        assert own.post("revoke", token=tokens["access_token"]).status_code == 200
        assert own.post("introspect", token=tokens["access_token"]).json() == {"active": False}

    def test_it_joins_no_family_that_the_client_names(self, cast: Cast, client_app: Registered) -> None:
        client_app.tokens_for(cast.developer)
        family = RefreshToken.objects.get().token_family
        own = application(client_credentials=True)
        own.post("token", grant_type="client_credentials", scope="api", token_family=str(family))
        assert AccessToken.objects.filter(family=family).count() == 1


def test_who_guesses_a_secret_has_to_wait_and_others_need_not(cast: Cast, client_app: Registered) -> None:
    tokens = client_app.tokens_for(cast.developer)
    guesser = Registered(client_app.row, "wrong")
    for _ in range(10):
        assert guesser.refresh(tokens["refresh_token"]).status_code == 401
    locked = client_app.refresh(tokens["refresh_token"])
    assert (locked.status_code, locked.json()["error"], locked["Retry-After"]) == (429, "slow_down", "900")
    assert locked["RateLimit-Remaining"] == "0"
    assert application("Other").tokens_for(cast.developer)
    elsewhere = Client(REMOTE_ADDR="192.0.2.7")
    sent = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"]}
    sent |= {"client_id": client_app.id, "client_secret": client_app.secret}
    assert elsewhere.post("/oauth/token", sent).status_code == 200


def test_what_has_ended_is_deleted_in_time_and_what_is_in_use_is_not(cast: Cast, client_app: Registered) -> None:
    first = client_app.tokens_for(cast.developer)
    client_app.refresh(first["refresh_token"])
    now = timezone.now()
    assert delete_ended(now) == 0
    assert delete_ended(now + timedelta(days=60)) == 2  # the code, and the access token without a refresh token
    assert AccessToken.objects.get().refresh_token.revoked is None
    delete_ended(now + timedelta(days=400))
    delete_ended(now + timedelta(days=400))
    assert (AccessToken.objects.count(), RefreshToken.objects.count()) == (0, 0)


def test_a_program_in_a_browser_exchanges_its_code_and_no_site_reads_the_consent_page(cast: Cast) -> None:
    own = application(confidential=False)
    tokens = own.tokens_for(cast.developer, scope="openid")
    origin = {"Origin": "https://client.example.com"}
    sent = {"grant_type": "refresh_token", "refresh_token": tokens["refresh_token"], "client_id": own.id}
    answer = Client().post("/oauth/token", sent, headers=origin)
    assert (answer.status_code, answer["Access-Control-Allow-Origin"]) == (200, "*")
    asked = {"Authorization": f"Bearer {answer.json()['access_token']}", **origin}
    assert Client().get("/oauth/userinfo", headers=asked)["Access-Control-Allow-Origin"] == "*"
    preflight = Client().options("/oauth/userinfo", headers={**origin, "Access-Control-Request-Method": "GET"})
    assert (preflight.status_code, preflight["Access-Control-Allow-Origin"]) == (200, "*")
    for address in ("/oauth/authorize", "/oauth/device", "/oauth/introspect"):
        assert "Access-Control-Allow-Origin" not in Client().get(address, own.authorize(), headers=origin)
