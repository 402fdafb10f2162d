"""The allowlists over REST, row by row of job-token.md §3 and §3.1."""

from __future__ import annotations

from typing import Any

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from identity.models import User
from projects.models import Group, Project
from tests.factories import people, projects
from tests.factories.cast import Cast
from tokenaccess.access.gate import check_job_token
from tokenaccess.access.id_or_path import IdOrPath
from tokenaccess.allowlist import services
from tokenaccess.models import AllowlistEntry, Direction
from tokenaccess.policy import Action
from tokenaccess.policy.levels import Role

BASIC = {
    "id", "description", "name", "name_with_namespace", "path", "path_with_namespace", "created_at", "default_branch",
    "tag_list", "topics", "ssh_url_to_repo", "http_url_to_repo", "web_url", "readme_url", "forks_count", "avatar_url",
    "star_count", "last_activity_at", "namespace",
}  # fmt: skip


def allowlist(cast: Cast, target: object = "") -> str:
    return f"/projects/{cast.library.pk}/job_token_scope/allowlist" + (f"/{target}" if target != "" else "")


def groups(cast: Cast, target: object = "") -> str:
    return f"/projects/{cast.library.pk}/job_token_scope/groups_allowlist" + (f"/{target}" if target != "" else "")


def status_and_body(answer: Any) -> tuple[int, Any]:
    return answer.status_code, answer.json()


@pytest.fixture
def half(cast: Cast) -> User:
    """Maintainer of acme/library, developer of acme/app."""
    user = projects.member(people.person("half"), cast.library, Role.MAINTAINER)
    return projects.member(user, cast.app, Role.DEVELOPER)


# --- Projects ---------------------------------------------------------------------------------------------------------


def test_the_list_always_holds_the_project_itself(cast: Cast, api: Any) -> None:
    answer = api(cast.maintainer).get(allowlist(cast))
    assert answer.status_code == 200
    assert [row["id"] for row in answer.json()] == [cast.library.pk]
    assert set(answer.json()[0]) >= BASIC
    assert answer["X-Total"] == "1"


def test_a_project_is_added_listed_and_removed(cast: Cast, api: Any) -> None:
    speak = api(cast.maintainer)
    answer = speak.post(allowlist(cast), {"target_project_id": cast.app.pk})
    assert status_and_body(answer) == (201, {"source_project_id": cast.library.pk, "target_project_id": cast.app.pk})
    assert [row["path_with_namespace"] for row in speak.get(allowlist(cast)).json()] == ["acme/library", "acme/app"]
    entry = AllowlistEntry.objects.get()
    assert (entry.direction, entry.default_permissions, entry.added_by) == ("inbound", True, cast.maintainer)
    answer = speak.delete(allowlist(cast, cast.app.pk))
    assert (answer.status_code, answer.content) == (204, b"")
    assert not AllowlistEntry.objects.exists()


def test_the_id_may_come_as_text_of_a_form(cast: Cast, api: Any) -> None:
    form = f"target_project_id={cast.app.pk}".encode()
    kind = "application/x-www-form-urlencoded"
    assert api(cast.maintainer).post(allowlist(cast), form, content_type=kind).status_code == 201


def test_the_outbound_list_is_another_one(cast: Cast, api: Any) -> None:
    services.add_entry(cast.library, cast.app, by=cast.owner, direction=Direction.OUTBOUND)
    assert [row["id"] for row in api(cast.owner).get(allowlist(cast)).json()] == [cast.library.pk]


def test_the_list_comes_in_pages_and_takes_as_many_statements_for_two_as_for_ten(cast: Cast, api: Any) -> None:
    def statements() -> int:
        with CaptureQueriesContext(connection) as seen:
            assert speak.get(allowlist(cast) + "?per_page=100").status_code == 200
        return len(seen)

    speak = api(cast.maintainer)
    services.add_entry(cast.library, cast.app, by=cast.owner)
    speak.get(allowlist(cast))  # notes the token's use once
    few = statements()
    for number in range(8):
        other = projects.project(f"p{number}", group=cast.acme, by=cast.owner)
        services.add_entry(cast.library, other, by=cast.owner)
    assert statements() == few
    answer = speak.get(allowlist(cast) + "?per_page=3&page=4")
    assert (len(answer.json()), answer["X-Total"], answer["X-Total-Pages"], answer["X-Next-Page"]) == (1, "10", "4", "")


def test_of_a_listed_project_one_may_not_see_only_the_id_is_shown(cast: Cast, api: Any, secret: Project) -> None:
    services.add_entry(cast.library, secret, by=cast.admin)
    row = api(cast.maintainer).get(allowlist(cast)).json()[1]
    assert row["id"] == secret.pk
    assert not any(value for key, value in row.items() if key != "id")


