"""Pages that fork and transfer projects, transfer groups, and invite groups."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from projects import services
from projects.models import Group, GroupLink, Project
from projects.roles.roles import role_of
from tests.factories import people, projects
from tests.factories.cast import Cast
from tokenaccess.policy.levels import Role, Visibility


def read(client: Client, address: str) -> str:
    answer = client.get(address)
    assert answer.status_code == 200
    return str(answer.content.decode())


def test_a_project_is_forked_to_a_place_where_one_may(client: Client, cast: Cast) -> None:
    projects.commit(cast.library, {"a.txt": "a"})
    client.force_login(cast.reporter)
    assert "/acme/library/-/forks/new" in read(client, "/acme/library")
    assert "reporter (personal)" in read(client, "/acme/library/-/forks/new")
    given = {"name": "Mine", "path": "mine", "visibility": "0"}
    assert client.post("/acme/library/-/forks/new", given)["Location"] == "/reporter/mine"
    assert Project.objects.get(path="mine").forked_from == cast.library
    again = client.post("/acme/library/-/forks/new", given)
    assert (again.status_code, "already been taken" in again.content.decode()) == (422, True)
    assert client.post("/acme/library/-/forks/new", {**given, "group": cast.acme.pk}).status_code == 422
    client.force_login(cast.outsider)
    assert client.get("/acme/library/-/forks/new").status_code == 404


def test_projects_and_groups_are_transferred_by_owners(client: Client, cast: Cast) -> None:
    corp = projects.group("corp", by=cast.owner, visibility=Visibility.PRIVATE)
    client.force_login(cast.maintainer)
    assert client.get("/acme/library/-/settings/transfer").status_code == 403
    client.force_login(cast.owner)
    assert "Transfer project" in read(client, "/acme/library/-/settings/general")
    assert "corp" in read(client, "/acme/library/-/settings/transfer")
    moved = client.post("/acme/library/-/settings/transfer", {"group": corp.pk, "confirmed": "1"})
    assert moved["Location"] == "/corp/library/-/settings/general"
    assert client.post("/corp/library/-/settings/transfer", {"group": ""}).status_code == 422
    assert client.post("/groups/corp/-/transfer", {"group": cast.acme.pk, "confirmed": "1"})["Location"] == "/acme/corp"
    assert "No group: at the top" in read(client, "/groups/acme/corp/-/transfer")
    assert client.post("/groups/acme/corp/-/transfer", {"group": "", "confirmed": "1"})["Location"] == "/corp"


@pytest.mark.parametrize("place", ["/acme/library", "/groups/acme"])
def test_groups_are_invited_and_uninvited(client: Client, cast: Cast, place: str) -> None:
    guests = projects.group("guests", by=people.person("host"), visibility=Visibility.INTERNAL)
    projects.group("hidden", by=people.person("other"), visibility=Visibility.PRIVATE)
    newcomer = projects.member(people.person("newcomer"), guests, Role.DEVELOPER)
    client.force_login(cast.owner)
    address = f"{place}/-/group_links"
    assert address in read(client, f"{place}/-/members")
    for group in ("hidden", "nothing", "owner"):
        refused = client.post(address, {"group": group, "role": "20"})
        assert (refused.status_code, "none that you may see" in refused.content.decode()) == (422, True)
    assert client.post(address, {"group": "guests", "role": "20"})["Location"] == address
    assert role_of(newcomer, cast.library) is Role.REPORTER
    assert "guests" in read(client, address)
    taken = client.post(address, {"group": "guests", "role": "20"})
    assert (taken.status_code, "already been taken" in taken.content.decode()) == (422, True)
    removal = f"{address}/{GroupLink.objects.get().pk}/remove"
    assert "End the invitation of guests?" in read(client, removal)
    assert client.post(removal)["Location"] == address
    assert role_of(newcomer, cast.library) is Role.NONE


@pytest.mark.parametrize("kind", ["project", "group"])
def test_the_end_of_an_invitation_says_how_many_lose_their_role(client: Client, cast: Cast, kind: str) -> None:
    guests, others = projects.group("guests", by=cast.owner), projects.group("others", by=cast.owner)
    target: Any = cast.library if kind == "project" else cast.acme
    newcomers = [people.person(f"newcomer{number}") for number in range(4)]
    lowered, kept, by_other = (people.person(name) for name in ("lowered", "kept", "by-other"))
    for person in (*newcomers, lowered, kept, by_other):
        projects.member(person, guests, Role.DEVELOPER)
    projects.member(lowered, target, Role.GUEST)
    projects.member(kept, target, Role.MAINTAINER)
    projects.member(by_other, others, Role.DEVELOPER)
    for invited in (guests, others):
        services.invite_group(invited, target=target, role=Role.REPORTER, by=cast.owner)
    client.force_login(cast.owner)
    address = "/acme/library/-/group_links" if kind == "project" else "/groups/acme/-/group_links"

    def question(invited: Group) -> str:
        link = GroupLink.objects.get(invited=invited)
        return " ".join(read(client, f"{address}/{link.pk}/remove").split())

    for words in ("4 people lose all access here.", "1 person keeps a lower role.", "3 people keep the same role."):
        assert f"<dt>{words[0]}</dt><dd><strong>{words[2:]}</strong>" in question(guests)
    client.post(f"{address}/{GroupLink.objects.get(invited=guests).pk}/remove")
    assert [role_of(person, target) for person in (newcomers[0], lowered, kept, by_other)] == [
        Role.NONE,
        Role.GUEST,
        Role.MAINTAINER,
        Role.REPORTER,
    ]
    assert "<dt>1</dt><dd><strong>person loses all access here.</strong>" in question(others)
    projects.member(by_other, target, Role.REPORTER)
    assert "<dt>0</dt><dd><strong>people lose all access here.</strong>" in question(others)


def test_who_may_not_give_roles_invites_nobody_and_a_maintainer_no_owners(client: Client, cast: Cast) -> None:
    projects.group("guests", by=cast.owner, visibility=Visibility.PUBLIC)
    client.force_login(cast.developer)
    assert client.get("/acme/library/-/group_links").status_code == 403
    client.force_login(cast.maintainer)
    answer: Any = client.post("/acme/library/-/group_links", {"group": "guests", "role": "50"})
    assert answer.status_code == 422
    assert not GroupLink.objects.exists()
