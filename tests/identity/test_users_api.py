"""`/user` and `/users`."""

from __future__ import annotations

from typing import Any

import pytest

from audit.models import AuditEvent
from identity.models import User
from projects.models import Group, Project
from tests.factories import people, projects
from tests.factories.cast import Cast
from tokenaccess.policy.levels import Role


def test_user_returns_the_person_who_asks(api: Any, cast: Cast) -> None:
    body = api(cast.developer).get("/user").json()
    assert body["id"] == cast.developer.pk
    assert body["username"] == "developer"
    assert body["state"] == "active"
    assert body["email"] == "developer@example.org"
    assert body["web_url"] == "http://testserver/developer"
    assert "is_admin" not in body


def test_user_tells_administrators_that_they_are_one(api: Any, cast: Cast) -> None:
    assert api(cast.admin).get("/user").json()["is_admin"] is True


def test_the_users_api_asks_a_visitor_to_sign_in(api: Any, cast: Cast) -> None:
    for path in ("/user", "/users", f"/users/{cast.developer.pk}"):
        answer = api().get(path)
        assert answer.status_code == 401
        assert answer.json() == {"message": "401 Unauthorized"}


def test_a_job_token_is_ignored_here(api: Any, cast: Cast) -> None:
    assert api(job=cast.job_token()).get("/user").status_code == 401


def test_users_see_no_email_address_of_others(api: Any, cast: Cast) -> None:
    body = api(cast.guest).get(f"/users/{cast.developer.pk}").json()
    assert body["username"] == "developer"
    assert "email" not in body
    assert "developer@example.org" not in api(cast.guest).get("/users").content.decode()


def test_users_are_found_by_username_in_any_case(api: Any, cast: Cast) -> None:
    found = api(cast.guest).get("/users?username=DEVELOPER").json()
    assert [user["username"] for user in found] == ["developer"]
    assert api(cast.guest).get("/users?username=devel").json() == []


def test_users_are_searched_by_name_and_for_administrators_by_address(api: Any, cast: Cast) -> None:
    assert [user["username"] for user in api(cast.guest).get("/users?search=eport").json()] == ["reporter"]
    assert api(cast.guest).get("/users?search=reporter@example.org").json() == []
    found = api(cast.admin).get("/users?search=reporter@example.org").json()
    assert [user["username"] for user in found] == ["reporter"]


def test_the_list_of_users_has_pages(api: Any, cast: Cast) -> None:
    answer = api(cast.guest).get("/users?per_page=2&order_by=username&sort=asc")
    assert len(answer.json()) == 2
    assert answer["X-Total"] == str(User.objects.count())


def test_the_list_of_users_takes_two_statements_for_any_number_of_users(
    api: Any, cast: Cast, django_assert_max_num_queries: Any
) -> None:
    speaker = api(cast.admin)
    speaker.get("/users")
    with django_assert_max_num_queries(3):  # the token, the count, the page
        assert len(speaker.get("/users").json()) > 4


@pytest.mark.one_case
@pytest.mark.parametrize("query", ["order_by=password", "sort=up", "active=maybe", "username=%00", "search=a%00"])
def test_the_list_of_users_refuses_invalid_parameters(api: Any, cast: Cast, query: str) -> None:
    assert api(cast.guest).get(f"/users?{query}").status_code == 400


@pytest.mark.parametrize("user_id", ["999999", "9" * 30, "0"])
def test_an_absent_user_is_not_found(api: Any, cast: Cast, user_id: str) -> None:
    answer = api(cast.guest).get(f"/users/{user_id}")
    assert answer.status_code == 404
    assert answer.json() == {"message": "404 User Not Found"}


