"""Deleting a group takes all that lies below it, in one moment."""

from __future__ import annotations

import threading
import time
from typing import Any

import pytest
from django.core.exceptions import ValidationError
from django.db import connection, transaction
from django.test import Client
from django.test.utils import CaptureQueriesContext

from audit.models import AuditEvent
from hooks.events import OF_GROUP, OF_INSTANCE
from hooks.models import Delivery, Hook
from hooks.services import create_hook
from jobs.housekeeping import run_housekeeping
from jobs.models import CiVariable, Runner
from projects import services
from projects.models import FormerPath, Group, GroupLink, Membership, Project
from projects.roles.effective_roles import sync
from projects.roles.roles import role_of
from resources.containers.models import ContainerRepository
from tests.factories import people, projects
from tests.factories.cast import Cast
from tests.support.at_once import at_once
from tokenaccess.allowlist.services import add_entry, add_group_entry
from tokenaccess.errors import TokenAccessError
from tokenaccess.models import AllowlistEntry, GroupAllowlistEntry
from tokenaccess.policy.levels import Role


@pytest.fixture
def team(cast: Cast) -> Group:
    """acme / team / inner, with a project in each of the two."""
    made = projects.group("team", parent=cast.acme, by=cast.owner, visibility=0)
    inner = projects.group("inner", parent=made, by=cast.owner, visibility=0)
    projects.project("tool", group=made, by=cast.owner, visibility=0)
    projects.project("core", group=inner, by=cast.owner, visibility=0)
    return made


def wait_for_waiting() -> None:
    """Until another connection waits for this one; SQLite does not say."""
    if connection.vendor != "postgresql":
        return
    with connection.cursor() as cursor:
        for _ in range(200):
            cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
            if cursor.fetchone() != (0,):
                return
            time.sleep(0.02)


def drift() -> int:
    return sync(groups=Group.objects.all(), projects=Project.objects.all())


def test_an_owner_deletes_a_group_with_all_below(cast: Cast, api: Any, team: Group) -> None:
    answer = api(cast.owner).delete("/groups/acme%2Fteam")
    assert (answer.status_code, answer.json()) == (202, {"message": "202 Accepted"})
    for who in (api(cast.owner), api(cast.admin)):
        for gone in (
            "groups/acme%2Fteam",
            f"groups/{team.pk}",
            "groups/acme%2Fteam%2Finner",
            "projects/acme%2Fteam%2Ftool",
        ):
            assert who.get(f"/{gone}").status_code == 404
        assert {row["full_path"] for row in who.get("/groups").json()} == {"acme"}
        assert {row["path"] for row in who.get("/projects").json()} == {"library", "app"}
        held = Group.objects.get(pending_deletion=True)
        assert who.get(f"/groups/{held.pk}").status_code == who.get(f"/groups/{held.path}").status_code == 404
    assert drift() == 0


def test_the_paths_are_free_at_once(cast: Cast, api: Any, team: Group) -> None:
    owner = api(cast.owner)
    owner.put("/projects/acme%2Fteam%2Ftool", {"path": "hammer"})
    owner.delete(f"/groups/{team.pk}")
    assert not FormerPath.objects.exists()
    again = owner.post("/groups", {"name": "team", "path": "team", "parent_id": cast.acme.pk})
    made = owner.post("/projects", {"name": "hammer", "namespace_id": again.json()["id"]})
    assert made.json()["path_with_namespace"] == "acme/team/hammer"


def test_the_tokens_of_its_jobs_are_dead(cast: Cast, api: Any) -> None:
    token = cast.job_token(cast.library)
    assert api(job=token).get("/job").status_code == 200
    api(cast.owner).delete("/groups/acme")
    assert api(job=token).get("/job").status_code == 401


