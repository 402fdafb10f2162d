"""Which entry applies below groups with rules, and what their ceilings leave of it."""

from __future__ import annotations

import itertools

import pytest

from tokenaccess.policy import Entry
from tokenaccess.policy.conditions import conditions_of
from tokenaccess.policy.facts import EntryState
from tokenaccess.policy.group_rules import GroupRule, admission, admits_more
from tokenaccess.policy.permissions import Permission, covers

pytestmark = pytest.mark.pure

ALL, PACKAGES, READ = (
    Entry(True),
    Entry(False, frozenset({"admin_packages", "read_jobs"})),
    Entry(False, frozenset({"read_packages"})),
)
OLD = Entry(True, state=EntryState.EXPIRED)
ENTRIES = (None, ALL, PACKAGES, READ, OLD)
NEAR, TOP = 2, 1
WORLDS = [
    (own, [GroupRule(NEAR, near_most, near), GroupRule(TOP, top_most, top)])
    for own, near, top in itertools.product(ENTRIES, repeat=3)
    for near_most, top_most in itertools.product((False, True), repeat=2)
]


def granted_permissions(entry: Entry | None) -> set[str]:
    if entry is None or entry.state is not EntryState.ACTIVE:
        return set()
    return {name for name in Permission if entry.default_permissions or covers(entry.permissions, name)}


def test_the_own_entry_comes_before_an_inherited_one_and_the_nearest_group_s_first():
    rules = [GroupRule(NEAR, False, READ), GroupRule(TOP, False, ALL)]
    assert admission(PACKAGES, rules) == (PACKAGES, 0)
    assert admission(None, rules) == (READ._replace(group_id=NEAR), 0)
    assert admission(None, rules[1:]) == (ALL._replace(group_id=TOP), 0)
    assert admission(None, []) == (None, 0)


def test_a_ceiling_bars_what_neither_its_list_nor_one_above_has():
    assert admission(ALL, [GroupRule(NEAR, True)]) == (None, NEAR)
    assert admission(ALL, [GroupRule(NEAR, False, ALL), GroupRule(TOP, True)]) == (None, TOP)
    assert admission(ALL, [GroupRule(NEAR, True), GroupRule(TOP, False, ALL)]) == (ALL, 0)


def test_a_ceiling_caps_permissions_and_says_whose_it_is():
    entry, barred_by = admission(ALL, [GroupRule(NEAR, True, READ)])
    assert (entry, barred_by) == (Entry(False, frozenset({"read_packages"}), capped_by=NEAR), 0)
    entry, _ = admission(PACKAGES, [GroupRule(NEAR, True, READ)])
    assert entry == Entry(False, frozenset({"read_packages"}), capped_by=NEAR)
    assert admission(READ, [GroupRule(NEAR, True, PACKAGES)]).entry == READ


def test_a_ceiling_leaves_its_own_list_and_those_above_as_they_are():
    assert admission(None, [GroupRule(NEAR, True, ALL), GroupRule(TOP, False, READ)]).entry == ALL._replace(
        group_id=NEAR
    )


def test_ceilings_only_take_away():
    for own, rules in WORLDS:
        free = admission(own, [rule._replace(has_ceiling=False) for rule in rules])
        assert granted_permissions(admission(own, rules).entry) <= granted_permissions(free.entry), (own, rules)


def test_below_a_ceiling_nothing_has_more_than_a_project_without_a_list_right_there():
    for own, rules in WORLDS:
        for position, rule in enumerate(rules):
            if rule.has_ceiling:
                most = granted_permissions(admission(None, rules[position:]).entry)
                assert granted_permissions(admission(own, rules).entry) <= most, (own, rules)


def test_a_group_without_a_rule_changes_nothing():
    for own, rules in WORLDS:
        silent = GroupRule(3, False)
        for position in range(3):
            assert admission(own, [*rules[:position], silent, *rules[position:]]) == admission(own, rules)


def test_whoever_is_barred_has_no_entry():
    for own, rules in WORLDS:
        entry, barred_by = admission(own, rules)
        assert not (entry and barred_by)
        assert barred_by in {0, *(rule.group_id for rule in rules if rule.has_ceiling)}


def test_the_nearest_entry_bars_where_it_has_lapsed():
    assert admission(OLD, [GroupRule(NEAR, False, ALL)]) == (OLD, 0)
    assert admission(None, [GroupRule(NEAR, False, OLD), GroupRule(TOP, False, ALL)]).entry == OLD._replace(
        group_id=NEAR
    )
    assert admission(OLD, [GroupRule(NEAR, True, OLD)]) == (OLD, 0)
    assert admission(ALL, [GroupRule(NEAR, True, OLD), GroupRule(TOP, False, ALL)]) == (None, NEAR)


def test_an_entry_that_lapses_opens_nothing():
    for own, rules in WORLDS:
        before, _ = admission(own, rules)
        if own is not None:
            assert not admits_more(admission(OLD, rules).entry, before)
        for place, rule in enumerate(rules):
            if rule.entry is not None:
                lapsed = [*rules[:place], rule._replace(entry=OLD), *rules[place + 1 :]]
                assert not admits_more(admission(own, lapsed).entry, before), (own, rules, place)


def test_an_entry_admits_more_than_another_if_it_grants_or_asks_what_that_does_not():
    for entry, other in itertools.product(ENTRIES, repeat=2):
        entry_admits = entry is not None and entry.state is EntryState.ACTIVE
        other_admits = other is not None and other.state is EntryState.ACTIVE
        more = (entry_admits and not other_admits) or bool(granted_permissions(entry) - granted_permissions(other))
        assert admits_more(entry, other) == more, (entry, other)
    branch = ALL._replace(conditions=conditions_of({"branches": ["main"]}))
    guarded = ALL._replace(conditions=conditions_of({"branches": ["main"], "protected_refs": True}))
    assert [admits_more(ALL, branch), admits_more(branch, guarded)] == [True, True]
    assert [admits_more(branch, ALL), admits_more(guarded, branch), admits_more(branch, branch)] == [False] * 3
