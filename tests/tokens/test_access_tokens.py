"""Project and group access tokens: tokens.md §6.3."""

from __future__ import annotations

from datetime import timedelta
from typing import Any

import pytest
from django.test import Client
from django.utils import timezone

from audit.models import AuditEvent
from identity.models import PersonalToken, User, today
from jobs.housekeeping import run_housekeeping
from jobs.models import Job, Schedule
from projects.models import Membership
from projects.services import delete_project
from tests.factories import people, projects, runners
from tests.factories.cast import Cast
from tests.factories.projects import commit
from tests.support.at_once import at_once

NEW = {"name": "robot", "scopes": ["api"]}


def create(api: Any, who: User, place: Any, **more: Any) -> Any:
    return api(who).post(f"/{place.kind}s/{place.pk}/access_tokens", {**NEW, **more})


@pytest.fixture
def new_token(api: Any, cast: Cast) -> dict[str, Any]:
    """A maintainer's token of the library."""
    body: dict[str, Any] = create(api, cast.maintainer, cast.library).json()
    return body


class TestATokenOfAProject:
    def test_it_acts_as_a_bot_that_is_a_member_there(self, api: Any, cast: Cast, new_token: dict[str, Any]) -> None:
        assert new_token["token"].startswith("glpat-")
        assert {name: new_token[name] for name in ("access_level", "active", "scopes")} == {
            "access_level": 40,
            "active": True,
            "scopes": ["api"],
        }
        me = api(token=new_token["token"]).get("/user").json()
        assert (me["username"].startswith(f"project_{cast.library.pk}_bot_"), me["bot"]) == (True, True)
        assert api(token=new_token["token"]).get(f"/projects/{cast.library.pk}").status_code == 200
        assert me["id"] in [one["id"] for one in api(cast.guest).get(f"/projects/{cast.library.pk}/members").json()]

    def test_it_is_listed_with_its_last_use_and_address(self, api: Any, cast: Cast, new_token: dict[str, Any]) -> None:
        api(token=new_token["token"]).get("/user", REMOTE_ADDR="192.0.2.7")
        (row,) = api(cast.maintainer).get(f"/projects/{cast.library.pk}/access_tokens?state=active").json()
        assert (row["id"], row["last_used_ips"], "token" in row) == (new_token["id"], ["192.0.2.7"], False)
        assert row["last_used_at"] is not None

    def test_it_does_not_leave_its_project(self, api: Any, cast: Cast, new_token: dict[str, Any]) -> None:
        robot = api(token=new_token["token"])
        inside = projects.project("inside", group=projects.group("inner", visibility=10), visibility=10)
        public = projects.project("public", group=projects.group("open"), visibility=20)
        assert robot.get(f"/projects/{cast.app.pk}").status_code == 404
        assert robot.get(f"/projects/{inside.pk}").status_code == 404
        assert robot.get(f"/projects/{public.pk}").status_code == 200
        assert robot.post(f"/projects/{public.pk}/pipeline", {"ref": "main"}).status_code == 403
        bot = User.objects.get(is_bot=True)
        for who, place in ((cast.owner, cast.app), (cast.owner, cast.acme)):
            added = api(who).post(f"/{place.kind}s/{place.pk}/members", {"user_id": bot.pk, "access_level": 30})
            assert added.status_code == 400
        assert robot.post("/groups", {"name": "x", "path": "x"}).status_code == 403
        assert robot.post("/projects", {"name": "x"}).status_code == 403

    def test_its_name_is_known_only_to_who_sees_its_project(
        self, api: Any, cast: Cast, new_token: dict[str, Any]
    ) -> None:
        bot = User.objects.get(is_bot=True)
        for who, sees in ((cast.guest, True), (cast.admin, True), (cast.outsider, False)):
            listed = [one["id"] for one in api(who).get("/users?search=robot").json()]
            assert (bot.pk in listed, api(who).get(f"/users/{bot.pk}").status_code) == (sees, 200 if sees else 404)
        assert api(cast.outsider).get(f"/users/{cast.guest.pk}").status_code == 200
        assert [one["id"] for one in api(token=new_token["token"]).get("/users?search=robot").json()] == [bot.pk]

    def test_nobody_gives_its_bot_a_namespace(self, api: Any, cast: Cast, new_token: dict[str, Any]) -> None:
        bot = User.objects.get(is_bot=True)
        assert api(cast.admin).post(f"/projects/user/{bot.pk}", {"name": "x"}).status_code == 400
        assert Membership.objects.filter(user=bot).count() == 1

    def test_it_makes_no_tokens(self, api: Any, cast: Cast, new_token: dict[str, Any]) -> None:
        robot, place = api(token=new_token["token"]), f"/projects/{cast.library.pk}"
        bot = User.objects.get(is_bot=True)
        deploy = {"name": "x", "scopes": ["read_repository"]}
        assert robot.post(f"{place}/access_tokens", NEW).status_code == 403
        assert robot.post(f"{place}/deploy_tokens", deploy).status_code == 403
        assert robot.post(f"{place}/access_tokens/{new_token['id']}/rotate").status_code == 403
        assert robot.post("/user/personal_access_tokens", {"name": "x", "scopes": ["self_rotate"]}).status_code == 403
        assert api(cast.admin).post(f"/users/{bot.pk}/personal_access_tokens", NEW).status_code == 400
        assert api(cast.admin).put(f"/users/{bot.pk}", {"admin": True}).status_code == 400
        assert PersonalToken.objects.filter(user=bot).count() == 1

    def test_it_is_never_more_than_its_maker(self, api: Any, cast: Cast) -> None:
        refused = create(api, cast.maintainer, cast.library, access_level=50)
        assert (refused.status_code, "access_level" in refused.json()["message"]) == (400, True)
        owners = create(api, cast.owner, cast.library, access_level=50).json()
        rotated = api(cast.maintainer).post(f"/projects/{cast.library.pk}/access_tokens/{owners['id']}/rotate")
        assert rotated.status_code == 400
        assert api(token=owners["token"]).get("/user").status_code == 200

    def test_its_role_and_scopes_limit_it(self, api: Any, cast: Cast) -> None:
        guest = create(api, cast.maintainer, cast.library, access_level=10, scopes=["read_api"]).json()["token"]
        assert api(token=guest).get(f"/projects/{cast.library.pk}").status_code == 200
        assert api(token=guest).get(f"/projects/{cast.library.pk}/repository/tree").status_code == 403
        assert api(token=guest).delete(f"/projects/{cast.library.pk}").json()["error"] == "insufficient_scope"

    def test_it_ends_when_it_is_revoked(self, api: Any, cast: Cast, new_token: dict[str, Any]) -> None:
        assert (
            api(cast.maintainer).delete(f"/projects/{cast.library.pk}/access_tokens/{new_token['id']}").status_code
            == 204
        )
        assert api(token=new_token["token"]).get("/user").status_code == 401
        bot = User.objects.get(is_bot=True)
        assert (bot.is_active, Membership.objects.filter(user=bot).exists()) == (False, False)
        assert api(cast.admin).post(f"/users/{bot.pk}/unblock").status_code == 400
        (row,) = api(cast.maintainer).get(f"/projects/{cast.library.pk}/access_tokens").json()
        assert (row["revoked"], row["access_level"]) == (True, 40)
        assert AuditEvent.objects.filter(event="access_token_revoked", target_id=cast.library.pk).exists()

    def test_it_ends_with_its_project(self, api: Any, cast: Cast, new_token: dict[str, Any]) -> None:
        delete_project(cast.library, by=cast.owner)
        assert api(token=new_token["token"]).get("/user").status_code == 401
        assert User.objects.get(is_bot=True).is_active is False

    def test_its_bot_retires_when_it_expires(self, api: Any, cast: Cast, new_token: dict[str, Any]) -> None:
        PersonalToken.objects.filter(pk=new_token["id"]).update(expires_at=today() - timedelta(days=1))
        run_housekeeping()
        assert User.objects.get(is_bot=True).is_active is False
        assert "expired" in api(token=new_token["token"]).get("/user").json()["error_description"]

    def test_what_its_bot_made_to_run_stops_with_a_sentence(
        self, api: Any, client: Client, cast: Cast, new_token: dict[str, Any]
    ) -> None:
        bot, owner = api(token=new_token["token"]), api(cast.maintainer)
        commit(cast.library, {".gitlab-ci.yml": "test:\n  script: [x]\n"})
        at = f"/projects/{cast.library.pk}"
        plan = {"description": "nightly", "ref": "main", "cron": "* * * * *"}
        schedule = bot.post(f"{at}/pipeline_schedules", plan).json()["id"]
        trigger = bot.post(f"{at}/triggers", {"description": "hook"}).json()["token"]
        start = {"token": trigger, "ref": "main"}
        assert api().post(f"{at}/trigger/pipeline", start).status_code == 201
        assert owner.delete(f"{at}/access_tokens/{new_token['id']}").status_code == 204
        Schedule.objects.update(next_run_at=timezone.now())
        run_housekeeping()
        stopped = Schedule.objects.get(pk=schedule)
        assert (stopped.active, stopped.problem) == (False, "The access token that it ran as has ended.")
        assert api().post(f"{at}/trigger/pipeline", start).status_code == 404
        client.force_login(cast.maintainer)
        assert "Its access token has ended" in client.get("/acme/library/-/settings/ci_cd/triggers").content.decode()
        assert runners.runner(cast.library).take() is None
        job = Job.objects.get(project=cast.library)
        assert (job.status, job.failure_reason) == ("failed", "user_blocked")


