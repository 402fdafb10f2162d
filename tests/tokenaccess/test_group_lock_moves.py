"""A move that would escape a group's lock takes an owner of that group; a move says in numbers what changes."""

from __future__ import annotations

from typing import Any

import pytest
from django.test import Client

from projects.models import Group, Project
from tests.factories import people, projects
from tests.factories.cast import Cast
from tests.support.token_access import text
from tokenaccess.allowlist import services
from tokenaccess.allowlist.moves.move_lock import reason_to_stay
from tokenaccess.models import AllowlistEntry, GroupAllowlistEntry, GroupRule
from tokenaccess.policy.levels import InboundMode, Role, Visibility

LOCKED = "because group acme locks it"


@pytest.fixture
def team(cast: Cast) -> Group:
    """A subgroup of acme, with an owner who is none of acme."""
    made = projects.group("team", parent=cast.acme, by=cast.owner)
    projects.member(cast.reporter, made, Role.OWNER)
    services.change_group_rule(cast.acme, by=cast.owner, inbound_mode=InboundMode.ENFORCED, is_locked=True)
    return made


@pytest.fixture
def tool(cast: Cast, team: Group) -> Project:
    return projects.project("tool", group=team, by=cast.owner)


@pytest.fixture
def away(cast: Cast) -> Group:
    made = projects.group("away", by=cast.owner)
    projects.member(cast.reporter, made, Role.OWNER)
    return made


def list_in(group: Group, project: Project) -> None:
    """As if it had been there before the lock."""
    GroupRule.objects.get_or_create(group=group)
    GroupAllowlistEntry.objects.create(group=group, target_project=project)


def test_a_project_leaves_a_locked_group_with_an_owner_of_that_group_only(
    cast: Cast, api: Any, tool: Project, away: Group
) -> None:
    address = f"/projects/{tool.pk}/transfer"
    refused = api(cast.reporter).put(address, {"namespace": "away"})
    assert (refused.status_code, LOCKED in refused.content.decode()) == (400, True)
    assert Project.objects.get(pk=tool.pk).full_path == "acme/team/tool"
    assert api(cast.owner).put(address, {"namespace": "away"}).status_code == 200


def test_a_subgroup_leaves_it_with_an_owner_of_that_group_only(cast: Cast, api: Any, team: Group, away: Group) -> None:
    address = f"/groups/{team.pk}/transfer"
    for where in ({"group_id": away.pk}, {}):
        refused = api(cast.reporter).post(address, where)
        assert (refused.status_code, LOCKED in refused.content.decode()) == (400, True), where
    assert api(cast.owner).post(address, {"group_id": away.pk}).status_code == 201


def test_below_a_lock_nothing_leaves_what_narrows_it_nor_reaches_a_list(cast: Cast, team: Group, tool: Project) -> None:
    other = projects.group("other", parent=cast.acme, by=cast.owner)
    assert reason_to_stay(tool, other, cast.reporter) == ""
    list_in(other, cast.app)
    assert LOCKED in reason_to_stay(tool, other, cast.reporter)
    assert reason_to_stay(tool, other, cast.owner) == reason_to_stay(tool, other, cast.admin) == ""
    strict = projects.group("strict", parent=cast.acme, by=cast.owner)
    services.change_group_rule(strict, by=cast.owner, has_ceiling=True)
    assert reason_to_stay(tool, strict, cast.reporter) == ""
    services.change_group_rule(team, by=cast.owner, has_ceiling=True)
    assert LOCKED in reason_to_stay(tool, strict, cast.reporter)


def test_a_group_that_the_mover_cannot_see_is_not_named(cast: Cast, team: Group, tool: Project, away: Group) -> None:
    stranger = people.person("stranger")
    Group.objects.filter(pk=cast.acme.pk).update(visibility=Visibility.PRIVATE)
    assert "acme" not in reason_to_stay(tool, away, stranger)
    assert "a group above locks it" in reason_to_stay(tool, away, stranger)


def test_the_page_refuses_at_once_and_says_in_numbers_what_changes(
    cast: Cast, client: Client, tool: Project, away: Group
) -> None:
    client.force_login(cast.reporter)
    refused = client.post("/acme/team/tool/-/settings/transfer", {"group": away.pk})
    assert (refused.status_code, LOCKED in text(refused)) == (422, True)
    client.force_login(cast.owner)
    AllowlistEntry.objects.create(project=cast.library, target_group=cast.acme)
    stranger = people.person("stranger")  # what their hidden project lists is nobody else's to know
    hidden = projects.project("hidden", group=projects.group("secret", by=stranger, visibility=0), by=stranger)
    AllowlistEntry.objects.create(project=hidden, target_group=cast.acme)
    list_in(cast.acme, cast.app)
    shown = text(client.post("/acme/team/tool/-/settings/transfer", {"group": away.pk}))
    assert "Transfer acme/team/tool to away?" in shown
    assert "<dt>1</dt><dd><strong>inherited entry goes</strong>" in shown
    assert "<dt>1</dt><dd><strong>entry elsewhere admits its jobs no longer,</strong>" in shown


def test_moving_into_a_locked_group_says_which_rules_apply_then(
    cast: Cast, client: Client, team: Group, away: Group
) -> None:
    tool = projects.project("free", group=away, by=cast.owner)
    services.set_inbound_mode(tool, InboundMode.OPEN, by=cast.owner)
    AllowlistEntry.objects.create(project=tool, target_project=cast.library)
    AllowlistEntry.objects.create(project=tool, target_project=cast.app)
    list_in(cast.acme, cast.app)
    services.change_group_rule(cast.acme, by=cast.owner, has_ceiling=True)
    client.force_login(cast.owner)
    shown = text(client.post("/away/free/-/settings/transfer", {"group": cast.acme.pk}))
    for line in (
        "project gets a stricter limit:</strong> enforced.",
        "entry of its list admits nobody there:</strong>",
        "inherited entry comes</strong> from the groups there.",
        "project is locked there:</strong>",
    ):
        assert f"<dt>1</dt><dd><strong>{line}" in shown, line
    whole = text(client.post("/groups/away/-/transfer", {"group": cast.acme.pk}))
    assert "Transfer away to acme?" in whole
    moved = client.post("/groups/away/-/transfer", {"group": cast.acme.pk, "confirmed": "1"})
    assert moved["Location"] == "/acme/away"
