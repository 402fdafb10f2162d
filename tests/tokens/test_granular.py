"""Fine-grained personal tokens: tokens.md §3.1."""

from __future__ import annotations

import base64
from datetime import timedelta
from typing import Any

import pytest

from identity.models import PersonalToken, today
from tests.factories import people, projects
from tests.factories.cast import Cast
from tests.support.client import Api
from tokenaccess.policy import Action
from tokenaccess.policy.granular import PERMISSIONS


def scope(access: str, *permissions: str, **ids: Any) -> dict[str, Any]:
    return {"access": access, "permissions": list(permissions), **ids}


def create(api: Any, who: Any, *scopes: dict[str, Any], **more: Any) -> Any:
    return api(who).post("/user/personal_access_tokens", {"name": "fine", "granular_scopes": list(scopes), **more})


def test_a_fine_grained_token_does_what_it_names_where_it_names_it(api: Any, cast: Cast) -> None:
    selected = scope("selected_memberships", "read_project", "create_package", project_ids=[cast.library.pk])
    answer = create(api, cast.maintainer, selected)
    body = answer.json()
    assert (answer.status_code, body["scopes"]) == (201, ["granular"])
    assert body["granular_scopes"] == [
        {
            "access": "selected_memberships",
            "permissions": ["create_package", "read_project"],
            "project_id": cast.library.pk,
            "group_id": None,
        }
    ]
    fine = api(token=body["token"])
    assert fine.get(f"/projects/{cast.library.pk}").status_code == 200
    package = f"/projects/{cast.library.pk}/packages/generic/a/1/f"
    assert fine.put(package, b"x", content_type="application/octet-stream").status_code == 201
    assert fine.delete(f"/projects/{cast.library.pk}/packages/1").json()["scope"] == "delete_package"
    assert fine.put(f"/projects/{cast.library.pk}", {"description": "x"}).json()["scope"] == "update_project"
    elsewhere, absent = fine.get(f"/projects/{cast.app.pk}"), fine.get("/projects/99999")
    assert (elsewhere.status_code, elsewhere.json()) == (absent.status_code, absent.json())
    assert elsewhere.json()["error"] == "insufficient_scope"
    for address in ("/projects", "/user", "/personal_access_tokens", "/groups"):
        assert fine.get(address).status_code == 403
    assert fine.get("/personal_access_tokens/self").status_code == 200


def test_scopes_select_a_group_with_all_below_it_memberships_or_personal_projects(api: Any, cast: Cast) -> None:
    below = projects.project("below", group=projects.group("sub", parent=cast.acme, visibility=0), by=cast.owner)
    public = projects.project("public", group=projects.group("open"), visibility=20)

    def visible_projects(*scopes: dict[str, Any]) -> list[bool]:
        token = create(api, cast.owner, *scopes).json()["token"]
        return [api(token=token).get(f"/projects/{one.pk}").status_code == 200 for one in (cast.library, below, public)]

    assert visible_projects(scope("selected_memberships", "read_project", group_ids=[below.group_id])) == [
        False,
        True,
        False,
    ]
    assert visible_projects(scope("selected_memberships", "read_project", group_ids=[cast.acme.pk])) == [
        True,
        True,
        False,
    ]
    assert visible_projects(scope("all_memberships", "read_project")) == [True, True, False]
    assert visible_projects(scope("personal_projects", "read_project")) == [False, False, False]
    assert visible_projects(scope("user", "read_project")) == [False, False, False]


def test_git_asks_for_the_same_permissions(api: Any, cast: Cast) -> None:
    token = create(api, cast.maintainer, scope("all_memberships", "read_code")).json()["token"]
    headers = {"Authorization": "Basic " + base64.b64encode(f"x:{token}".encode()).decode()}
    address = f"http://testserver/{cast.library.full_path}.git/info/refs?service=git-"
    assert Api(headers=headers).get(f"{address}upload-pack").status_code == 200
    assert Api(headers=headers).get(f"{address}receive-pack").status_code == 403


def test_a_fine_grained_token_is_never_more_than_its_person(api: Any, cast: Cast) -> None:
    token = create(api, cast.reporter, scope("all_memberships", "update_project", "read_project")).json()["token"]
    assert api(token=token).get(f"/projects/{cast.library.pk}").status_code == 200
    assert api(token=token).put(f"/projects/{cast.library.pk}", {"description": "x"}).status_code == 403