class TestItsRotation:
    def test_the_successor_is_of_the_same_bot(self, api: Any, cast: Cast, new_token: dict[str, Any]) -> None:
        answer = api(cast.maintainer).post(f"/projects/{cast.library.pk}/access_tokens/{new_token['id']}/rotate")
        body = answer.json()
        assert (answer.status_code, body["user_id"], body["access_level"]) == (200, new_token["user_id"], 40)
        assert api(token=new_token["token"]).get("/user").status_code == 401
        assert api(token=body["token"]).get(f"/projects/{cast.library.pk}").status_code == 200

    def test_a_token_rotates_itself_at_its_own_place_only(
        self, api: Any, cast: Cast, new_token: dict[str, Any]
    ) -> None:
        robot = api(token=new_token["token"])
        assert robot.post(f"/projects/{cast.app.pk}/access_tokens/self/rotate").status_code == 401
        assert robot.post(f"/groups/{cast.acme.pk}/access_tokens/self/rotate").status_code == 401
        address = f"/projects/{cast.library.full_path.replace('/', '%2F')}/access_tokens/self/rotate"
        assert robot.post(address).status_code == 200

    def test_a_second_use_of_a_rotated_one_ends_the_whole_line(
        self, api: Any, cast: Cast, new_token: dict[str, Any]
    ) -> None:
        address = f"/projects/{cast.library.pk}/access_tokens/self/rotate"
        successor = api(token=new_token["token"]).post(address).json()["token"]
        assert api(token=new_token["token"]).post(address).status_code == 401
        assert api(token=successor).get("/user").status_code == 401

    @pytest.mark.django_db(transaction=True)
    def test_of_two_at_once_at_most_one_goes_on(self, api: Any, cast: Cast) -> None:
        made = create(api, cast.maintainer, cast.library).json()
        address = f"/projects/{cast.library.pk}/access_tokens/self/rotate"
        answers, _ = at_once(*[lambda: api(token=made["token"]).post(address)] * 2)
        assert sorted(answer.status_code for answer in answers)[1] == 401
        assert PersonalToken.objects.filter(user_id=made["user_id"]).active().count() <= 1


