"""Which entry counts, and what the lists hold: the cases of job-token.md §2.4 that need the database."""

from __future__ import annotations

from typing import Any

import pytest

from projects.models import Group, Project
from tests.factories import projects
from tests.factories.cast import Cast
from tokenaccess.access.gate import check_job_token
from tokenaccess.access.id_or_path import IdOrPath
from tokenaccess.allowlist import services
from tokenaccess.allowlist.display.queries import listed_groups, listed_projects
from tokenaccess.models import Direction
from tokenaccess.policy import Action
from tokenaccess.policy.levels import Role


class World:
    """`acme/library` is asked by a job of `top/middle/near/source`, whose owner may do everything there too."""

    def __init__(self, cast: Cast) -> None:
        self.owner, self.library = cast.owner, cast.library
        self.top = projects.group("top", by=self.owner)
        self.middle = projects.group("middle", parent=self.top, by=self.owner)
        self.near = projects.group("near", parent=self.middle, by=self.owner)
        self.source: Project = projects.project("source", group=self.near, by=self.owner)
        self.token = cast.job_token(self.source, self.owner)

    def list_group(self, group: Group, *permissions: str) -> None:
        granted: dict[str, Any] = {"default_permissions": not permissions, "permissions": permissions}
        services.add_entry(self.library, group, by=self.owner, **granted)

    def list_source(self, *permissions: str) -> None:
        services.add_entry(
            self.library,
            self.source,
            by=self.owner,
            default_permissions=not permissions,
            permissions=permissions,
        )

    def may(self, action: Action = Action.WRITE_PACKAGES) -> bool:
        return check_job_token(self.token, action, IdOrPath("id", self.library.pk)).decision.allowed


@pytest.fixture
def world(cast: Cast) -> World:
    return World(cast)


def test_17_the_group_of_the_source_lets_it_in(world: World) -> None:
    assert not world.may()
    world.list_group(world.near)
    assert world.may()


def test_18_so_does_a_group_further_up(world: World) -> None:
    world.list_group(world.top)
    assert world.may()


def test_19_an_unrelated_group_does_not(world: World, cast: Cast) -> None:
    world.list_group(cast.acme)
    world.list_group(projects.group("beside", parent=world.middle, by=cast.owner))
    assert not world.may()


def test_20_a_list_without_entries_holds_the_project_itself(cast: Cast) -> None:
    for direction in Direction.values:
        assert list(listed_projects(cast.library, direction)) == [cast.library]
    assert not listed_groups(cast.library).exists()


def test_21_the_two_directions_are_never_mixed(cast: Cast, world: World) -> None:
    services.add_entry(cast.library, cast.app, by=cast.owner)
    services.add_entry(cast.library, world.source, by=cast.owner, direction=Direction.OUTBOUND)
    services.add_entry(cast.app, cast.library, by=cast.owner)
    assert list(listed_projects(cast.library)) == [cast.library, cast.app]
    assert list(listed_projects(cast.library, Direction.OUTBOUND)) == [cast.library, world.source]


def test_43_its_own_entry_beats_that_of_a_group(world: World) -> None:
    world.list_group(world.near)
    world.list_source("read_packages")
    assert world.may(Action.READ_PACKAGES)
    assert not world.may(Action.WRITE_PACKAGES)


def test_44_the_nearest_groups_entry_decides(world: World) -> None:
    world.list_group(world.top)
    world.list_group(world.middle, "read_packages")
    assert world.may(Action.READ_PACKAGES)
    assert not world.may(Action.WRITE_PACKAGES)
    world.list_group(world.near, "admin_packages")
    assert world.may(Action.WRITE_PACKAGES)


def test_taking_the_nearer_narrower_entry_away_leaves_the_wider_one(world: World) -> None:
    world.list_group(world.top)
    world.list_source("read_packages")
    assert not world.may()
    services.remove_entry(world.library, world.source, by=world.owner)
    assert world.may()


def test_the_instances_enforcement_counts_at_once(world: World, cast: Cast) -> None:
    services.limit_access(cast.library, by=cast.owner, inbound=False)
    assert world.may()
    services.change_instance_settings(by=cast.admin, enforce_inbound=True)
    assert not world.may()
    services.set_feature_switch("ci_scoped_job_token", active=False, by=cast.admin)
    assert world.may()


def test_the_outbound_limit_of_the_source_counts_at_once(world: World, cast: Cast) -> None:
    world.list_source()
    services.limit_access(world.source, by=cast.owner, outbound=True)
    assert not world.may()
    services.add_entry(world.source, cast.library, by=cast.owner, direction=Direction.OUTBOUND)
    assert world.may()


def test_an_entry_gives_nothing_to_whose_person_has_no_role(world: World, cast: Cast) -> None:
    stranger = projects.member(cast.outsider, world.source, Role.DEVELOPER)
    world.list_source()
    world.token = cast.job_token(world.source, stranger)
    assert not world.may(Action.READ_PACKAGES)
