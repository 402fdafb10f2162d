"""Projects by REST: make, show, list, change, archive, delete."""

from __future__ import annotations

from typing import Any

import pytest

from audit.models import AuditEvent
from projects.extensions import settings as settings_extensions
from projects.extensions.settings import SettingExtension
from projects.models import Group, Project
from projects.repository import Repository
from tests.factories import people, projects
from tests.factories.cast import Cast
from tests.support.response_schema import described_anew
from tokenaccess.policy import Action
from tokenaccess.policy.levels import Role


def test_a_project_is_created_in_the_callers_own_namespace(cast: Cast, api: Any) -> None:
    answer = api(cast.developer).post("/projects", {"name": "My Library"})
    assert answer.status_code == 201
    made = answer.json()
    assert made["path_with_namespace"] == "developer/my-library"
    assert made["namespace"]["kind"] == "user"
    assert made["visibility"] == "private"
    assert Repository(Project.objects.get(pk=made["id"]).repository_path).is_empty()


def test_a_project_is_created_in_a_group_with_every_given_setting(cast: Cast, api: Any) -> None:
    asked = {
        "name": "tools",
        "namespace_id": cast.acme.pk,
        "visibility": "internal",
        "description": "What we use",
        "initialize_with_readme": True,
        "default_branch": "trunk",
        "package_registry_access_level": "private",
        "jobs_enabled": False,
        "public_jobs": False,
        "ci_config_path": "ci/main.yml",
        "build_timeout": 7200,
        "ci_default_git_depth": 5,
        "shared_runners_enabled": False,
    }
    made = api(cast.owner).post("/projects", asked).json()
    del asked["initialize_with_readme"], asked["namespace_id"]
    assert {name: made[name] for name in asked} == asked
    assert made["builds_access_level"] == "disabled"
    assert made["readme_url"].endswith("/acme/tools/-/blob/trunk/README.md")
    assert made["empty_repo"] is False
    assert Repository(Project.objects.get(pk=made["id"]).repository_path).blob("trunk", "README.md")


def test_a_project_has_every_key_a_client_looks_for(cast: Cast, api: Any) -> None:
    shown = api(cast.maintainer).get("/projects/acme%2Flibrary").json()
    assert shown["id"] == cast.library.pk
    assert shown["name_with_namespace"] == "acme / library"
    assert shown["http_url_to_repo"] == "http://testserver/acme/library.git"
    assert shown["namespace"] == {
        "id": cast.acme.pk,
        "name": "acme",
        "path": "acme",
        "kind": "group",
        "full_path": "acme",
        "parent_id": None,
        "avatar_url": None,
        "web_url": "http://testserver/groups/acme",
    }
    assert shown["permissions"]["project_access"]["access_level"] == Role.MAINTAINER
    assert shown["permissions"]["group_access"] is None
    assert shown["created_at"].endswith("Z")
    assert len(shown["created_at"]) == len("2024-05-01T12:00:00.000Z")


def test_the_owner_through_a_group_sees_group_access(cast: Cast, api: Any) -> None:
    shown = api(cast.owner).get(f"/projects/{cast.library.pk}").json()
    assert shown["permissions"] == {
        "project_access": None,
        "group_access": {"access_level": 50, "notification_level": 3},
    }


def test_a_guest_of_a_private_project_learns_nothing_of_its_code(cast: Cast, api: Any) -> None:
    shown = api(cast.guest).get(f"/projects/{cast.library.pk}").json()
    assert not {"default_branch", "readme_url", "forks_count", "empty_repo"} & shown.keys()


@pytest.mark.one_case
@pytest.mark.parametrize("name", ["acme%2Flibrary", "acme%2Fnothing", "999999", "9" * 30, "acme%2F%00", "acme%2F.."])
def test_hidden_and_absent_look_the_same(cast: Cast, api: Any, name: str) -> None:
    for caller in (api(cast.outsider), api()):
        answer = caller.get(f"/projects/{name}")
        assert (answer.status_code, answer.json()) == (404, {"message": "404 Project Not Found"})


def test_a_job_token_does_not_count_here(cast: Cast, api: Any) -> None:
    assert api(job=cast.job_token()).get(f"/projects/{cast.app.pk}").status_code == 404


def test_the_list_of_projects_holds_what_the_caller_may_see(cast: Cast, api: Any) -> None:
    projects.project("site", group=cast.acme, by=cast.owner, visibility=20)
    assert _paths(api().get("/projects")) == {"acme/site"}
    assert _paths(api(cast.guest).get("/projects")) == {"acme/site", "acme/library", "acme/app"}
    assert _paths(api(cast.guest).get("/projects?membership=true")) == {"acme/library", "acme/app"}
    assert _paths(api(cast.guest).get("/projects?min_access_level=30")) == set()
    assert _paths(api(cast.owner).get("/projects?owned=1")) == {"acme/site", "acme/library", "acme/app"}
    assert _paths(api(cast.admin).get("/projects?membership=true")) == set()
    assert _paths(api(cast.admin).get("/projects?visibility=private")) == {"acme/library", "acme/app"}
    assert _paths(api(cast.guest).get("/projects?search=LIB")) == {"acme/library"}
    assert _paths(api(cast.guest).get("/projects?search=acme")) == set()
    assert _paths(api(cast.guest).get("/projects?search=acme%2Fl")) == {"acme/library"}
    assert _paths(api().get("/projects?membership=true")) == set()