class TestWhoMayManageThem:
    def test_only_maintainers_with_the_right_scope_manage_access_tokens(
        self, api: Any, cast: Cast, new_token: dict[str, Any]
    ) -> None:
        place = f"/projects/{cast.library.pk}/access_tokens"
        for address in (place, f"{place}/{new_token['id']}"):
            assert api(cast.developer).get(address).status_code == 401
            assert api(cast.outsider).get(address).status_code == 404
        assert api(token=people.token_for(cast.maintainer, ("read_api",))).get(place).status_code == 200
        reader = api(token=people.token_for(cast.maintainer, ("read_api",)))
        assert reader.post(place, NEW).json()["error"] == "insufficient_scope"
        assert api(cast.maintainer).get(f"/projects/{cast.app.pk}/access_tokens/{new_token['id']}").status_code == 404

    @pytest.mark.one_case
    @pytest.mark.parametrize(
        ("wrong", "words"),
        [
            ({"scopes": []}, "scopes does not have a valid value"),
            ({"scopes": ["read_user"]}, "scopes does not have a valid value"),
            ({"access_level": 45}, "access_level does not have a valid value"),
            ({"expires_at": "2001-01-01"}, "cannot be a date in the past"),
            ({"expires_at": "soon"}, "expires_at is invalid"),
            ({"name": ""}, "name is empty"),
        ],
    )
    def test_what_cannot_be_is_refused(self, api: Any, cast: Cast, wrong: dict[str, Any], words: str) -> None:
        answer = create(api, cast.maintainer, cast.library, **wrong)
        assert (answer.status_code, words in str(answer.json())) == (400, True)
        assert not User.objects.filter(is_bot=True).exists()