class TestAnAdministrator:
    new = {"username": "nora", "name": "Nora", "email": "nora@example.org", "password": "a long enough secret"}

    def test_an_administrator_makes_a_person_with_a_namespace(self, api: Any, cast: Cast) -> None:
        answer = api(cast.admin).post("/users", self.new)
        assert answer.status_code == 201
        assert answer.json()["username"] == "nora"
        nora = User.objects.get(username="nora")
        assert nora.check_password(self.new["password"])
        assert not nora.is_superuser
        assert answer.json()["namespace_id"] == Group.objects.get(person=nora).pk
        assert AuditEvent.objects.filter(event="person_created", target_id=nora.pk, actor_name="admin").exists()

    def test_an_administrator_makes_an_administrator(self, api: Any, cast: Cast) -> None:
        body = api(cast.admin).post("/users", {**self.new, "admin": True}).json()
        assert body["is_admin"] is True

    def test_an_administrator_sees_what_is_missing(self, api: Any, cast: Cast) -> None:
        answer = api(cast.admin).post("/users", {"name": "Nora"})
        assert answer.status_code == 400
        assert answer.json() == {"error": "email is missing, username is missing"}
        without = {key: value for key, value in self.new.items() if key != "password"}
        assert api(cast.admin).post("/users", without).status_code == 400
        assert api(cast.admin).post("/users", {**without, "force_random_password": True}).status_code == 201

    @pytest.mark.parametrize("taken", ["developer", "Developer", "acme", "ACME"])
    def test_cannot_take_a_name_or_a_groups_path(self, api: Any, cast: Cast, taken: str) -> None:
        answer = api(cast.admin).post("/users", {**self.new, "username": taken})
        assert answer.status_code == 409
        assert answer.json() == {"message": "Username has already been taken"}
        assert not User.objects.filter(email="nora@example.org").exists()

    @pytest.mark.one_case
    @pytest.mark.parametrize(
        ("field", "value"),
        [
            ("username", "a/b"),
            ("username", "api"),
            ("username", "x" * 300),
            ("username", "nora\0"),
            ("username", ["nora"]),
            ("email", "nowhere"),
            ("password", "short"),
            ("password", "12345678901"),
            ("name", "n" * 300),
            ("admin", "perhaps"),
        ],
    )
    def test_an_administrator_is_refused_nonsense_and_nothing_is_made(
        self, api: Any, cast: Cast, field: str, value: Any
    ) -> None:
        admin, before = api(cast.admin), User.objects.count()
        answer = admin.post("/users", {**self.new, field: value})
        assert answer.status_code == 400
        assert field in answer.content.decode()
        assert User.objects.count() == before

    def test_an_administrator_changes_a_person(self, api: Any, cast: Cast) -> None:
        body = api(cast.admin).put(f"/users/{cast.guest.pk}", {"name": "Gale", "external": True}).json()
        assert body["name"] == "Gale"
        assert body["external"] is True

    def test_renames_a_person_with_their_projects(self, api: Any, cast: Cast) -> None:
        admin = api(cast.admin)
        person = admin.post("/users", self.new).json()
        namespace = Group.objects.get(pk=person["namespace_id"])
        project = projects.project("notes", group=namespace, by=User.objects.get(pk=person["id"]))
        assert admin.put(f"/users/{person['id']}", {"username": "norah"}).json()["username"] == "norah"
        project.refresh_from_db()
        assert project.full_path == "norah/notes"

    def test_cannot_rename_onto_a_group(self, api: Any, cast: Cast) -> None:
        admin = api(cast.admin)
        person = admin.post("/users", self.new).json()
        assert admin.put(f"/users/{person['id']}", {"username": "acme"}).status_code == 400
        assert User.objects.get(pk=person["id"]).username == "nora"

    def test_an_administrator_blocks_and_unblocks(self, api: Any, cast: Cast) -> None:
        token, admin = people.token_for(cast.developer), api(cast.admin)
        assert admin.post(f"/users/{cast.developer.pk}/block").status_code == 201
        refused = api(token=token).get("/user")
        assert refused.status_code == 403
        assert refused.json() == {"message": "403 Forbidden - Your account has been blocked."}
        assert admin.get(f"/users/{cast.developer.pk}").json()["state"] == "blocked"
        assert [user["username"] for user in admin.get("/users?blocked=true").json()] == ["developer"]
        assert admin.post(f"/users/{cast.developer.pk}/unblock").json() is True
        assert api(token=token).get("/user").status_code == 200
        events = AuditEvent.objects.filter(target_type="user", target_id=cast.developer.pk)
        assert {"person_blocked", "person_unblocked"} <= set(events.values_list("event", flat=True))

    def test_cannot_block_or_delete_themselves(self, api: Any, cast: Cast) -> None:
        people.person("second", is_superuser=True)
        assert api(cast.admin).post(f"/users/{cast.admin.pk}/block").status_code == 403
        assert api(cast.admin).delete(f"/users/{cast.admin.pk}").status_code == 409

    def test_stays_one_when_they_are_the_last(self, api: Any, cast: Cast) -> None:
        assert api(cast.admin).put(f"/users/{cast.admin.pk}", {"admin": False}).status_code == 400
        cast.admin.refresh_from_db()
        assert cast.admin.is_superuser

    def test_deletes_a_person_with_personal_projects_only_when_asked_for_both(self, api: Any, cast: Cast) -> None:
        admin = api(cast.admin)
        person = admin.post("/users", self.new).json()
        namespace = Group.objects.get(pk=person["namespace_id"])
        projects.project("notes", group=namespace, by=User.objects.get(pk=person["id"]))
        refused = admin.delete(f"/users/{person['id']}")
        assert refused.status_code == 409
        assert "personal projects" in refused.json()["message"]
        assert admin.delete(f"/users/{person['id']}?hard_delete=true").status_code == 204
        assert not User.objects.filter(pk=person["id"]).exists()
        assert not Group.objects.filter(pk=namespace.pk).exists()
        assert not Project.objects.filter(path="notes").exists()

    def test_cannot_delete_the_only_owner_of_a_group(self, api: Any, cast: Cast) -> None:
        assert api(cast.admin).delete(f"/users/{cast.owner.pk}").status_code == 409
        second = people.person("second_owner")
        projects.member(second, cast.acme, Role.OWNER)
        assert api(cast.admin).delete(f"/users/{cast.owner.pk}").status_code == 204