@pytest.mark.django_db(transaction=True)
def test_the_housekeeping_removes_the_projects_for_good(cast: Cast, api: Any, team: Group) -> None:
    folder = Project.objects.get(path="core").repository_path
    services.mark_for_deletion(Project.objects.get(path="tool"), by=cast.owner)
    api(cast.owner).delete(f"/groups/{team.pk}")
    assert run_housekeeping()["projects deleted"] == 2
    assert not folder.exists()
    assert set(Group.objects.filter(person=None)) == {cast.acme}


def test_what_named_it_or_belonged_to_it_stops(cast: Cast, api: Any, team: Group) -> None:
    owner = api(cast.owner)
    tool, other = Project.objects.get(path="tool"), projects.group("other", by=cast.outsider)
    add_entry(cast.library, target=team, by=cast.owner, default_permissions=True)
    add_entry(cast.library, target=tool, by=cast.owner, default_permissions=True)
    services.invite_group(team, target=other, role=Role.REPORTER, by=cast.outsider)
    member = projects.member(people.person("member"), team, Role.DEVELOPER)
    assert role_of(member, other) is Role.REPORTER
    at = f"/groups/{team.pk}"
    made = owner.post(f"{at}/access_tokens", {"name": "bot", "scopes": ["api"], "access_level": 30}).json()
    owner.post(f"{at}/deploy_tokens", {"name": "deploy", "scopes": ["read_repository"]})
    owner.post(f"{at}/variables", {"key": "WORD", "value": "x"})
    owner.post("/user/runners", {"runner_type": "group_type", "group_id": team.pk})
    owner.post(f"{at}/hooks", {"url": "https://example.com/"})
    bot = Membership.objects.get(group=team, user__is_bot=True).user
    assert api(token=made["token"]).get("/user").status_code == 200
    owner.delete(at)
    assert api(token=made["token"]).get("/user").status_code == 401
    bot.refresh_from_db()
    assert not bot.is_active
    assert role_of(member, other) is Role.NONE
    assert [row["path"] for row in owner.get(f"/projects/{cast.library.pk}/job_token_scope/allowlist").json()] == [
        "library"
    ]
    assert not AllowlistEntry.objects.filter(target_group__isnull=False).exists()
    for rows in (GroupLink, CiVariable, Runner, Hook):
        assert not rows.objects.exists()
    assert drift() == 0


def test_images_keep_their_path_until_they_are_gone(cast: Cast, api: Any, team: Group) -> None:
    tool = Project.objects.get(path="tool")
    ContainerRepository.objects.create(project=tool, path=tool.full_path)
    api(cast.owner).delete(f"/groups/{team.pk}")
    again = api(cast.owner).post("/groups", {"name": "team", "path": "team", "parent_id": cast.acme.pk}).json()
    taken = api(cast.owner).post("/projects", {"name": "tool", "namespace_id": again["id"]})
    assert taken.status_code == 400
    assert "has already been taken" in str(taken.json())
    assert api(cast.owner).post("/projects", {"name": "other", "namespace_id": again["id"]}).status_code == 201


def test_only_an_owner_may(cast: Cast, api: Any, team: Group) -> None:
    projects.member(cast.maintainer, team, Role.MAINTAINER)
    assert api(cast.maintainer).delete(f"/groups/{team.pk}").status_code == 403
    assert api(cast.outsider).delete(f"/groups/{team.pk}").status_code == 404
    assert api(job=cast.job_token(cast.library)).delete(f"/groups/{team.pk}").status_code in {401, 403, 404}
    assert Group.objects.filter(pk=team.pk).exists()


def test_nothing_is_half_done(cast: Cast, team: Group, monkeypatch: pytest.MonkeyPatch) -> None:
    def fail(**_more: Any) -> None:
        raise RuntimeError

    monkeypatch.setattr("projects.services.group_deletion.effective_roles.sync", fail)
    with pytest.raises(RuntimeError):
        services.delete_group(team, by=cast.owner)
    assert Group.objects.below(team.pk).count() == Project.objects.below(team.pk).alive().count() == 2
    assert not AuditEvent.objects.filter(event__endswith="_deleted").exists()