def test_a_groups_token_reaches_all_below_it_and_nothing_else(api: Any, cast: Cast) -> None:
    assert create(api, cast.maintainer, cast.acme).status_code in {401, 404}
    token = create(api, cast.owner, cast.acme, access_level=30).json()["token"]
    other = projects.project("secret", group=projects.group("other"))
    robot = api(token=token)
    assert [robot.get(f"/projects/{one.pk}").status_code for one in (cast.library, cast.app, other)] == [200, 200, 404]
    assert robot.post(f"/groups/{cast.acme.pk}/access_tokens", NEW).status_code == 403
    assert robot.post("/groups", {"name": "x", "path": "x", "parent_id": cast.acme.pk}).status_code in {401, 403}


class TestAnImpersonationToken:
    def test_it_acts_as_somebody_who_does_not_see_it(self, api: Any, cast: Cast, settings: Any) -> None:
        place = f"/users/{cast.developer.pk}/impersonation_tokens"
        made = api(cast.admin).post(place, NEW).json()
        assert (made["impersonation"], made["user_id"]) == (True, cast.developer.pk)
        assert api(token=made["token"]).get("/user").json()["username"] == "developer"
        assert made["id"] not in [one["id"] for one in api(cast.developer).get("/personal_access_tokens").json()]
        assert api(cast.developer).get(f"/personal_access_tokens/{made['id']}").status_code == 401
        assert [one["id"] for one in api(cast.admin).get(f"{place}?state=active").json()] == [made["id"]]
        assert api(cast.developer).get(place).status_code == 403
        settings.IMPERSONATION_ENABLED = False
        off = api(token=made["token"]).get("/user")
        assert (off.status_code, "impersonation was disabled" in off.json()["error_description"]) == (401, True)
        assert api(cast.admin).post(place, NEW).status_code == 403
        settings.IMPERSONATION_ENABLED = True
        assert api(cast.admin).delete(f"{place}/{made['id']}").status_code == 204
        assert api(token=made["token"]).get("/user").status_code == 401


def test_only_the_last_few_addresses_are_kept(api: Any, cast: Cast) -> None:
    token = people.token_for(cast.developer)
    for number in range(8):
        api(token=token).get("/user", REMOTE_ADDR=f"192.0.2.{number}")
    api(token=token).get("/user", REMOTE_ADDR="192.0.2.5")
    shown = api(token=token).get("/personal_access_tokens/self", REMOTE_ADDR="192.0.2.5").json()
    assert shown["last_used_ips"] == [f"192.0.2.{number}" for number in (7, 6, 5, 4, 3)]
