"""Nobody climbs: what a role gives ends where it ends, on each face."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from identity.models import User
from jobs.models import Runner
from jobs.runners.services import assign_runner, create_runner
from projects import services as projects_services
from projects.models import Membership, Project
from tests.factories import people, projects, runners
from tests.factories.cast import Cast
from tests.factories.people import token_for
from tests.support.client import Api
from tokenaccess.allowlist import services
from tokenaccess.models import AllowlistEntry
from tokenaccess.policy.levels import Role, Visibility

RULES = "/acme/library/-/settings/ci_cd/token_access"


def api(user: User) -> Api:
    return Api(token=token_for(user))


def browser(user: User) -> Client:
    client = Client()
    client.force_login(user)
    return client


# --- Members ----------------------------------------------------------------------------------------------------------


@pytest.mark.one_case
@pytest.mark.parametrize("role", ["guest", "reporter", "developer"])
def test_who_manages_nobody_adds_nobody(cast: Cast, role):
    user = getattr(cast, role)
    answer = api(user).post(f"/projects/{cast.library.pk}/members", {"user_id": cast.outsider.pk, "access_level": 10})
    assert answer.status_code == 403
    own = f"/projects/{cast.library.pk}/members/{user.pk}"
    assert api(user).put(own, {"access_level": 50}).status_code == 403
    page = browser(user).post("/acme/library/-/members", {"username": "outsider", "role": 10})
    assert page.status_code == 403


def test_a_maintainer_makes_no_owner_and_unmakes_none(cast: Cast):
    boss = projects.member(people.person("boss"), cast.library, Role.OWNER)
    mine, where = api(cast.maintainer), f"/projects/{cast.library.pk}/members"
    assert mine.post(where, {"user_id": cast.outsider.pk, "access_level": 50}).status_code == 403
    assert mine.put(f"{where}/{cast.maintainer.pk}", {"access_level": 50}).status_code == 403
    assert mine.put(f"{where}/{boss.pk}", {"access_level": 10}).status_code == 403
    assert mine.delete(f"{where}/{boss.pk}").status_code == 403
    held = Membership.objects.get(user=boss)
    page = browser(cast.maintainer)
    assert page.post(f"/acme/library/-/members/{held.pk}", {"role": 10}).status_code in {403, 404}
    assert page.post(f"/acme/library/-/members/{held.pk}/remove").status_code in {403, 404}
    page.post("/acme/library/-/members", {"username": "outsider", "role": 50})
    assert not Membership.objects.filter(user=cast.outsider).exists()
    held.refresh_from_db()
    assert held.role == Role.OWNER


def test_no_membership_is_reached_through_another_project(cast: Cast):
    """A maintainer of one project names the membership of another in the address."""
    other = projects.project("other", group=cast.acme, by=cast.owner)
    held = Membership.objects.get(user=projects.member(people.person("there"), other, Role.DEVELOPER))
    page = browser(cast.maintainer)
    assert page.post(f"/acme/library/-/members/{held.pk}", {"role": 40}).status_code == 404
    assert page.post(f"/acme/library/-/members/{held.pk}/remove").status_code == 404


# --- Projects and groups ----------------------------------------------------------------------------------------------


def test_nobody_makes_projects_where_they_have_no_say(cast: Cast):
    for namespace in (cast.acme.pk, "acme", projects_services.create_namespace(cast.owner).pk):
        answer = api(cast.outsider).post("/projects", {"name": "mine", "namespace_id": namespace})
        assert answer.status_code in {403, 404}
    answer = api(cast.outsider).post("/groups", {"name": "mine", "path": "mine", "parent_id": cast.acme.pk})
    assert answer.status_code == 403
    assert api(cast.outsider).post(f"/projects/user/{cast.owner.pk}", {"name": "mine"}).status_code == 403
    assert not Project.objects.filter(name="mine").exists()


def test_no_project_is_more_visible_than_its_group(cast: Cast):
    hidden = projects.group("hidden", by=cast.owner, visibility=Visibility.PRIVATE)
    inside = projects.project("inside", group=hidden, by=cast.owner)
    answer = api(cast.owner).put(f"/projects/{inside.pk}", {"visibility": "public"})
    assert answer.status_code == 400
    made = api(cast.owner).post("/projects", {"name": "x", "namespace_id": hidden.pk, "visibility": "internal"})
    assert made.status_code == 400


def test_a_project_is_measured_by_its_group_as_it_is_now(cast: Cast):
    """The group was public when the project was read, and is private when the change arrives."""
    read_before = Project.objects.select_related("group").get(pk=cast.library.pk)
    assert read_before.group.visibility == Visibility.PUBLIC
    projects_services.update_group(cast.acme, by=cast.owner, visibility=Visibility.PRIVATE)
    with pytest.raises(Exception, match="higher than that of the group"):
        projects_services.update_project(read_before, by=cast.owner, visibility=Visibility.PUBLIC)


@pytest.mark.one_case
@pytest.mark.parametrize(("method", "where"), [("DELETE", ""), ("POST", "/archive"), ("POST", "/unarchive")])
def test_only_an_owner_ends_a_project(cast: Cast, method, where):
    assert api(cast.maintainer).request(method, f"/projects/{cast.library.pk}{where}").status_code == 403
    assert browser(cast.maintainer).post("/acme/library/-/settings/general/delete").status_code in {403, 404}
    assert Project.objects.filter(pk=cast.library.pk, archived=False).exists()


# --- Runners ----------------------------------------------------------------------------------------------------------


def test_nobody_makes_runners_for_others(cast: Cast):
    own = projects.project("own", group=projects_services.create_namespace(cast.outsider), by=cast.outsider)
    mine = api(cast.outsider)
    for place in (
        {"runner_type": "instance_type"},
        {"runner_type": "group_type", "group_id": cast.acme.pk},
        {"runner_type": "project_type", "project_id": cast.library.pk},
    ):
        assert mine.post("/user/runners", place).status_code in {403, 404}
    assert mine.post("/user/runners", {"runner_type": "project_type", "project_id": own.pk}).status_code == 201
    assert Runner.objects.count() == 1


def test_a_project_s_runner_gets_no_other_project_s_jobs(cast: Cast):
    runners.pipeline(cast.library, cast.developer)
    assert runners.runner(cast.app).take() is None
    assert runners.runner(projects.group("else", by=cast.owner)).take() is None
    assert runners.runner(cast.library).take() is not None


def test_a_maintainer_of_one_project_takes_no_shared_runner_s_token(cast: Cast):
    """With it they would be handed the other project's jobs, and with those the tokens of its people."""
    other = projects.project("other", group=cast.acme, by=cast.owner)
    runner, _ = create_runner(runner_type="project_type", by=cast.owner, project=other)
    assign_runner(runner, cast.app, by=cast.owner)
    reset = f"/runners/{runner.pk}/reset_authentication_token"
    assert api(cast.maintainer).post(reset).status_code == 403
    assert api(cast.owner).post(reset).status_code == 201


