"""The check of one job for many projects by the names it gives them: one statement for each way to name a project.

What is not there takes the same work as in the single check: the preceding row in the index, discarded as the last
step.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from django.utils import timezone

from tokenaccess.access.id_or_path import IdOrPath
from tokenaccess.access.sql import lookup
from tokenaccess.access.sql.job_check import COLUMNS, SOURCE, TARGET_COLUMNS, Row, check_statement, read_row
from tokenaccess.access.sql.lookup import LOOKUP_KEYS, LookupKey
from tokenaccess.access.sql.prepared import Prepared

_LISTS = {"id": "bigint[]", "path": "text[]"}


def _statement(by: str) -> Prepared:
    key = LOOKUP_KEYS[by]._replace(value="asked.id" if by == "id" else "lower(asked.path)")
    columns = COLUMNS.format(target_id=lookup.target_id_column(key, "target.pending_deletion"))
    target = f"(SELECT unnest(%({by})s) AS {by}) asked ON TRUE JOIN projects_project target ON {_found_by(key)}"
    return check_statement(
        f"tokenaccess_preflight_by_{by}",
        {"job": "bigint", by: _LISTS[by], "today": "date"},
        f"json_agg(json_build_array({columns}, asked.{by}))",
        f"{SOURCE.format(target=target)} WHERE token.job_id = %(job)s",
        many=True,
    )


def _found_by(key: LookupKey) -> str:
    return lookup.match_condition("projects_project", key, "source.id")


_CHECKS = {by: _statement(by) for by in LOOKUP_KEYS}


def fetch(job_id: int, names: Sequence[IdOrPath]) -> dict[IdOrPath, Row]:
    """The row of each name. Two statements at most."""
    found: dict[IdOrPath, Row] = {}
    for by, statement in _CHECKS.items():
        wanted: dict[Any, IdOrPath] = {name.value: name for name in names if name.by == by}
        if wanted:
            row = statement.fetch({"job": job_id, by: list(wanted), "today": timezone.now().date().isoformat()})
            found |= {wanted[columns[TARGET_COLUMNS]]: read_row(columns) for columns in (row and row[0]) or ()}
    return found
