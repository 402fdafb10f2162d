"""The SQL by which a check finds what an address names (tokenaccess.reference), in the same time whether there is such
a one or not.

Where there is none, the one before it in the index stands in for it: the same probes, the same kind of row, the same
judging. Whoever asks throws its facts away at the end (`tokenaccess.load`).
"""

from __future__ import annotations

from typing import NamedTuple


class Name(NamedTuple):
    """One way to name a row. `column` takes the row's alias."""

    kind: str  # PostgreSQL's type of the parameter
    column: str
    value: str


# As `tokenaccess.reference.Reference` has it.
NAMES = {
    "id": Name("bigint", "{row}.id", "%(id)s"),
    "path": Name("text", "lower({row}.full_path)", "lower(%(path)s)"),
}


def condition(table: str, by: str, otherwise: str) -> str:
    """The condition on `target`, a row of `table`: it is the one of that name, else the one before; where nothing is
    before, that with the id `otherwise`."""
    name = NAMES[by]
    column = name.column.format(row="nearest")
    found = f"SELECT nearest.id FROM {table} nearest WHERE {column} <= {name.value} ORDER BY {column} DESC LIMIT 1"  # noqa: S608
    return f"target.id = coalesce(({found}), {otherwise})"


def target_id(by: str, unless: str = "FALSE") -> str:
    """The column that is empty where `target` only stands in, or is not to be found (`unless`)."""
    name = NAMES[by]
    return f"CASE WHEN {name.column.format(row='target')} = {name.value} AND NOT {unless} THEN target.id END"


# Of a project, after its id.
PROJECT = """target.full_path, target.visibility,
    target.repository_access_level, target.builds_access_level, target.package_registry_access_level,
    target.public_jobs, target.archived"""


def standing(table: str, person: str) -> str:
    """The highest role that the person has there today, out of guardian's rows."""
    return f"""(
        SELECT max(standing.role) FROM {table} standing
        WHERE standing.user_id = {person} AND standing.content_object_id = target.id
            AND (standing.until IS NULL OR standing.until > %(today)s)
    )"""  # noqa: S608 - put together from our own words
