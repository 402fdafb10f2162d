"""Filling a list from the log, compacted to fit (job-token.md §6)."""

from __future__ import annotations

import pytest

from identity.models import User
from projects.models import Group, Project
from projects.services import create_namespace
from tests.factories import people, projects
from tests.factories.cast import Cast
from tests.support.token_access import record_authorization
from tokenaccess.access.facts import settings_of
from tokenaccess.allowlist import services
from tokenaccess.allowlist.suggestions.group_collapse import CannotCollapse, CollapsedTarget, collapse_into_groups
from tokenaccess.errors import ErrorCode, TokenAccessError
from tokenaccess.models import AllowlistEntry
from tokenaccess.policy.levels import Role

# Eight projects, each with the groups above it: p1 … p8 of the contract's table.
EIGHT = {
    101: (1,),
    102: (1, 2),
    103: (1, 2),
    104: (1, 2),
    105: (1, 2, 3),
    106: (1, 4),
    107: (1, 4),
    108: (9, 10),
}


@pytest.mark.pure
@pytest.mark.parametrize(
    ("limit", "groups", "kept"),
    [
        (200, [], [101, 102, 103, 104, 105, 106, 107, 108]),
        (8, [], [101, 102, 103, 104, 105, 106, 107, 108]),
        (4, [2, 4], [101, 108]),
        (3, [1], [108]),
        (2, [1], [108]),
    ],
)
def test_autopopulate_collapses_projects_into_groups_as_the_contract_says(
    limit: int, groups: list[int], kept: list[int]
) -> None:
    places = collapse_into_groups(EIGHT, limit)
    assert sorted(place.id for place in places if place.is_group) == groups
    assert sorted(place.id for place in places if not place.is_group) == kept


@pytest.mark.pure
def test_autopopulate_reports_when_no_grouping_is_small_enough() -> None:
    with pytest.raises(CannotCollapse):
        collapse_into_groups(EIGHT, 1)


@pytest.mark.pure
def test_a_group_can_be_swallowed_by_one_above_it() -> None:
    assert collapse_into_groups({1: (7, 8), 2: (7, 8), 3: (7, 9), 4: (7, 9)}, 1) == [
        CollapsedTarget(7, (), is_group=True)
    ]


def test_autopopulate_adds_the_projects_of_the_log_and_turns_the_limit_on(cast: Cast) -> None:
    services.limit_access(cast.library, by=cast.owner, inbound=False)
    record_authorization(cast.library, cast.app, days=90)
    added = services.autopopulate(cast.library, by=cast.maintainer)
    assert [(entry.target, entry.autopopulated, entry.default_permissions) for entry in added] == [
        (cast.app, True, True)
    ]
    assert settings_of(cast.library).limits_inbound


def test_autopopulate_skips_covered_projects_and_replaces_its_former_entries(cast: Cast) -> None:
    below = projects.group("below", parent=cast.acme, by=cast.owner)
    covered = projects.project("covered", group=below, by=cast.owner)
    other = projects.project("other", group=cast.acme, by=cast.owner)
    services.add_entry(cast.library, below, by=cast.owner)
    for origin in (covered, cast.app, other):
        record_authorization(cast.library, origin)
    assert {entry.target for entry in services.autopopulate(cast.library, by=cast.owner)} == {cast.app, other}
    again = services.autopopulate(cast.library, by=cast.owner)
    assert {entry.target for entry in again} == {cast.app, other}
    assert AllowlistEntry.objects.count() == 3
    assert services.clear_autopopulated(cast.library, by=cast.maintainer) == 2
    assert [entry.target for entry in AllowlistEntry.objects.all()] == [below]


def test_an_entry_changed_by_hand_is_no_longer_the_logs(cast: Cast) -> None:
    record_authorization(cast.library, cast.app)
    services.autopopulate(cast.library, by=cast.owner)
    services.set_permissions(
        cast.library, cast.app, default_permissions=False, permissions=["read_jobs"], by=cast.owner
    )
    assert services.clear_autopopulated(cast.library, by=cast.owner) == 0


def test_groups_stand_for_projects_when_the_list_is_short(cast: Cast) -> None:
    tools = projects.group("tools", parent=cast.acme, by=cast.owner)
    for number in range(4):
        record_authorization(cast.library, projects.project(f"t{number}", group=tools, by=cast.owner))
    services.change_instance_settings(by=cast.admin, allowlist_limit=2)
    record_authorization(cast.library, cast.app)
    added = services.autopopulate(cast.library, by=cast.owner)
    assert {entry.target for entry in added} == {tools, cast.app}


def test_too_many_without_a_common_group_change_nothing(cast: Cast) -> None:
    services.limit_access(cast.library, by=cast.owner, inbound=False)
    record_authorization(cast.library, cast.app)
    record_authorization(
        cast.library, projects.project("far", group=projects.group("elsewhere", by=cast.owner), by=cast.owner)
    )
    services.change_instance_settings(by=cast.admin, allowlist_limit=1)
    with pytest.raises(TokenAccessError) as caught:
        services.autopopulate(cast.library, by=cast.owner)
    assert caught.value.code is ErrorCode.TOO_MANY
    assert not AllowlistEntry.objects.exists()
    assert not settings_of(cast.library).limits_inbound


def test_a_persons_namespace_never_stands_for_its_projects(cast: Cast) -> None:
    own: Group = create_namespace(cast.owner)
    for number in range(2):
        record_authorization(cast.library, projects.project(f"mine{number}", group=own, by=cast.owner))
    services.change_instance_settings(by=cast.admin, allowlist_limit=1)
    with pytest.raises(TokenAccessError):
        services.autopopulate(cast.library, by=cast.owner)


def test_autopopulate_takes_a_maintainer_of_both_sides(cast: Cast) -> None:
    half: User = projects.member(people.person("half"), cast.library, Role.MAINTAINER)
    stranger: Project = projects.project("stranger", group=cast.acme, by=cast.owner)
    record_authorization(cast.library, stranger)
    with pytest.raises(TokenAccessError) as caught:
        services.autopopulate(cast.library, by=half)
    assert caught.value.code is ErrorCode.FORBIDDEN
    assert "1 of those" in caught.value.message
    assert services.autopopulate(cast.library, by=None)