@pytest.mark.parametrize(
    ("method", "path"),
    [("POST", "/users"), ("PUT", "/users/{}"), ("DELETE", "/users/{}"), ("POST", "/users/{}/block")],
)
def test_only_administrators_change_people(api: Any, cast: Cast, method: str, path: str) -> None:
    answer = api(cast.owner).request(method, path.format(cast.guest.pk), {})
    assert answer.status_code == 403
    assert answer.json() == {"message": "403 Forbidden"}


def test_a_token_that_only_reads_people_reads_people(api: Any, cast: Cast) -> None:
    reader = api(token=people.token_for(cast.admin, ("read_user",)))
    assert reader.get("/user").status_code == 200
    refused = reader.post("/users", {})
    assert refused.status_code == 403
    assert refused.json()["error"] == "insufficient_scope"
    assert refused.json()["scope"] == "api"


def test_a_second_block_is_null_and_a_second_unblock_false(api: Any, cast: Cast) -> None:
    admin, where = api(cast.admin), f"/users/{cast.guest.pk}"
    assert [admin.post(f"{where}/block").content for _ in range(2)] == [b"true", b"null"]
    assert [admin.post(f"{where}/unblock").json() for _ in range(2)] == [True, False]


def test_a_profile_is_kept_text_by_text(api: Any, cast: Cast) -> None:
    admin, where = api(cast.admin), f"/users/{cast.guest.pk}"
    admin.put(where, {"bio": "Gardener", "location": "Here"})
    admin.put(where, {"location": ""})
    seen = api(cast.developer).get(where).json()
    assert (seen["bio"], seen["location"], seen["website_url"]) == ("Gardener", "", "")


def test_an_administrator_may_give_a_password_like_the_name(api: Any, cast: Cast) -> None:
    fields = {"name": "Charlotte", "username": "charlotte", "email": "c@example.org", "password": "charlotte1234"}
    assert api(cast.admin).post("/users", fields).status_code == 201
    short = api(cast.admin).post("/users", {**fields, "username": "other", "password": "short"})
    assert short.status_code == 400


def test_memberships_are_listed_for_administrators_by_type(api: Any, cast: Cast) -> None:
    projects.member(cast.developer, cast.acme, Role.GUEST)
    where = f"/users/{cast.developer.pk}/memberships"
    assert api(cast.admin).get(f"{where}?type=Namespace").json() == [
        {"source_id": cast.acme.pk, "source_name": "acme", "source_type": "Namespace", "access_level": 10}
    ]
    found = api(cast.admin).get(f"{where}?type=Project").json()
    assert [row["source_id"] for row in found] == [cast.library.pk, cast.app.pk]
    assert api(cast.admin).get(where)["X-Total"] == "3"
    wrong = api(cast.admin).get(f"{where}?type=Nothing")
    assert (wrong.status_code, wrong.json()) == (400, {"error": "type does not have a valid value"})
    assert api(cast.developer).get(where).status_code == 403
    assert api(cast.admin).get("/users/999999/memberships").status_code == 404