def test_the_list_of_projects_has_an_order_and_pages(cast: Cast, api: Any) -> None:
    answer = api(cast.guest).get("/projects?order_by=path&sort=asc&per_page=1")
    assert [one["path"] for one in answer.json()] == ["app"]
    assert answer["X-Total"] == "2"
    assert answer["X-Next-Page"] == "2"
    assert 'rel="next"' in answer["Link"]
    assert api(cast.guest).get("/projects?order_by=path&sort=asc&per_page=1&page=2").json()[0]["path"] == "library"


def test_a_simple_list_has_the_basic_keys_only(cast: Cast, api: Any) -> None:
    assert "permissions" not in api(cast.guest).get("/projects?simple=true").json()[0]
    assert "permissions" in api(cast.guest).get("/projects").json()[0]


def test_a_list_takes_as_many_statements_for_two_projects_as_for_twenty(
    cast: Cast, api: Any, django_assert_num_queries: Any
) -> None:
    caller = api(cast.developer)
    caller.get("/projects")  # notes the token's use
    # The token, count, page, names of groups, roles, own and inherited memberships.
    with django_assert_num_queries(7):
        assert len(caller.get("/projects").json()) == 2
    for number in range(18):
        place = projects.group(f"g{number}")
        made = projects.project("p", group=place)
        projects.member(cast.developer, made, Role.DEVELOPER)
    with django_assert_num_queries(7):
        assert len(caller.get("/projects").json()) == 20


def test_updating_a_project_changes_the_given_settings_only(cast: Cast, api: Any) -> None:
    caller = api(cast.maintainer)
    shown = caller.put(f"/projects/{cast.library.pk}", {"description": "New", "visibility": "public"}).json()
    assert (shown["description"], shown["visibility"], shown["name"]) == ("New", "public", "library")
    assert caller.put(f"/projects/{cast.library.pk}", {"description": ""}).json()["description"] == ""
    assert AuditEvent.objects.of_project(cast.library.pk).filter(event="project_updated").count() == 2


def test_changing_takes_a_maintainer(cast: Cast, api: Any) -> None:
    assert api(cast.developer).put(f"/projects/{cast.library.pk}", {"name": "x"}).status_code == 403
    assert api(cast.outsider).put(f"/projects/{cast.library.pk}", {"name": "x"}).status_code == 404
    assert api().put(f"/projects/{cast.library.pk}", {"name": "x"}).status_code == 401


def test_the_default_branch_must_be_there(cast: Cast, api: Any, django_capture_on_commit_callbacks: Any) -> None:
    caller, address = api(cast.maintainer), f"/projects/{cast.library.pk}"
    projects.commit(cast.library, {"a": "b"})
    answer = caller.put(address, {"default_branch": "nothing"})
    assert (answer.status_code, list(answer.json()["message"])) == (400, ["default_branch"])
    Repository(cast.library.repository_path).create_branch("dev", "main")
    with django_capture_on_commit_callbacks(execute=True):
        assert caller.put(address, {"default_branch": "dev"}).json()["default_branch"] == "dev"
    assert (cast.library.repository_path / "HEAD").read_text() == "ref: refs/heads/dev\n"


def test_only_an_owner_archives_and_deletes(cast: Cast, api: Any) -> None:
    address = f"/projects/{cast.library.pk}"
    assert api(cast.maintainer).post(f"{address}/archive").status_code == 403
    assert api(cast.maintainer).delete(address).status_code == 403
    assert api(cast.owner).post(f"{address}/archive").json()["archived"] is True
    assert api(cast.owner).post(f"{address}/unarchive").json()["archived"] is False
    answer = api(cast.owner).delete(address)
    assert (answer.status_code, answer.json()) == (202, {"message": "202 Accepted"})
    assert api(cast.owner).get(address).status_code == 404


def test_a_group_one_may_not_create_in_stays_untouched(cast: Cast, api: Any) -> None:
    hidden = projects.group("hidden", visibility=0)
    assert api(cast.outsider).post("/projects", {"name": "x", "namespace_id": hidden.pk}).status_code == 404
    assert api(cast.outsider).post("/projects", {"name": "x", "namespace_id": 999999}).status_code == 404
    assert api(cast.outsider).post("/projects", {"name": "x", "namespace_id": cast.acme.pk}).status_code == 403
    assert not Project.objects.filter(path="x").exists()
    assert not Group.objects.filter(person=cast.outsider).exists()


def test_an_administrator_creates_for_somebody(cast: Cast, api: Any) -> None:
    made = api(cast.admin).post(f"/projects/user/{cast.outsider.pk}", {"name": "gift"}).json()
    assert (made["path_with_namespace"], made["creator_id"]) == ("outsider/gift", cast.outsider.pk)
    assert AuditEvent.objects.get(event="project_created", target_path="outsider/gift").actor_name == "admin"
    assert api(cast.outsider).get(f"/projects/{made['id']}").json()["permissions"]["group_access"]["access_level"] == 50
    assert api(cast.developer).post(f"/projects/user/{cast.outsider.pk}", {"name": "gift"}).status_code == 403
    assert _paths(api(cast.outsider).get("/users/outsider/projects")) == {"outsider/gift"}
    assert _paths(api(cast.developer).get(f"/users/{cast.outsider.pk}/projects")) == set()


