"""Upserts a batch of records in one statement.

The records are sent as one JSON array, which costs the server process almost nothing per record. Records of projects
that have been deleted meanwhile are dropped, except refusals of jobs that asked for them (see RefusalRecord).
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any

import orjson
from django.db import connection

_UPSERT_USES = """
INSERT INTO tokenaccess_authorizationrecord AS record
    (accessed_project_id, origin_project_id, last_authorized_at, used)
SELECT accessed.id, origin.id, note.at, note.used
FROM {notes}
JOIN projects_project accessed ON accessed.id = note.accessed
JOIN projects_project origin ON origin.id = note.origin
WHERE TRUE ORDER BY accessed.id, origin.id {lock}
ON CONFLICT (accessed_project_id, origin_project_id) DO UPDATE SET
    last_authorized_at = {later}(record.last_authorized_at, excluded.last_authorized_at),
    used = {merged}
"""
_UPSERT_REFUSALS = """
INSERT INTO tokenaccess_refusalrecord AS record
    (origin_project_id, job_id, project_id, action, rule, sentence, trial, count, first_at, last_at)
SELECT origin.id, note.job, note.target, note.action, note.rule, note.sentence, note.trial,
    note.count, note.first, note.last
FROM {notes}
JOIN projects_project origin ON origin.id = note.origin
WHERE TRUE ORDER BY note.job, origin.id, note.target {lock}
ON CONFLICT (job_id, origin_project_id, (coalesce(project_id, 0)), action, rule, sentence, trial) DO UPDATE SET
    count = record.count + excluded.count, last_at = {later}(record.last_at, excluded.last_at)
"""
_INSERT_JOB_USES = """
INSERT INTO tokenaccess_jobuse (job_id, project_id, name)
SELECT job.id, accessed.id, note.name
FROM {notes}
JOIN jobs_job job ON job.id = note.job
JOIN projects_project accessed ON accessed.id = note.accessed
WHERE TRUE ORDER BY job.id, accessed.id {lock}
ON CONFLICT (job_id, project_id, name) DO NOTHING
"""
_ADD_DAILY_COUNTS = """
INSERT INTO tokenaccess_dailycount AS record (accessed_project_id, origin_project_id, day, uses, refusals)
SELECT accessed.id, origin.id, note.day, note.uses, note.refusals
FROM {notes}
JOIN projects_project accessed ON accessed.id = note.accessed
JOIN projects_project origin ON origin.id = note.origin
WHERE TRUE ORDER BY accessed.id, note.day, origin.id {lock}
ON CONFLICT (accessed_project_id, day, origin_project_id) DO UPDATE SET
    uses = record.uses + excluded.uses, refusals = record.refusals + excluded.refusals
"""
_INSERT_JOB_ADDRESSES = """
INSERT INTO tokenaccess_jobaddress (job_id, project_id, runner_id, address, elsewhere, first_at)
SELECT job.id, accessed.id, runner.id, note.address, note.elsewhere, note.first
FROM {notes}
JOIN jobs_job job ON job.id = note.job
LEFT JOIN projects_project accessed ON accessed.id = note.accessed
LEFT JOIN jobs_runner runner ON runner.id = note.runner
WHERE note.accessed IS NULL OR accessed.id IS NOT NULL ORDER BY job.id, accessed.id {lock}
ON CONFLICT (job_id, (coalesce(project_id, 0)), address) DO NOTHING
"""
# Field of a note → its PostgreSQL type.
_USE_FIELDS = {"accessed": "bigint", "origin": "bigint", "at": "timestamptz", "used": "jsonb"}
_REFUSAL_FIELDS = {"origin": "bigint", "job": "bigint", "target": "bigint", "action": "text", "rule": "text"}
_REFUSAL_FIELDS |= {"sentence": "text", "trial": "boolean", "count": "integer"}
_REFUSAL_FIELDS |= {"first": "timestamptz", "last": "timestamptz"}

_JOB_USE_FIELDS = {"job": "bigint", "accessed": "bigint", "name": "text"}
_JOB_ADDRESS_FIELDS = {"job": "bigint", "accessed": "bigint", "runner": "bigint", "address": "text"}
_JOB_ADDRESS_FIELDS |= {"elsewhere": "boolean", "first": "timestamptz"}

_DAILY_FIELDS = {"accessed": "bigint", "origin": "bigint", "day": "date", "uses": "integer", "refusals": "integer"}


def write_uses(notes: Iterable[dict[str, Any]]) -> None:
    """`notes`: fields of _USE_FIELDS; datetimes are aware. One statement."""
    write_notes(_UPSERT_USES, _USE_FIELDS, notes, lock="FOR KEY SHARE OF accessed, origin")


def write_refusals(notes: Iterable[dict[str, Any]]) -> None:
    """`notes`: fields of _REFUSAL_FIELDS, each refusal once. One statement."""
    write_notes(_UPSERT_REFUSALS, _REFUSAL_FIELDS, notes, lock="FOR KEY SHARE OF origin")


def write_job_uses(notes: Iterable[dict[str, Any]]) -> None:
    """`notes`: fields of _JOB_USE_FIELDS. One statement."""
    write_notes(_INSERT_JOB_USES, _JOB_USE_FIELDS, notes, lock="FOR KEY SHARE OF job, accessed")


def add_daily_counts(notes: Iterable[dict[str, Any]]) -> None:
    """`notes`: fields of _DAILY_FIELDS, each day of two projects once. One statement."""
    write_notes(_ADD_DAILY_COUNTS, _DAILY_FIELDS, notes, lock="FOR KEY SHARE OF accessed, origin")


def write_job_addresses(notes: Iterable[dict[str, Any]]) -> None:
    """`notes`: fields of _JOB_ADDRESS_FIELDS. One statement."""
    write_notes(_INSERT_JOB_ADDRESSES, _JOB_ADDRESS_FIELDS, notes, lock="FOR KEY SHARE OF job")


def write_notes(statement: str, fields: dict[str, str], notes: Iterable[dict[str, Any]], *, lock: str = "") -> None:
    """Run a statement of this database once for all notes. `statement` may name `{notes}`, a table with the columns
    `fields`, and `{later}`, `{merged}` and `{lock}`; datetimes are aware, in the fields at, first and last."""
    if connection.vendor == "postgresql":
        columns = ", ".join(f"{name} {kind}" for name, kind in fields.items())
        parts = {
            "notes": f"json_to_recordset(%s) AS note({columns})",
            "later": "greatest",
            "merged": "record.used || excluded.used",
            "lock": lock,
        }
    else:
        columns = ", ".join(f"value ->> '$.{name}' AS {name}" for name in fields)
        parts = {
            "notes": f"(SELECT {columns} FROM json_each(%s)) note",  # noqa: S608 - of the names above
            "later": "max",
            "merged": "json_patch(record.used, excluded.used)",
            "lock": "",
        }
    with connection.cursor() as cursor:
        cursor.execute(statement.format(**parts), [orjson.dumps([_to_database(note) for note in notes]).decode()])


def _to_database(note: dict[str, Any]) -> dict[str, Any]:
    """The note with datetimes in the format of this database."""
    keep = connection.ops.adapt_datetimefield_value
    return {name: keep(value) if name in {"at", "first", "last"} else value for name, value in note.items()}
