"""Protected branches and tags by REST: the lists themselves, and what they keep from whom."""

from __future__ import annotations

from typing import Any

import pytest

from audit.models import AuditEvent
from projects import services
from projects.models import ProtectedRef, RefKind
from projects.repository import Repository
from tests.factories import projects
from tests.factories.cast import Cast
from tokenaccess.policy.levels import Visibility

MAINTAINERS = {"access_level": 40, "access_level_description": "Maintainers"}
NO_PUSH = "You are not allowed to push into this branch"


@pytest.fixture
def strict(cast: Cast) -> Cast:
    """The library as a new project is, with a commit on main."""
    cast.library.protected_refs.update(push_level=40, merge_level=40)
    projects.commit(cast.library, {"README.md": "hello\n"})
    return cast


def at(cast: Cast, what: str) -> str:
    return f"/projects/{cast.library.pk}/{what}"


def status_and_body(answer: Any) -> tuple[int, Any]:
    return answer.status_code, answer.json()


def protect(cast: Cast, name: str, kind: RefKind = RefKind.BRANCH, **levels: Any) -> ProtectedRef:
    return services.protect(cast.library, kind=kind, name=name, by=cast.owner, **levels)


# --- The lists --------------------------------------------------------------------------------------------------------


def test_a_new_project_has_its_default_branch_protected(cast: Cast, api: Any) -> None:
    made = api(cast.owner).post("/projects", {"name": "fresh", "default_branch": "trunk"}).json()
    listed = api(cast.owner).get(f"/projects/{made['id']}/protected_branches").json()
    (one,) = listed
    levels = [{"id": one["id"], **MAINTAINERS}]
    assert one == {
        "id": one["id"], "name": "trunk", "push_access_levels": levels, "merge_access_levels": levels,
        "allow_force_push": False,
    }  # fmt: skip
    assert api(cast.owner).get(f"/projects/{made['id']}/protected_tags").json() == []


def test_a_branch_is_protected_changed_and_unprotected(strict: Cast, api: Any) -> None:
    caller, address = api(strict.maintainer), at(strict, "protected_branches")
    made = caller.post(address, {"name": "release/*", "push_access_level": 0, "merge_access_level": "30"})
    assert made.status_code == 201
    push, merge = made.json()["push_access_levels"][0], made.json()["merge_access_levels"][0]
    assert (push["access_level"], push["access_level_description"]) == (0, "No one")
    assert (merge["access_level"], merge["access_level_description"]) == (30, "Developers + Maintainers")
    one = f"{address}/release%2F%2A"
    assert caller.get(one).json() == made.json()
    assert [row["name"] for row in caller.get(address).json()] == ["main", "release/*"]
    assert [row["name"] for row in caller.get(f"{address}?search=lease").json()] == ["release/*"]
    changed = caller.patch(one, {"allow_force_push": True, "push_access_level": 40})
    assert (changed.status_code, changed.json()["allow_force_push"]) == (200, True)
    assert changed.json()["push_access_levels"][0]["access_level"] == 40
    gone = caller.delete(one)
    assert (gone.status_code, gone.content) == (204, b"")
    assert status_and_body(caller.get(one)) == (404, {"message": "404 Not Found"})
    events = AuditEvent.objects.filter(details__ref="release/*").order_by("id")
    assert [(event.event, event.actor_name) for event in events] == [
        (name, "maintainer") for name in ("ref_protected", "ref_protection_changed", "ref_unprotected")
    ]


def test_a_tag_is_protected_and_unprotected(strict: Cast, api: Any) -> None:
    caller, address = api(strict.maintainer), at(strict, "protected_tags")
    made = caller.post(address, {"name": "v*"})
    protected = ProtectedRef.objects.get(kind="tag")
    assert status_and_body(made) == (201, {"name": "v*", "create_access_levels": [{"id": protected.pk, **MAINTAINERS}]})
    assert caller.get(f"{address}/v*").json() == made.json()
    assert caller.get(address).json() == [made.json()]
    assert caller.get(at(strict, "protected_branches/v*")).status_code == 404
    assert caller.delete(f"{address}/v%2A").status_code == 204
    assert caller.get(address).json() == []


def test_levels_may_be_sent_back_as_they_were_read_and_not_otherwise(strict: Cast, api: Any) -> None:
    """python-gitlab sends every list that somebody read."""
    caller, address = api(strict.maintainer), at(strict, "protected_branches/main")
    shown = caller.get(address).json()
    back = {name: shown[name] for name in ("push_access_levels", "merge_access_levels")}
    assert caller.patch(address, {**back, "allow_force_push": True}).json()["allow_force_push"] is True
    refused = caller.patch(address, {"push_access_levels": [{"access_level": 30}]})
    assert status_and_body(refused) == (400, {"error": "push_access_levels is not supported, use push_access_level"})
    assert caller.patch(address, {"push_access_levels": [30]}).json() == {"error": "push_access_levels is invalid"}
    assert caller.post(at(strict, "protected_branches"), {"name": "x", **back}).status_code == 400


