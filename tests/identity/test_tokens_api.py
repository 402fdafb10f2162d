"""Personal tokens over the API: tokens.md §6.1."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest

from audit.models import AuditEvent
from identity.models import PersonalToken, today
from tests.factories import people
from tests.factories.cast import Cast

REVOKED = "Token was revoked. You have to re-authorize from the user."


def show(token: str, api: Any) -> dict[str, Any]:
    answer: dict[str, Any] = api(token=token).get("/personal_access_tokens/self").json()
    return answer


class TestAnAdministratorMakesOne:
    def post(self, api: Any, cast: Cast, body: Any, **more: Any) -> Any:
        return api(cast.admin).post(f"/users/{cast.developer.pk}/personal_access_tokens", body, **more)

    def test_it_works_and_is_shown_once(self, api: Any, cast: Cast) -> None:
        answer = self.post(api, cast, {"name": "deploy", "scopes": ["api"], "description": "for Fridays"})
        body = answer.json()
        assert answer.status_code == 201
        assert body["token"].startswith("glpat-")
        assert {key: body[key] for key in ("name", "description", "scopes", "revoked", "active", "expires_at")} == {
            "name": "deploy",
            "description": "for Fridays",
            "scopes": ["api"],
            "revoked": False,
            "active": True,
            "expires_at": None,
        }
        assert body["user_id"] == cast.developer.pk
        assert api(token=body["token"]).get("/user").json()["username"] == "developer"
        assert "token" not in api(cast.admin).get(f"/personal_access_tokens/{body['id']}").json()
        assert body["token"] not in str(PersonalToken.objects.values())
        assert body["token"] not in str(AuditEvent.objects.values())
        assert AuditEvent.objects.filter(event="token_created", target_id=cast.developer.pk).exists()

    def test_scopes_may_be_a_comma_separated_string(self, api: Any, cast: Cast) -> None:
        body = self.post(api, cast, {"name": "two", "scopes": "read_api,read_repository"}).json()
        assert body["scopes"] == ["read_api", "read_repository"]

    def test_scopes_may_be_repeated_form_fields(self, api: Any, cast: Cast) -> None:
        form = b"name=two&scopes[]=read_api&scopes[]=read_user"
        answer = self.post(api, cast, form, content_type="application/x-www-form-urlencoded")
        assert answer.json()["scopes"] == ["read_api", "read_user"]

    def test_it_may_expire_today_and_works_until_the_day_ends(self, api: Any, cast: Cast) -> None:
        body = self.post(api, cast, {"name": "today", "scopes": ["api"], "expires_at": today().isoformat()}).json()
        assert body["active"] is True
        assert api(token=body["token"]).get("/user").status_code == 200

    def test_a_day_in_the_past_is_refused(self, api: Any, cast: Cast) -> None:
        day = (today() - timedelta(days=1)).isoformat()
        answer = self.post(api, cast, {"name": "late", "scopes": ["api"], "expires_at": day})
        assert answer.status_code == 400
        assert "expires_at" in answer.json()["message"]

    @pytest.mark.one_case
    @pytest.mark.parametrize(
        ("body", "error"),
        [
            ({"name": "x", "scopes": []}, "scopes does not have a valid value"),
            ({"name": "x", "scopes": ["everything"]}, "scopes does not have a valid value"),
            ({"name": "x", "scopes": ["api", "everything"]}, "scopes does not have a valid value"),
            ({"name": "x"}, "scopes is missing"),
            ({"scopes": ["api"]}, "name is missing"),
            ({}, "name is missing, scopes is missing"),
            ({"name": "x", "scopes": [1]}, "scopes is invalid"),
            ({"name": "x", "scopes": {"api": True}}, "scopes is invalid"),
            ({"name": "", "scopes": ["api"]}, "name is empty"),
            ({"name": "x" * 300, "scopes": ["api"]}, "name is invalid"),
            ({"name": "x\0", "scopes": ["api"]}, "name is invalid"),
            ({"name": "x", "scopes": ["api"], "expires_at": "soon"}, "expires_at is invalid"),
        ],
    )
    def test_nonsense_is_named(self, api: Any, cast: Cast, body: Any, error: str) -> None:
        answer = self.post(api, cast, body)
        assert answer.status_code == 400
        assert answer.json() == {"error": error}
        assert not PersonalToken.objects.filter(user=cast.developer).exists()

    def test_no_token_is_made_for_an_unknown_user(self, api: Any, cast: Cast) -> None:
        answer = api(cast.admin).post("/users/999999/personal_access_tokens", {"name": "x", "scopes": ["api"]})
        assert answer.status_code == 404

    def test_nobody_but_an_administrator_makes_a_token_for_another(self, api: Any, cast: Cast) -> None:
        answer = api(cast.developer).post(
            f"/users/{cast.developer.pk}/personal_access_tokens", {"name": "x", "scopes": ["api"]}
        )
        assert answer.status_code == 403


class TestOnesOwn:
    def test_list_holds_no_one_elses(self, api: Any, cast: Cast) -> None:
        people.token_for(cast.guest)
        listed = api(cast.developer).get("/personal_access_tokens").json()
        assert {token["user_id"] for token in listed} == {cast.developer.pk}

    def test_somebody_elses_user_id_is_401(self, api: Any, cast: Cast) -> None:
        speaker = api(cast.developer)
        assert speaker.get(f"/personal_access_tokens?user_id={cast.guest.pk}").status_code == 401
        assert speaker.get(f"/personal_access_tokens?user_id={cast.developer.pk}").status_code == 200

    def test_an_administrator_sees_all(self, api: Any, cast: Cast) -> None:
        people.token_for(cast.guest)
        assert cast.guest.pk in {row["user_id"] for row in api(cast.admin).get("/personal_access_tokens").json()}
        rows = api(cast.admin).get(f"/personal_access_tokens?user_id={cast.guest.pk}").json()
        assert [row["user_id"] for row in rows] == [cast.guest.pk]

    def test_the_list_is_narrowed(self, api: Any, cast: Cast) -> None:
        speaker = api(cast.developer)
        people.token_for(cast.developer, revoked=True)
        people.token_for(cast.developer, expires_at=today() - timedelta(days=2))
        people.token_for(cast.developer, expires_at=today() + timedelta(days=2))

        def count(query: str) -> int:
            return len(speaker.get(f"/personal_access_tokens?{query}").json())

        assert (count(""), count("state=active"), count("state=inactive")) == (4, 2, 2)
        assert (count("revoked=true"), count("revoked=false"), count("search=tes"), count("search=no")) == (1, 3, 4, 0)
        assert (count("expires_before=" + today().isoformat()), count("expires_after=" + today().isoformat())) == (1, 1)
        assert (count("created_after=2000-01-01"), count("created_before=2000-01-01T00:00:00Z")) == (4, 0)
        ids = [row["id"] for row in speaker.get("/personal_access_tokens?sort=created_asc").json()]
        assert ids == sorted(ids)

    @pytest.mark.one_case
    @pytest.mark.parametrize("query", ["state=maybe", "user_id=x", "sort=up", "created_after=2000-13-45", "search=%00"])
    def test_nonsense_is_refused(self, api: Any, cast: Cast, query: str) -> None:
        assert api(cast.developer).get(f"/personal_access_tokens?{query}").status_code == 400

    def test_another_persons_and_no_ones_look_alike(self, api: Any, cast: Cast) -> None:
        people.token_for(cast.guest)
        others = PersonalToken.objects.get(user=cast.guest).pk
        for token_id in (others, 999999, "9" * 30):
            answer = api(cast.developer).get(f"/personal_access_tokens/{token_id}")
            assert answer.status_code == 401
            assert answer.json() == {"message": "401 Unauthorized"}
            assert api(cast.developer).delete(f"/personal_access_tokens/{token_id}").status_code == 401
            assert api(cast.developer).post(f"/personal_access_tokens/{token_id}/rotate").status_code == 401
        assert api(cast.admin).get("/personal_access_tokens/999999").status_code == 404

    def test_ones_own_token_is_revoked(self, api: Any, cast: Cast) -> None:
        token = people.token_for(cast.developer)
        assert api(cast.developer).delete(f"/personal_access_tokens/{show(token, api)['id']}").status_code == 204
        refused = api(token=token).get("/user")
        assert refused.status_code == 401
        assert refused.json() == {"error": "invalid_token", "error_description": REVOKED}
        assert 'error="invalid_token"' in refused["WWW-Authenticate"]
        assert AuditEvent.objects.filter(event="token_revoked", target_id=cast.developer.pk).count() == 1

    def test_page_makes_those_that_can_do_more(self, api: Any, cast: Cast) -> None:
        speaker = api(cast.developer)
        assert speaker.post("/user/personal_access_tokens", {"name": "x", "scopes": ["api"]}).status_code == 400
        made = speaker.post("/user/personal_access_tokens", {"name": "x", "scopes": ["self_rotate"]})
        assert made.status_code == 201
        assert api(token=made.json()["token"]).get("/user").status_code == 403


class TestItself:
    @pytest.mark.parametrize("scope", ["api", "read_user", "read_repository", "self_rotate"])
    def test_it_tells_what_it_is_whatever_its_scope(self, api: Any, cast: Cast, scope: str) -> None:
        token = people.token_for(cast.developer, (scope,))
        assert show(token, api)["scopes"] == [scope]
        assert show(token, api)["last_used_at"] is not None

    def test_it_is_given_back(self, api: Any, cast: Cast) -> None:
        token = people.token_for(cast.developer, ("read_user",))
        assert api(token=token).delete("/personal_access_tokens/self").status_code == 204
        assert api(token=token).get("/user").status_code == 401

    def test_a_session_is_no_token(self, client: Any, cast: Cast) -> None:
        client.force_login(cast.developer)
        answer = client.get("/api/v4/personal_access_tokens/self")
        assert answer.status_code == 400
        assert "not made with" in answer.json()["message"]


class TestRotation:
    def test_the_old_one_dies_and_the_new_one_lives_a_week(self, api: Any, cast: Cast) -> None:
        token = people.token_for(cast.developer, ("self_rotate", "read_user"))
        answer = api(token=token).post("/personal_access_tokens/self/rotate")
        body = answer.json()
        assert answer.status_code == 200
        assert body["scopes"] == ["read_user", "self_rotate"]
        assert body["expires_at"] == (today() + timedelta(days=7)).isoformat()
        assert api(token=token).get("/user").status_code == 401
        assert api(token=body["token"]).get("/user").status_code == 200

    def test_the_last_day_may_be_chosen(self, api: Any, cast: Cast) -> None:
        token, day = people.token_for(cast.developer), (today() + timedelta(days=90)).isoformat()
        path = f"/personal_access_tokens/{show(token, api)['id']}/rotate"
        assert api(token=token).post(path, {"expires_at": "2001-01-01"}).status_code == 400
        assert api(token=token).get("/user").status_code == 200, "nothing half done"
        assert api(token=token).post(path, {"expires_at": day}).json()["expires_at"] == day

    def test_it_takes_the_scope(self, api: Any, cast: Cast) -> None:
        reader = api(token=people.token_for(cast.developer, ("read_api",)))
        assert reader.post("/personal_access_tokens/self/rotate").status_code == 403

    def test_using_an_old_one_again_ends_the_whole_line(self, api: Any, cast: Cast) -> None:
        first = people.token_for(cast.developer)
        second = api(token=first).post("/personal_access_tokens/self/rotate").json()["token"]
        third = api(token=second).post("/personal_access_tokens/self/rotate").json()["token"]
        bystander = people.token_for(cast.developer)
        again = api(token=first).post("/personal_access_tokens/self/rotate")
        assert again.status_code == 401
        assert again.json()["error_description"] == REVOKED
        assert api(token=third).get("/user").status_code == 401
        assert api(token=bystander).get("/user").status_code == 200

    def test_naming_an_old_token_to_rotate_ends_its_whole_family(self, api: Any, cast: Cast) -> None:
        first = people.token_for(cast.developer)
        first_id = show(first, api)["id"]
        second = api(token=first).post("/personal_access_tokens/self/rotate").json()["token"]
        assert api(cast.developer).post(f"/personal_access_tokens/{first_id}/rotate").status_code == 401
        assert api(token=second).get("/user").status_code == 401

    def test_only_looking_with_an_old_one_ends_nothing(self, api: Any, cast: Cast) -> None:
        first = people.token_for(cast.developer)
        second = api(token=first).post("/personal_access_tokens/self/rotate").json()["token"]
        assert api(token=first).get("/user").status_code == 401
        assert api(token=second).get("/user").status_code == 200


def test_reading_writes_the_last_use_only_now_and_then(api: Any, cast: Cast, django_assert_num_queries: Any) -> None:
    speaker = api(cast.developer)
    speaker.get("/personal_access_tokens/self")
    with django_assert_num_queries(1):
        speaker.get("/personal_access_tokens/self")