def test_the_history_names_each_group_and_project(cast: Cast, team: Group) -> None:
    services.delete_group(team, by=cast.owner)
    events = AuditEvent.objects.filter(event__endswith="_deleted", actor_name=cast.owner.username)
    assert set(events.values_list("event", "target_path")) == {
        ("group_deleted", "acme/team"), ("group_deleted", "acme/team/inner"),
        ("project_deleted", "acme/team/tool"), ("project_deleted", "acme/team/inner/core"),
    }  # fmt: skip


@pytest.mark.django_db(transaction=True)
def test_webhooks_above_get_an_event_for_each(cast: Cast, team: Group) -> None:
    url = "https://example.com/"
    above = create_hook(cast.acme, by=cast.owner, url=url, events=dict.fromkeys(map(str, OF_GROUP), True))
    everywhere = create_hook(None, by=cast.admin, url=url, events=dict.fromkeys(map(str, OF_INSTANCE), True))
    Delivery.objects.all().delete()
    services.delete_group(team, by=cast.owner)

    def events_of(hook: Hook) -> list[tuple[str, str]]:
        rows = [row.payload for row in Delivery.objects.filter(hook=hook).order_by("id")]
        return [(row["event_name"], row.get("path_with_namespace") or row["full_path"]) for row in rows]

    gone = [("project_destroy", "acme/team/inner/core"), ("project_destroy", "acme/team/tool")]
    assert events_of(above) == [*gone, ("subgroup_destroy", "acme/team"), ("subgroup_destroy", "acme/team/inner")]
    assert events_of(everywhere) == [*gone, ("group_destroy", "acme/team"), ("group_destroy", "acme/team/inner")]


def test_the_number_of_statements_does_not_depend_on_that_of_projects(cast: Cast, team: Group) -> None:
    def statements(group: Group) -> int:
        with CaptureQueriesContext(connection) as asked:
            services.delete_group(group, by=cast.owner)
        return len(asked)

    many = projects.group("many", parent=cast.acme, by=cast.owner)
    below = projects.group("below", parent=many, by=cast.owner)
    for number in range(6):
        projects.project(f"p{number}", group=below, by=cast.owner)
    assert statements(team) == statements(many)


@pytest.mark.django_db(transaction=True)
def test_two_deletions_at_once_and_a_project_made_meanwhile(cast: Cast, team: Group) -> None:
    inner, tool = Group.objects.get(path="inner"), Project.objects.get(path="tool")
    _, failed = at_once(
        lambda: services.delete_group(team, by=cast.owner),
        lambda: services.delete_group(inner, by=cast.owner),
        lambda: services.mark_for_deletion(tool, by=cast.owner),
        lambda: services.create_project(name="late", path="late", group=inner, by=cast.owner),
    )
    assert {type(error) for error in failed} <= {ValidationError}
    assert set(Group.objects.alive().filter(person=None)) == {cast.acme}
    assert set(Project.objects.alive()) == {cast.library, cast.app}
    assert drift() == 0


