"""A person's or a visitor's check in one fixed SQL statement: what an address names, and the person's role there.

Only what a refusal needs is read. Model objects are created after a yes: creating one takes time, which would tell a
hidden project from an absent one. The readable form of the same questions is `facts.find_project` and
`projects.roles.roles.role_of`.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, NamedTuple

from django.utils import timezone

from tokenaccess.access.id_or_path import IdOrPath
from tokenaccess.access.sql import lookup
from tokenaccess.access.sql.lookup import FEATURE_COLUMNS, LOOKUP_KEYS, PROJECT_COLUMNS, effective_role
from tokenaccess.access.sql.prepared import Prepared

_LEVELS = f"json_build_array({FEATURE_COLUMNS})"


class ProjectRow(NamedTuple):
    """One row of the statement, in its order. Without a `target_id` the rest is the decoy's."""

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


def _checks(kind: str, columns: str, unless: str, levels: str = "") -> dict[str, Prepared]:
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


def _checks_of_many() -> dict[str, Prepared]:
    """Of many projects by name, each found as in the single check."""
    statements = {}
    for by, kind, value in (("id", "bigint[]", "named.id"), ("path", "text[]", "lower(named.path)")):
        key = LOOKUP_KEYS[by]._replace(value=value)
        target_id = lookup.target_id_column(key, "target.pending_deletion")
        role = effective_role("projects_projecteffectiverole", "%(person)s")
        oldest = "(SELECT min(oldest.id) FROM projects_project oldest)"
        statements[by] = Prepared(
            f"tokenaccess_person_projects_by_{by}",
            {by: kind, "person": "bigint", "today": "date"},
            f"json_agg(json_build_array({target_id}, {PROJECT_COLUMNS}, {role}, {_LEVELS}, named.{by}))",
            f"FROM (SELECT unnest(%({by})s) AS {by}) named "
            f"JOIN projects_project target ON {lookup.match_condition('projects_project', key, oldest)}",
        )
    return statements


_PROJECT = _checks("project", PROJECT_COLUMNS, "target.pending_deletion", f", {_LEVELS}")
_GROUP = _checks("group", "target.full_path, target.visibility", "target.pending_deletion")
_PROJECTS = _checks_of_many()


def fetch_project(person_id: int, target: IdOrPath) -> ProjectRow | None:
    """`person_id` is 0 for a visitor. None where there are no projects at all. One statement."""
    by, value = target
    row = _PROJECT[by].fetch({by: value, "person": person_id, "today": timezone.now().date().isoformat()})
    return None if row is None else ProjectRow._make(row)


def fetch_projects(person_id: int, names: Sequence[IdOrPath]) -> dict[IdOrPath, ProjectRow]:
    """As `fetch_project`, of each name. Two statements at most: one for each way to name a project."""
    found: dict[IdOrPath, ProjectRow] = {}
    for by, statement in _PROJECTS.items():
        wanted: dict[Any, IdOrPath] = {name.value: name for name in names if name.by == by}
        if wanted:
            row = statement.fetch({by: list(wanted), "person": person_id, "today": timezone.now().date().isoformat()})
            found |= {wanted[columns[-1]]: ProjectRow._make(columns[:-1]) for columns in (row and row[0]) or ()}
    return found


def fetch_group(person_id: int, target: IdOrPath) -> GroupRow | None:
    """As `fetch_project`, of a group."""
    by, value = target
    row = _GROUP[by].fetch({by: value, "person": person_id, "today": timezone.now().date().isoformat()})
    return None if row is None else GroupRow._make(row)