def test_a_locked_runner_serves_no_further_project(cast: Cast):
    runner, _ = create_runner(runner_type="project_type", by=cast.owner, project=cast.app, locked=True)
    answer = api(cast.owner).post(f"/projects/{cast.library.pk}/runners", {"runner_id": runner.pk})
    assert answer.status_code == 400
    assert runner.projects.count() == 1


# --- Who edits an allowlist -------------------------------------------------------------------------------------------


@pytest.fixture
def half(cast: Cast) -> Any:
    """Somebody who maintains the library and only develops the other side."""
    user = projects.member(people.person("half"), cast.library, Role.MAINTAINER)
    return projects.member(user, cast.app, Role.DEVELOPER)


def graphql(user: User, name: str, fields: str) -> Any:
    query = f'mutation {{ {name}(input: {{projectPath: "acme/library", {fields}}}) {{ errors }} }}'
    return api(user).post("/api/graphql", {"query": query}).json()


def test_who_maintains_one_side_opens_no_limit_on_any_face(cast: Cast, half):
    listed = f"/projects/{cast.library.pk}/job_token_scope/allowlist"
    assert api(half).post(listed, {"target_project_id": cast.app.pk}).status_code == 403
    add = graphql(half, "ciJobTokenScopeAddProject", 'targetProjectPath: "acme/app"')
    assert "Insufficient permissions" in str(add)
    both = graphql(half, "ciJobTokenScopeAddGroupOrProject", 'targetPath: "acme"')
    assert "Insufficient permissions" in str(both)
    for path in ("acme/app", "acme"):
        assert browser(half).post(f"{RULES}/add", {"path": path}).status_code == 422
    assert browser(half).post(f"{RULES}/outbound/add", {"path": "acme/app"}).status_code == 422
    assert browser(half).get("/admin/tokenaccess/allowlistentry/add/").status_code in {302, 403, 404}
    assert not AllowlistEntry.objects.exists()