@pytest.mark.django_db(transaction=True)
def test_what_comes_to_a_group_that_is_gone_by_then_is_refused(cast: Cast, team: Group) -> None:
    inner, tool = Group.objects.get(path="inner"), Project.objects.select_related("group").get(path="tool")
    other = projects.group("other", by=cast.owner)
    services.delete_group(team, by=cast.owner)
    for change in (
        lambda: services.transfer_group(other, parent=inner, by=cast.owner),
        lambda: services.transfer_group(inner, parent=other, by=cast.owner),
        lambda: services.move_project(tool, group=other, by=cast.owner),
        lambda: services.move_project(cast.app, group=inner, by=cast.owner),
        lambda: services.invite_group(other, target=inner, role=Role.GUEST, by=cast.owner),
        lambda: services.invite_group(inner, target=other, role=Role.GUEST, by=cast.owner),
    ):
        with pytest.raises(ValidationError, match="deleted meanwhile"):
            change()
    tool.refresh_from_db()
    with pytest.raises(ValidationError, match="The project was deleted meanwhile"):
        services.move_project(tool, group=other, by=cast.owner)


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("case", ["its own project lists it", "another project lists it", "another group lists it"])
def test_a_deletion_waits_for_an_entry_that_names_the_group(cast: Cast, team: Group, case: str) -> None:
    """Another connection adds the entry, and commits when the deletion waits, or would have been done."""
    other = projects.group("other", by=cast.owner)
    is_added = threading.Event()

    def add() -> None:
        with transaction.atomic():
            if case == "another group lists it":
                add_group_entry(other, team, by=cast.owner)
            else:
                add_entry(cast.library, team if case.startswith("another") else cast.acme, by=cast.owner)
            is_added.set()
            wait_for_waiting()

    def delete() -> None:
        assert is_added.wait(30)
        services.delete_group(team if case.startswith("another") else cast.acme, by=cast.owner)

    if connection.vendor == "postgresql":
        assert at_once(add, delete)[1] == []
    else:  # whose writers come one after the other
        for change in (add, delete):
            change()
    assert not Group.objects.filter(pk=team.pk).exists()
    assert not AllowlistEntry.objects.exists()
    assert not GroupAllowlistEntry.objects.exists()
    assert drift() == 0


@pytest.mark.django_db(transaction=True)
def test_an_entry_that_waited_for_the_deletion_of_its_target_is_refused(cast: Cast, team: Group) -> None:
    is_deleted = threading.Event()

    def delete() -> None:
        with transaction.atomic():
            services.delete_group(team, by=cast.owner)
            is_deleted.set()
            wait_for_waiting()

    def add() -> None:
        assert is_deleted.wait(30)
        add_entry(cast.library, team, by=cast.owner)

    _, failed = at_once(delete, add)
    assert [type(error) for error in failed] == [TokenAccessError]
    assert "does not exist" in str(failed[0])


# --- The page ---------------------------------------------------------------------------------------------------------


def test_the_page_says_what_goes_and_asks_for_the_path(cast: Cast, team: Group) -> None:
    client = Client()
    client.force_login(cast.owner)
    cast.job_token(Project.objects.get(path="core"))
    shown = client.get("/groups/acme/team/-/delete").content.decode()
    for part in ("Delete acme/team?", "groups are deleted.", "projects are deleted.", "running job is ended."):
        assert part in shown
    refused = client.post("/groups/acme/team/-/delete", {"path": "team"})
    assert refused.status_code == 422
    assert "This is not the path of the group." in refused.content.decode()
    assert client.post("/groups/acme/team/-/delete", {"path": "acme/team"})["Location"] == "/"
    assert not Group.objects.filter(pk=team.pk).exists()


def test_the_page_is_for_owners_and_not_for_a_persons_namespace(cast: Cast, team: Group) -> None:
    services.create_namespace(cast.owner)
    projects.member(cast.maintainer, team, Role.MAINTAINER)
    for person, path, status in (
        (cast.maintainer, "acme/team", 403), (cast.outsider, "acme/team", 404), (cast.owner, cast.owner.username, 404),
    ):  # fmt: skip
        client = Client()
        client.force_login(person)
        assert client.post(f"/groups/{path}/-/delete", {"path": path}).status_code == status


def test_an_administrator_deletes_it_in_the_admin(cast: Cast, team: Group) -> None:
    client = Client()
    client.force_login(cast.admin)
    asked = client.get(f"/admin/projects/group/{team.pk}/delete/").content.decode()
    assert "acme/team/inner/core" in asked
    client.post(f"/admin/projects/group/{team.pk}/delete/", {"post": "yes"})
    assert not Group.objects.filter(pk=team.pk).exists()
    assert "deleted-group" not in client.get("/admin/projects/group/").content.decode()