@pytest.mark.one_case
@pytest.mark.parametrize(
    ("body", "field"),
    [
        ({}, "error"),
        ({"name": ""}, "error"),
        ({"name": "a\0b"}, "error"),
        ({"name": "x", "path": ".."}, "path"),
        ({"name": "x", "path": "badges"}, "path"),
        ({"name": "x" * 300, "path": "x"}, "name"),
        ({"name": "library", "namespace_id": "acme"}, "path"),
        ({"name": "x", "visibility": "secret"}, "error"),
        ({"name": "x", "builds_access_level": "public"}, "error"),
        ({"name": "x", "build_timeout": 1}, "build_timeout"),
        ({"name": "x", "build_timeout": 10**30}, "error"),
        ({"name": "x", "ci_default_git_depth": 5000}, "ci_default_git_depth"),
        ({"name": "x", "default_branch": "a..b"}, "default_branch"),
        ({"name": "x", "default_branch": "-x"}, "default_branch"),
        ({"name": "x", "default_branch": "b" * 300}, "error"),
        ({"name": "x", "ci_config_path": "y" * 300}, "error"),
        ({"name": "x", "public_jobs": "perhaps"}, "error"),
    ],
)
def test_an_invalid_project_is_refused_by_field_and_not_created(cast: Cast, api: Any, body: Any, field: str) -> None:
    before = Project.objects.count()
    answer = api(cast.owner).post("/projects", body)
    assert answer.status_code == 400
    shown = answer.json()
    assert field in shown or field in shown["message"]
    assert Project.objects.count() == before


def test_the_limit_by_the_name_that_graphql_has_for_it_is_refused_rather_than_ignored(cast: Cast, api: Any) -> None:
    answer = api(cast.owner).put(f"/projects/{cast.app.pk}", {"ci_inbound_job_token_scope_enabled": True})
    assert answer.status_code == 400
    assert "ci_inbound_job_token_scope_enabled" in answer.json()["error"]


def test_settings_of_other_apps_are_shown_and_changed_by_those_who_may(
    cast: Cast, api: Any, monkeypatch: pytest.MonkeyPatch
) -> None:
    kept: dict[int, bool] = {}

    def write(project: Project, /, *, value: bool, by: Any) -> None:
        kept[project.pk] = value

    extra = SettingExtension(
        "lamp_on", Action.MANAGE_TOKEN_ACCESS, read=lambda project, /: kept.get(project.pk, False), write=write
    )
    monkeypatch.setattr(settings_extensions, "EXTENSIONS", [extra])
    monkeypatch.setattr("projects.api.serializers.EXTENSIONS", [extra])
    address = f"/projects/{cast.library.pk}"
    with described_anew():
        assert api(cast.maintainer).get(address).json()["lamp_on"] is False
        assert "lamp_on" not in api(cast.developer).get(address).json()
        assert api(cast.maintainer).put(address, {"lamp_on": True}).json()["lamp_on"] is True
        assert api(cast.maintainer).put(address, {"lamp_on": 7}).json() == {"error": "lamp_on is invalid"}


def test_a_form_is_as_good_as_json(cast: Cast, api: Any) -> None:
    caller, kind = api(cast.owner), "application/x-www-form-urlencoded"
    made = caller.post(
        "/projects", b"name=formed&namespace_id=acme&public_jobs=false&build_timeout=700", content_type=kind
    )
    assert (made.status_code, made.json()["build_timeout"], made.json()["public_jobs"]) == (201, 700, False)
    answer = caller.put(f"/projects/{made.json()['id']}", b"build_timeout=%00&name=%FF", content_type=kind)
    assert answer.status_code == 400
    assert caller.post("/projects", b"<name>x</name>", content_type="text/xml").status_code == 415


def test_a_body_beyond_all_measure_is_refused(cast: Cast, api: Any, settings: Any) -> None:
    settings.DATA_UPLOAD_MAX_MEMORY_SIZE = 1000
    answer = api(cast.owner).post("/projects", {"name": "x", "description": "y" * 2000})
    assert (answer.status_code, answer.json()) == (413, {"message": "413 Request Entity Too Large"})


def test_an_external_person_sees_no_internal_project(cast: Cast, api: Any) -> None:
    inner = projects.project("inner", group=cast.acme, by=cast.owner, visibility=10)
    guest = people.person("contractor", is_external=True)
    assert api(guest).get(f"/projects/{inner.pk}").status_code == 404
    assert _paths(api(guest).get("/projects")) == set()
    assert _paths(api(cast.outsider).get("/projects")) == {"acme/inner"}


def _paths(answer: Any) -> set[str]:
    assert answer.status_code == 200, answer.content
    return {one["path_with_namespace"] for one in answer.json()}