def test_who_maintains_one_side_narrows_and_widens_nothing(cast: Cast, half):
    entry = services.add_entry(
        cast.library, cast.app, by=cast.owner, default_permissions=False, permissions=["read_packages"]
    )
    widen = 'targetPath: "acme/app", defaultPermissions: false, jobTokenPolicies: [READ_PACKAGES, READ_JOBS]'
    assert "insufficient permission" in str(graphql(half, "ciJobTokenScopeUpdatePolicies", widen))
    default = 'targetPath: "acme/app", defaultPermissions: true, jobTokenPolicies: []'
    assert "insufficient permission" in str(graphql(half, "ciJobTokenScopeUpdatePolicies", default))
    entry.refresh_from_db()
    assert entry.permissions == ["read_packages"]
    narrow = 'targetPath: "acme/app", defaultPermissions: false, jobTokenPolicies: []'
    assert "errors': []" in str(graphql(half, "ciJobTokenScopeUpdatePolicies", narrow))
    entry.refresh_from_db()
    assert (entry.default_permissions, entry.permissions) == (False, [])


@pytest.mark.one_case
@pytest.mark.parametrize("role", ["guest", "reporter", "developer"])
def test_a_lesser_role_sees_and_changes_no_rule_on_any_face(cast: Cast, role):
    user = getattr(cast, role)
    services.add_entry(cast.library, cast.app, by=cast.owner)
    where = f"/projects/{cast.library.pk}/job_token_scope"
    for method, path, body in (
        ("GET", "", None),
        ("PATCH", "", {"enabled": False}),
        ("GET", "/allowlist", None),
        ("DELETE", f"/allowlist/{cast.app.pk}", None),
        ("GET", "/groups_allowlist", None),
    ):
        assert api(user).request(method, where + path, body).status_code == 403
    for page in ("", "/outbound", "/log", "/refusals", "/autopopulate", "/clear"):
        assert browser(user).get(f"{RULES}{page}").status_code == 403
    query = '{ project(fullPath: "acme/library") { ciCdSettings { jobTokenScopeEnabled } ciJobTokenScope {'
    query += " inboundAllowlistCount } ciJobTokenScopeAllowlist { projectsAllowlist { count } }"
    query += " ciJobTokenAuthLogs { count } } }"
    data = api(user).post("/api/graphql", {"query": query}).json()["data"]["project"]
    assert set(data.values()) == {None}
    assert AllowlistEntry.objects.count() == 1


def test_an_entry_whose_project_one_may_not_see_can_always_be_removed(cast: Cast):
    secret = projects.project("secret", group=projects.group("far", visibility=Visibility.PRIVATE))
    for remove in (
        lambda: api(cast.maintainer).delete(f"/projects/{cast.library.pk}/job_token_scope/allowlist/{secret.pk}"),
        lambda: graphql(
            cast.maintainer, "ciJobTokenScopeRemoveProject", 'targetProjectPath: "far/secret", direction: INBOUND'
        ),
        lambda: browser(cast.maintainer).post(f"{RULES}/entries/{AllowlistEntry.objects.get().pk}/remove"),
    ):
        services.add_entry(cast.library, secret, by=None)
        remove()
        assert not AllowlistEntry.objects.exists()


def test_no_entry_is_reached_through_another_project(cast: Cast):
    other = projects.project("other", group=cast.acme, by=cast.owner)
    entry = services.add_entry(other, cast.app, by=cast.owner)
    assert browser(cast.maintainer).post(f"{RULES}/entries/{entry.pk}/remove").status_code == 404
    assert browser(cast.maintainer).post(f"{RULES}/entries/{entry.pk}", {"what": "role"}).status_code == 404
    assert AllowlistEntry.objects.filter(pk=entry.pk).exists()
