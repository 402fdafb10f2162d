"""A person's or a visitor's check in one fixed SQL statement: what an address names, and the person's standing there.

Only what a refusal needs is read: an object is made for who was let in, or its making would tell a hidden project from
none. The readable form of the same questions is `load.find_project` and `projects.roles.standing`.
"""

from __future__ import annotations

from datetime import date
from typing import NamedTuple

from tokenaccess import naming
from tokenaccess.naming import NAMES, PROJECT, standing
from tokenaccess.prepared import Prepared
from tokenaccess.reference import Reference


class ProjectRow(NamedTuple):
    """One row of the statement, in its order. Without a `target_id` the rest is a stand-in's."""

    target_id: int | None
    target_path: str
    visibility: int
    repository: int
    builds: int
    packages: int
    public_jobs: bool
    archived: bool
    role: int | None


class GroupRow(NamedTuple):
    """The same, of a group."""

    target_id: int | None
    target_path: str
    visibility: int
    role: int | None


def _checks(kind: str, columns: str, unless: str = "FALSE") -> dict[str, Prepared]:
    """For each way to name the target."""
    table, rows = f"projects_{kind}", f"projects_{kind}standing"
    oldest = f"(SELECT min(oldest.id) FROM {table} oldest)"  # noqa: S608 - our own words
    return {
        by: Prepared(
            f"tokenaccess_person_{kind}_by_{by}",
            {by: name.kind, "person": "bigint", "today": "date"},
            f"{naming.target_id(by, unless)}, {columns}, {standing(rows, '%(person)s')}",
            f"FROM {table} target WHERE {naming.condition(table, by, oldest)}",
        )
        for by, name in NAMES.items()
    }


_PROJECT = _checks("project", PROJECT, "target.pending_deletion")
_GROUP = _checks("group", "target.full_path, target.visibility")


def project(person_id: int, target: Reference, today: date) -> ProjectRow | None:
    """`person_id` is 0 for a visitor. None where there are no projects at all. One statement."""
    row = _fetch(_PROJECT, person_id, target, today)
    return None if row is None else ProjectRow._make(row)


def group(person_id: int, target: Reference, today: date) -> GroupRow | None:
    """As `project`, of a group."""
    row = _fetch(_GROUP, person_id, target, today)
    return None if row is None else GroupRow._make(row)


def _fetch(checks: dict[str, Prepared], person_id: int, target: Reference, today: date) -> list[object] | None:
    by, value = target.by
    return checks[by].fetch({by: value, "person": person_id, "today": today.isoformat()})
