"""A plan says of an entry what differs, and nothing else."""

from __future__ import annotations

from typing import Any

import pytest

from tokenaccess.policy.actions import TargetKind
from tokenaccess.rules_file.document import EntryRule
from tokenaccess.rules_file.rule_set import RuleSet, compare

KEY = ("project", 1)


def words(before: dict[str, Any], after: dict[str, Any]) -> list[str]:
    sides = []
    for side in (before, after):
        terms = dict(side)
        permissions = terms.pop("permissions", None)
        rule = EntryRule(TargetKind.PROJECT, "a/b", None if permissions is None else tuple(permissions), terms)
        sides.append(RuleSet(lists={"inbound": {KEY: rule}}))
    return [change.words for change in compare(*sides)]


@pytest.mark.parametrize(
    ("before", "after", "said"),
    [
        (
            {"permissions": ["read_jobs", "read_packages"], "reason": "x", "expires_at": "2027-05-01"},
            {"permissions": ["read_packages"], "reason": "x"},
            "permissions: read_jobs, read_packages → read_packages; expires_at: 2027-05-01 → none",
        ),
        ({}, {"permissions": []}, "permissions: the permissions of the user's role → no permissions"),
        (
            {"conditions": {"protected_refs": True}, "owner": "Alice"},
            {"conditions": {"branches": ["main", "v*"]}, "owner": "alice"},
            "conditions: protected_refs → branches main v*",
        ),
    ],
)
def test_of_a_changed_entry_the_differences_are_named(before: dict[str, Any], after: dict[str, Any], said: str) -> None:
    assert words(before, after) == [f"project a/b on the inbound list: {said}"]


def test_an_entry_that_is_the_same_is_no_change() -> None:
    assert (
        words({"owner": "Alice", "permissions": ["read_jobs"]}, {"owner": "alice", "permissions": ["read_jobs"]}) == []
    )