def test_a_fine_grained_token_cannot_widen_itself(api: Any, cast: Cast) -> None:
    everything = scope("user", *PERMISSIONS), scope("all_memberships", *PERMISSIONS)
    token = create(api, cast.owner, *everything).json()
    fine, place = api(token=token["token"]), f"/projects/{cast.library.pk}"
    assert create(lambda _who: fine, None, *everything).status_code == 403
    wider = {"name": "wide", "scopes": ["api"]}
    assert fine.post("/user/personal_access_tokens", {"name": "x", "scopes": ["self_rotate"]}).status_code == 403
    assert fine.post(f"{place}/access_tokens", wider).status_code == 403
    assert fine.post(f"{place}/deploy_tokens", {"name": "x", "scopes": ["read_repository"]}).status_code == 403
    assert fine.post(f"{place}/triggers", {"description": "x"}).status_code == 403
    assert fine.post(f"{place}/members", {"user_id": cast.outsider.pk, "access_level": 40}).status_code == 403
    assert fine.post(f"/personal_access_tokens/{token['id']}/rotate").status_code == 403
    rotated = fine.post("/personal_access_tokens/self/rotate").json()
    assert rotated["granular_scopes"] == token["granular_scopes"]
    assert api(token=rotated["token"]).post(f"{place}/access_tokens", wider).status_code == 403


@pytest.mark.parametrize("forbidden", ["MANAGE_OWN_TOKENS", "MANAGE_TOKENS", "MANAGE_MEMBERS", "ADMINISTER"])
def test_no_permission_opens_what_makes_tokens_or_members(forbidden: str) -> None:
    assert not any(Action[forbidden] in actions for actions in PERMISSIONS.values())


@pytest.mark.one_case
@pytest.mark.parametrize(
    "wrong",
    [
        [scope("everywhere", "read_project")],
        [scope("user", "fly")],
        [scope("user")],
        [scope("selected_memberships", "read_project")],
        [scope("user", "read_user", project_ids=[1])],
        [scope("selected_memberships", "read_project", project_ids=[99999])],
        [{**scope("user", "read_user"), "role": 1}],
        ["read_user"],
        "read_user",
        [{}] * 101,
    ],
)
def test_what_cannot_be_understood_is_refused(api: Any, cast: Cast, wrong: Any) -> None:
    answer = api(cast.maintainer).post("/user/personal_access_tokens", {"name": "fine", "granular_scopes": wrong})
    assert answer.status_code == 400
    assert not PersonalToken.objects.filter(name="fine").exists()


def test_a_hidden_project_is_named_no_more_than_an_absent_one(api: Any, cast: Cast) -> None:
    hidden = create(api, cast.outsider, scope("selected_memberships", "read_project", project_ids=[cast.library.pk]))
    assert (hidden.status_code, "not found" in str(hidden.json())) == (400, True)


def test_a_token_takes_one_kind_of_scopes_and_administrators_make_it_for_others(api: Any, cast: Cast) -> None:
    both = create(api, cast.maintainer, scope("user", "read_user"), scopes=["self_rotate"])
    assert (both.status_code, "mutually exclusive" in both.json()["error"]) == (400, True)
    body = {"name": "fine", "granular_scopes": [scope("user", "read_user")]}
    for kind in ("personal_access_tokens", "impersonation_tokens"):
        made = api(cast.admin).post(f"/users/{cast.developer.pk}/{kind}", body).json()
        assert api(token=made["token"]).get("/user").json()["username"] == "developer"
    ordinary = api(cast.developer).get("/personal_access_tokens/self").json()
    assert "granular_scopes" not in ordinary


def test_a_token_made_by_a_token_ends_no_later_than_that(api: Any, cast: Cast) -> None:
    day = today() + timedelta(days=5)
    maker = api(token=people.token_for(cast.maintainer, expires_at=day))
    asked = {"name": "fine", "granular_scopes": [scope("user", "read_user")]}
    for later in ({}, {"expires_at": str(day + timedelta(days=1))}):
        answer = maker.post("/user/personal_access_tokens", {**asked, **later})
        assert answer.status_code == 400
        assert "expires_at" in answer.json()["message"]
    assert maker.post("/user/personal_access_tokens", {**asked, "expires_at": str(day)}).status_code == 201