def test_protecting_a_protected_branch_answers_as_gitlab_does(strict: Cast, api: Any) -> None:
    caller = api(strict.maintainer)
    again = caller.post(at(strict, "protected_branches"), {"name": "main"})
    assert status_and_body(again) == (409, {"message": "Protected branch 'main' already exists"})
    caller.post(at(strict, "protected_tags"), {"name": "v1"})
    again = caller.post(at(strict, "protected_tags"), {"name": "v1"})
    assert status_and_body(again) == (422, {"message": ["Name has already been taken"]})
    assert ProtectedRef.objects.filter(project=strict.library).count() == 2


@pytest.mark.one_case
@pytest.mark.parametrize("what", ["protected_branches", "protected_tags"])
@pytest.mark.parametrize(
    "body",
    [
        {}, {"name": ""}, {"name": "  "}, {"name": None}, {"name": ["x"]}, {"name": "x" * 256}, {"name": "a\0b"},
        {"name": "a..b"}, {"name": "a b"}, {"name": "-x"}, {"name": "x?"}, {"name": "x.lock"}, {"name": "\ud800"},
        {"name": "x", "push_access_level": 10, "create_access_level": 10},
        {"name": "x", "push_access_level": 2**70, "create_access_level": 2**70},
        {"name": "x", "push_access_level": "some", "create_access_level": []},
        {"name": "x", "allowed_to_push": [{"user_id": 1}], "allowed_to_create": [{"user_id": 1}]},
    ],
)  # fmt: skip
def test_nonsense_is_refused_and_nothing_is_protected(strict: Cast, api: Any, what: str, body: Any) -> None:
    before = ProtectedRef.objects.count()
    answer = api(strict.maintainer).post(at(strict, what), body)
    assert answer.status_code == 400, answer.json()
    assert ProtectedRef.objects.count() == before


@pytest.mark.parametrize("name", ["a%00b", "x" * 3000, "%FF", "..", "a/../b", "%0A", "protected_branches", "%25"])
def test_a_name_that_is_not_there_is_not_found(strict: Cast, api: Any, name: str) -> None:
    for what in ("protected_branches", "protected_tags"):
        assert api(strict.maintainer).get(at(strict, f"{what}/{name}")).status_code == 404
        assert api(strict.maintainer).delete(at(strict, f"{what}/{name}")).status_code == 404


def test_protecting_a_branch_takes_a_maintainer(strict: Cast, api: Any) -> None:
    for what in ("protected_branches", "protected_tags"):
        for person in (strict.guest, strict.reporter, strict.developer):
            assert api(person).get(at(strict, what)).status_code == 403
            assert api(person).post(at(strict, what), {"name": "x"}).status_code == 403
            assert api(person).delete(at(strict, f"{what}/main")).status_code == 403
        assert api(strict.outsider).get(at(strict, what)).status_code == 404
        assert api().get(at(strict, what)).status_code == 401
        assert api(job=strict.job_token(strict.library, strict.owner)).get(at(strict, what)).status_code in {401, 404}
    assert api(strict.maintainer).get(at(strict, "protected_branches")).status_code == 200


# --- What they keep ---------------------------------------------------------------------------------------------------


def test_a_branch_tells_how_it_is_protected(strict: Cast, api: Any) -> None:
    Repository(strict.library.repository_path).create_branch("feature", "main")

    def branch_flags(person: Any, name: str) -> tuple[bool, ...]:
        one = api(person).get(at(strict, f"repository/branches/{name}")).json()
        keys = ("protected", "developers_can_push", "developers_can_merge", "can_push")
        return tuple(one[key] for key in keys)

    assert branch_flags(strict.developer, "main") == (True, False, False, False)
    assert branch_flags(strict.maintainer, "main") == (True, False, False, True)
    assert branch_flags(strict.developer, "feature") == (False, False, False, True)
    assert branch_flags(strict.reporter, "feature") == (False, False, False, False)
    strict.library.protected_refs.update(merge_level=30)
    assert branch_flags(strict.developer, "main") == (True, False, True, False)
    protect(strict, "*", push_level=30)
    assert branch_flags(strict.developer, "main") == (True, True, True, True)
    assert branch_flags(strict.developer, "feature") == (True, True, False, True)