@pytest.mark.one_case
@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({}, "target_project_id is missing"),
        ({"target_project_id": None}, "target_project_id is empty"),
        ({"target_project_id": ""}, "target_project_id is empty"),
        ({"target_project_id": 12.34}, "target_project_id is invalid"),
        ({"target_project_id": "12.34"}, "target_project_id is invalid"),
        ({"target_project_id": [1]}, "target_project_id is invalid"),
        ({"target_project_id": True}, "target_project_id is invalid"),
        ({"target_project_id": 10**30}, "target_project_id is invalid"),
    ],
)
def test_an_improper_id_is_a_400(cast: Cast, api: Any, body: Any, error: str) -> None:
    assert status_and_body(api(cast.maintainer).post(allowlist(cast), body)) == (400, {"error": error})


def test_no_project_and_a_hidden_project_look_the_same(cast: Cast, api: Any, secret: Project) -> None:
    for wanted in (999_999, 0, -1, secret.pk):
        answer = api(cast.maintainer).post(allowlist(cast), {"target_project_id": wanted})
        assert status_and_body(answer) == (404, {"message": "404 target_project_id not found Not Found"})
    assert not AllowlistEntry.objects.exists()


def test_adding_takes_a_maintainer_of_both(cast: Cast, api: Any, half: User) -> None:
    answer = api(half).post(allowlist(cast), {"target_project_id": cast.app.pk})
    assert answer.status_code == 403
    assert answer.json()["message"] == (
        "403 Forbidden - Insufficient permissions to modify the job token scope: "
        "adding an entry takes the Maintainer role in both projects"
    )
    services.change_instance_settings(by=cast.admin, editor_needs_both=False)
    assert api(half).post(allowlist(cast), {"target_project_id": cast.app.pk}).status_code == 201


def test_a_second_add_is_a_400(cast: Cast, api: Any) -> None:
    speak = api(cast.maintainer)
    speak.post(allowlist(cast), {"target_project_id": cast.app.pk})
    answer = speak.post(allowlist(cast), {"target_project_id": cast.app.pk})
    assert status_and_body(answer) == (
        400,
        {"message": "400 Bad request - This project is already in the job token allowlist."},
    )


def test_a_project_is_not_added_to_its_own_list(cast: Cast, api: Any) -> None:
    answer = api(cast.maintainer).post(allowlist(cast), {"target_project_id": cast.library.pk})
    words = "Validation failed: Target project can't be the same as the source project"
    assert status_and_body(answer) == (400, {"message": f"400 Bad request - {words}"})


def test_a_full_list_takes_no_more(cast: Cast, api: Any) -> None:
    services.change_instance_settings(by=cast.admin, allowlist_limit=0)
    answer = api(cast.maintainer).post(allowlist(cast), {"target_project_id": cast.app.pk})
    words = "Validation failed: Source project exceeds the allowable number of project links in this direction"
    assert status_and_body(answer) == (400, {"message": f"400 Bad request - {words}"})


def test_removing_takes_a_maintainer_of_the_list_only(cast: Cast, api: Any, half: User) -> None:
    services.add_entry(cast.library, cast.app, by=cast.owner)
    assert api(half).delete(allowlist(cast, cast.app.pk)).status_code == 204


def test_a_listed_project_one_may_not_see_can_be_removed(cast: Cast, api: Any, secret: Project) -> None:
    services.add_entry(cast.library, secret, by=cast.admin)
    assert api(cast.maintainer).delete(allowlist(cast, secret.pk)).status_code == 204
    answer = api(cast.maintainer).delete(allowlist(cast, secret.pk))
    assert status_and_body(answer) == (404, {"message": "404 Project Not Found"})


@pytest.mark.parametrize("target", [999_999, 0, 10**30])
def test_removing_no_project_is_a_404(cast: Cast, api: Any, target: int) -> None:
    answer = api(cast.maintainer).delete(allowlist(cast, target))
    assert status_and_body(answer) == (404, {"message": "404 Project Not Found"})


def test_removing_what_is_not_listed_is_a_400(cast: Cast, api: Any) -> None:
    answer = api(cast.maintainer).delete(allowlist(cast, cast.app.pk))
    assert status_and_body(answer) == (
        400,
        {"message": "400 Bad request - Target project is not in the job token scope"},
    )


def test_the_project_itself_stays(cast: Cast, api: Any) -> None:
    answer = api(cast.maintainer).delete(allowlist(cast, cast.library.pk))
    words = "Source project cannot be removed from the job token scope"
    assert status_and_body(answer) == (400, {"message": f"400 Bad request - {words}"})


@pytest.mark.parametrize("target", ["app", "-1", "1.5"])
def test_an_address_names_a_project_by_its_id(cast: Cast, api: Any, target: str) -> None:
    answer = api(cast.maintainer).delete(allowlist(cast, target))
    assert status_and_body(answer) == (400, {"error": "target_project_id is invalid"})


# --- Groups -----------------------------------------------------------------------------------------------------------


