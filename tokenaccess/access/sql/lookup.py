"""The SQL by which a check finds what an address names (tokenaccess.access.id_or_path), in the same time whether there
is such a one or not.

If no row matches, the preceding row in the index is read as a decoy: the same probes, the same kind of row, the same
decision. `tokenaccess.access.facts` discards it as the last step.
"""

from __future__ import annotations

from typing import NamedTuple

from tokenaccess.policy import features


class LookupKey(NamedTuple):
    """One way to name a row. `column` takes the row's alias."""

    kind: str  # PostgreSQL's type of the parameter
    column: str
    value: str


# As `tokenaccess.access.id_or_path.IdOrPath` has it.
LOOKUP_KEYS = {
    "id": LookupKey("bigint", "{row}.id", "%(id)s"),
    "path": LookupKey("text", "lower({row}.full_path)", "lower(%(path)s)"),
}


def match_condition(table: str, name: LookupKey, otherwise: str) -> str:
    """The condition on `target`, a row of `table`: the one of that name; else the decoy, the row before it; where
    nothing is before, the row with the id `otherwise`."""
    column = name.column.format(row="nearest")
    found = f"SELECT nearest.id FROM {table} nearest WHERE {column} <= {name.value} ORDER BY {column} DESC LIMIT 1"  # noqa: S608
    return f"target.id = coalesce(({found}), {otherwise})"


def target_id_column(name: LookupKey, unless: str) -> str:
    """The target's id; empty if `target` is a decoy, or if `unless` holds: it exists, and may not be found."""
    return f"CASE WHEN {name.column.format(row='target')} = {name.value} AND NOT {unless} THEN target.id END"


# Of a project, after its id.
PROJECT_COLUMNS = "target.full_path, target.visibility, target.public_jobs, target.archived"
# The levels of its features, in the order of the table: the last columns of a check.
FEATURE_COLUMNS = ", ".join(f"target.{column}" for column in features.columns())


def effective_role(table: str, person: str) -> str:
    """The highest role that the person has there today, out of guardian's rows."""
    return f"""(
        SELECT max(effective.role) FROM {table} effective
        WHERE effective.user_id = {person} AND effective.content_object_id = target.id
            AND (effective.until IS NULL OR effective.until > %(today)s)
    )"""  # noqa: S608 - put together from our own words