def test_a_list_of_branches_asks_once(strict: Cast, api: Any, django_assert_max_num_queries: Any) -> None:
    repository = Repository(strict.library.repository_path)
    for number in range(15):
        repository.create_branch(f"feature-{number}", "main")
    caller = api(strict.developer)
    caller.get(at(strict, "repository/branches"))
    with django_assert_max_num_queries(4):
        assert len(caller.get(at(strict, "repository/branches")).json()) == 16


def test_files_of_a_protected_branch_are_not_written(strict: Cast, api: Any) -> None:
    body = {"branch": "main", "commit_message": "m", "content": "x"}
    for person, status in ((strict.developer, 400), (strict.maintainer, 201)):
        answer = api(person).post(at(strict, "repository/files/new.txt"), body)
        assert answer.status_code == status
    assert api(strict.developer).put(at(strict, "repository/files/new.txt"), body).json() == {"message": NO_PUSH}
    deletion = {"branch": "main", "commit_message": "m"}
    refused = api(strict.developer).delete(at(strict, "repository/files/new.txt"), deletion)
    assert status_and_body(refused) == (400, {"message": NO_PUSH})
    elsewhere = {**body, "branch": "feature", "start_branch": "main"}
    assert api(strict.developer).put(at(strict, "repository/files/new.txt"), elsewhere).status_code == 200


def test_a_commit_on_a_protected_branch_is_forbidden(strict: Cast, api: Any) -> None:
    actions = [{"action": "create", "file_path": "a", "content": "x"}]
    body = {"branch": "main", "commit_message": "m", "actions": actions}
    before = Repository(strict.library.repository_path).find("main").sha
    refused = api(strict.developer).post(at(strict, "repository/commits"), body)
    assert status_and_body(refused) == (403, {"message": f"403 Forbidden - {NO_PUSH}"})
    assert Repository(strict.library.repository_path).find("main").sha == before
    assert api(strict.maintainer).post(at(strict, "repository/commits"), body).status_code == 201
    protect(strict, "next*")
    new = {**body, "branch": "next-1", "start_branch": "main"}
    assert api(strict.developer).post(at(strict, "repository/commits"), new).status_code == 403
    strict.library.protected_refs.filter(name="main").update(push_level=0)
    assert api(strict.owner).post(at(strict, "repository/commits"), {**body, "branch": "main"}).status_code == 403


def test_branches_that_a_pattern_protects_are_made_and_deleted_by_maintainers(strict: Cast, api: Any) -> None:
    protect(strict, "release/*")
    body = {"branch": "release/1", "ref": "main"}
    refused = api(strict.developer).post(at(strict, "repository/branches"), body)
    assert status_and_body(refused) == (
        400,
        {"message": "You are not allowed to create protected branches on this project."},
    )
    made = api(strict.maintainer).post(at(strict, "repository/branches"), body)
    assert (made.status_code, made.json()["protected"]) == (201, True)
    refused = api(strict.developer).delete(at(strict, "repository/branches/release%2F1"))
    assert refused.status_code == 400
    assert "not allowed to delete protected branches" in refused.json()["message"]
    assert api(strict.maintainer).delete(at(strict, "repository/branches/release%2F1")).status_code == 204
    assert api(strict.owner).delete(at(strict, "repository/branches/main")).status_code == 405


def test_protected_tags_are_made_and_deleted_by_maintainers(strict: Cast, api: Any) -> None:
    protect(strict, "v*", RefKind.TAG)
    body = {"tag_name": "v1", "ref": "main"}
    refused = api(strict.developer).post(at(strict, "repository/tags"), body)
    assert status_and_body(refused) == (400, {"message": "You are not allowed to create this tag as it is protected."})
    assert api(strict.developer).post(at(strict, "repository/tags"), {**body, "tag_name": "w1"}).status_code == 201
    made = api(strict.maintainer).post(at(strict, "repository/tags"), body)
    assert (made.status_code, made.json()["protected"]) == (201, True)
    shown = {one["name"]: one["protected"] for one in api(strict.reporter).get(at(strict, "repository/tags")).json()}
    assert shown == {"v1": True, "w1": False}
    refused = api(strict.developer).delete(at(strict, "repository/tags/v1"))
    assert refused.status_code == 403
    assert "not allowed to delete protected tags" in refused.json()["message"]
    assert api(strict.developer).delete(at(strict, "repository/tags/w1")).status_code == 204
    assert api(strict.maintainer).delete(at(strict, "repository/tags/v1")).status_code == 204


def test_a_project_is_deleted_with_its_protections(cast: Cast) -> None:
    made = projects.project("site", group=cast.acme, by=cast.owner, visibility=Visibility.PUBLIC)
    assert ProtectedRef.objects.filter(project=made).count() == 1
    services.delete_project(made, by=cast.owner)
    assert not ProtectedRef.objects.filter(project_id=made.pk).exists()