def test_a_group_is_added_listed_and_removed(cast: Cast, api: Any) -> None:
    speak = api(cast.owner)
    assert status_and_body(speak.get(groups(cast))) == (200, [])
    answer = speak.post(groups(cast), {"target_group_id": cast.acme.pk})
    assert status_and_body(answer) == (201, {"source_project_id": cast.library.pk, "target_group_id": cast.acme.pk})
    answer = speak.get(groups(cast))
    shown = {"id": cast.acme.pk, "web_url": "http://testserver/groups/acme", "name": "acme"}
    assert (answer.json(), answer["X-Total"]) == ([shown], "1")
    assert [row["id"] for row in speak.get(allowlist(cast)).json()] == [cast.library.pk]
    answer = speak.delete(groups(cast, cast.acme.pk))
    assert (answer.status_code, answer.content) == (204, b"")


@pytest.mark.one_case
@pytest.mark.parametrize(
    ("body", "error"),
    [
        ({}, "target_group_id is missing"),
        ({"target_group_id": None}, "target_group_id is empty"),
        ({"target_group_id": ""}, "target_group_id is empty"),
        ({"target_group_id": "acme"}, "target_group_id is invalid"),
    ],
)
def test_an_improper_group_id_is_a_400(cast: Cast, api: Any, body: Any, error: str) -> None:
    assert status_and_body(api(cast.owner).post(groups(cast), body)) == (400, {"error": error})


def test_no_group_and_a_hidden_group_look_the_same(cast: Cast, api: Any, secret: Project) -> None:
    for wanted in (999_999, secret.group_id):
        answer = api(cast.maintainer).post(groups(cast), {"target_group_id": wanted})
        assert status_and_body(answer) == (404, {"message": "404 target_group_id not found Not Found"})
        answer = api(cast.maintainer).delete(groups(cast, wanted))
        assert status_and_body(answer) == (404, {"message": "404 target_group_id not found Not Found"})


def test_adding_a_group_takes_a_maintainer_of_it(cast: Cast, api: Any) -> None:
    answer = api(cast.maintainer).post(groups(cast), {"target_group_id": cast.acme.pk})
    assert answer.status_code == 403
    assert answer.json()["message"].endswith("takes the Maintainer role in the project and in the group")


def test_a_second_add_of_a_group_is_a_400(cast: Cast, api: Any) -> None:
    services.add_entry(cast.library, cast.acme, by=cast.owner)
    answer = api(cast.owner).post(groups(cast), {"target_group_id": cast.acme.pk})
    assert status_and_body(answer) == (
        400,
        {"message": "400 Bad request - This group is already in the job token allowlist."},
    )


def test_a_full_list_of_groups_takes_no_more(cast: Cast, api: Any) -> None:
    services.change_instance_settings(by=cast.admin, allowlist_limit=0)
    answer = api(cast.owner).post(groups(cast), {"target_group_id": cast.acme.pk})
    words = "Validation failed: Source project exceeds the allowable number of group links"
    assert status_and_body(answer) == (400, {"message": f"400 Bad request - {words}"})


def test_removing_a_group_takes_a_maintainer_of_the_list_only(cast: Cast, api: Any, secret: Project) -> None:
    for group in (cast.acme, secret.group):
        services.add_entry(cast.library, group, by=cast.admin)
        assert api(cast.maintainer).delete(groups(cast, group.pk)).status_code == 204


def test_removing_a_group_that_is_not_listed_is_a_400(cast: Cast, api: Any) -> None:
    answer = api(cast.owner).delete(groups(cast, cast.acme.pk))
    assert status_and_body(answer) == (400, {"message": "400 Bad request - Target group is not in the job token scope"})


def test_of_a_listed_group_one_may_not_see_only_the_id_is_shown(cast: Cast, api: Any, secret: Project) -> None:
    services.add_entry(cast.library, secret.group, by=cast.admin)
    assert api(cast.maintainer).get(groups(cast)).json() == [{"id": secret.group_id, "web_url": None, "name": None}]


def test_a_change_counts_at_once_for_a_running_job(cast: Cast, api: Any) -> None:
    """The point of it all, through the one decision: not listed, listed, through the group, removed."""
    token = cast.job_token()

    def is_admitted() -> bool:
        return check_job_token(token, Action.DOWNLOAD_CODE, IdOrPath("id", cast.library.pk)).decision.allowed

    speak = api(cast.owner)
    seen = [is_admitted()]
    speak.post(allowlist(cast), {"target_project_id": cast.app.pk})
    seen.append(is_admitted())
    speak.delete(allowlist(cast, cast.app.pk))
    seen.append(is_admitted())
    speak.post(groups(cast), {"target_group_id": Group.objects.get(full_path="acme").pk})
    seen.append(is_admitted())
    speak.delete(groups(cast, cast.acme.pk))
    seen.append(is_admitted())
    assert seen == [False, True, False, True, False]


def test_a_project_that_is_deleted_is_listed_no_more(cast: Cast, api: Any):
    AllowlistEntry.objects.create(project=cast.library, target_project=cast.app, direction=Direction.INBOUND)
    api(cast.owner).delete(f"/projects/{cast.app.pk}")
    assert [row["id"] for row in api(cast.maintainer).get(allowlist(cast)).json()] == [cast.library.pk]
