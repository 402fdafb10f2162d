"""A person's or a visitor's check in one fixed SQL statement: what an address names, and the person's role there.

Only what a refusal needs is read. Model objects are created after a yes: creating one takes time, which would tell a
hidden project from an absent one. The readable form of the same questions is `facts.find_project` and
`projects.roles.roles.role_of`.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from typing import NamedTuple

from tokenaccess.access.id_or_path import IdOrPath
from tokenaccess.access.sql import lookup
from tokenaccess.access.sql.lookup import FEATURE_COLUMNS, LOOKUP_KEYS, PROJECT_COLUMNS, effective_role
from tokenaccess.access.sql.prepared import Prepared


class ProjectRow(NamedTuple):
    """One row of the statement, in its order, the levels gathered. Without a `target_id` the rest is the decoy's."""

    target_id: int | None
    target_path: str
    visibility: int
    public_jobs: bool
    archived: bool
    role: int | None
    levels: Sequence[int]  # of the features, as FEATURES orders them


class GroupRow(NamedTuple):
    """As `ProjectRow`, of a group, which has no features."""

    target_id: int | None
    target_path: str
    visibility: int
    role: int | None


def _checks(kind: str, columns: str, unless: str = "FALSE", levels: str = "") -> dict[str, Prepared]:
    """For each way to name the target. `levels`: columns behind all others."""
    table, rows = f"projects_{kind}", f"projects_{kind}effectiverole"
    oldest = f"(SELECT min(oldest.id) FROM {table} oldest)"  # noqa: S608 - our own words
    return {
        by: Prepared(
            f"tokenaccess_person_{kind}_by_{by}",
            {by: name.kind, "person": "bigint", "today": "date"},
            f"{lookup.target_id_column(name, unless)}, {columns}, {effective_role(rows, '%(person)s')}{levels}",
            f"FROM {table} target WHERE {lookup.match_condition(table, name, oldest)}",
        )
        for by, name in LOOKUP_KEYS.items()
    }


_PROJECT = _checks("project", PROJECT_COLUMNS, "target.pending_deletion", f", {FEATURE_COLUMNS}")
_GROUP = _checks("group", "target.full_path, target.visibility")
_FIRST_LEVEL = len(ProjectRow._fields) - 1


def fetch_project(person_id: int, target: IdOrPath, today: date) -> ProjectRow | None:
    """`person_id` is 0 for a visitor. None where there are no projects at all. One statement."""
    by, value = target.key
    row = _PROJECT[by].fetch({by: value, "person": person_id, "today": today.isoformat()})
    return None if row is None else ProjectRow._make((*row[:_FIRST_LEVEL], row[_FIRST_LEVEL:]))


def fetch_group(person_id: int, target: IdOrPath, today: date) -> GroupRow | None:
    """As `fetch_project`, of a group."""
    by, value = target.key
    row = _GROUP[by].fetch({by: value, "person": person_id, "today": today.isoformat()})
    return None if row is None else GroupRow._make(row)
