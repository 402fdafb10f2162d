"""The whole check of a job's request in one fixed SQL statement, from the token's digest to everything the policy asks.

Prepared once per connection on PostgreSQL, where planning it costs six times what running it does; the same text on
SQLite. Every join is an index probe, so neither the number of tokens nor the length of a list matters. The readable
form of the same questions is `tokenaccess.load.job_facts_by_orm`; a test holds the two together over generated worlds.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date
from typing import Any, NamedTuple

from jobs import own_job
from jobs.own_job import OwnJob
from tokenaccess import naming
from tokenaccess.naming import NAMES, PROJECT, standing
from tokenaccess.prepared import Prepared
from tokenaccess.reference import Reference

# The job behind the token, and its person.
JOB = """
    job.id, job.status, job.erased_at IS NOT NULL, source.id, source.full_path,
    source.pending_deletion OR source.builds_access_level = 0,
    person.id, person.username, person.is_superuser, person.is_external, person.is_active
"""
FROM_JOB = """
FROM jobs_jobtoken token
JOIN jobs_job job ON job.id = token.job_id
JOIN projects_project source ON source.id = job.project_id
LEFT JOIN identity_user person ON person.id = job.user_id
"""

ENFORCED = "coalesce((SELECT switch.active FROM waffle_switch switch WHERE switch.name = 'ci_scoped_job_token'), TRUE)"
# But for the column `{target_id}`, which depends on how the target is named, as `{found}` of SOURCE does.
COLUMNS = f"""{JOB},
    {ENFORCED},
    coalesce(going.limits_outbound, FALSE),
    coalesce(going.limits_outbound, FALSE) AND EXISTS (
        SELECT 1 FROM tokenaccess_allowlistentry listed
        WHERE listed.project_id = source.id AND listed.target_project_id = target.id AND listed.direction = 'outbound'
    ),
    {{target_id}}, {PROJECT},
    coalesce(coming.limits_inbound, TRUE)
        OR coalesce((SELECT instance.enforce_inbound FROM tokenaccess_instancesettings instance), FALSE),
    coalesce(coming.takes_job_pushes, FALSE),
    entry.id, entry.default_permissions, CAST(entry.permissions AS text),
    {standing("projects_projectstanding", "job.user_id")}
"""  # noqa: S608 - put together from the constants above
SOURCE = f"""{FROM_JOB}
LEFT JOIN tokenaccess_tokenaccesssettings going ON going.project_id = source.id
JOIN projects_project target ON {{found}}
LEFT JOIN tokenaccess_tokenaccesssettings coming ON coming.project_id = target.id
LEFT JOIN tokenaccess_allowlistentry entry ON entry.id = coalesce(
    (
        SELECT direct.id FROM tokenaccess_allowlistentry direct
        WHERE direct.project_id = target.id AND direct.target_project_id = source.id AND direct.direction = 'inbound'
    ),
    (
        SELECT nearest.id FROM projects_groupancestor above
        JOIN tokenaccess_allowlistentry nearest
            ON nearest.project_id = target.id AND nearest.target_group_id = above.ancestor_id
        WHERE above.group_id = source.group_id ORDER BY above.distance LIMIT 1
    )
)
"""  # noqa: S608
BY_TOKEN = "WHERE token.digest = %(digest)s"
# The target, but for a job that surely stays outside: nothing is read for it, or the time would tell what a project
# holds that it may not see. The decision is the policy's all the same; this only has to be generous.
OPENED = f"""CASE WHEN target.id = source.id OR target.visibility > 0 OR entry.id IS NOT NULL
    OR NOT coalesce(coming.limits_inbound, TRUE) OR NOT {ENFORCED} THEN target.id END"""


class Row(NamedTuple):
    """One row of the statement, in its order. When there is no such target, `target_id` is empty and what follows it is
    the stand-in's. Everything from `enforced` on is the default when no target was asked for."""

    job_id: int
    job_status: str
    job_erased: bool
    source_id: int
    source_path: str
    source_gone: bool
    person_id: int | None
    username: str
    admin: bool
    external: bool
    active: bool
    enforced: bool = True
    outbound_limited: bool = False
    outbound_listed: bool = False
    target_id: int | None = None
    target_path: str = ""
    visibility: int = 0
    repository: int = 0
    builds: int = 0
    packages: int = 0
    public_jobs: bool = False
    archived: bool = False
    limited: bool = True
    takes_job_pushes: bool = False
    entry_id: int | None = None
    default_permissions: bool = False
    permissions: str = "[]"
    role: int | None = None


def _checks(name: str, parameters: dict[str, str], columns: str, joins: str) -> dict[str, Prepared]:
    """The whole check and something along with it, for each way to name the target."""
    return {
        by: Prepared(
            f"{name}_by_{by}",
            {"digest": "text", by: named.kind, "today": "date"} | parameters,
            columns.format(target_id=naming.target_id(by, "target.pending_deletion")),
            f"{SOURCE.format(found=naming.condition('projects_project', by, 'source.id'))} {joins} {BY_TOKEN}",
        )
        for by, named in NAMES.items()
    }


CHECKS = _checks("tokenaccess_check", {}, COLUMNS, "")


class Along:
    """What a view reads of the project it asks for, read in the same statement as the check when a job asks.

    `joins` start from `{opened}`, the project's id, LEFT JOIN at most one row, and name their parameters `%(name)s`;
    the first of `columns` is empty exactly when there is no such row.
    """

    def __init__(self, name: str, parameters: dict[str, str], columns: str, joins: str) -> None:
        along = joins.format(opened=OPENED)
        self.checks = _checks(f"tokenaccess_check_{name}", parameters, f"{COLUMNS}, {columns}", along)
        source = f"FROM projects_project target {joins.format(opened='target.id')} WHERE target.id = %(target)s"
        self._alone = Prepared(name, {"target": "bigint"} | parameters, columns, source)

    def alone(self, target_id: int, values: Mapping[str, Any]) -> list[Any] | None:
        """For a caller who was let in by other statements. One statement."""
        return _found(self._alone.fetch({"target": target_id, **values}) or [None])


class Asked(NamedTuple):
    """One question of that kind, with the values of its parameters."""

    along: Along
    values: Mapping[str, Any]


# For a job that asks about itself there is no target to look at; what it asks for comes along.
OWN_JOB_STATEMENT = Prepared(
    "tokenaccess_own_job",
    {"digest": "text"},
    f"{JOB}, {', '.join(own_job.COLUMNS.values())}",
    f"{FROM_JOB} {own_job.JOINS} {BY_TOKEN}",
)
_ALL = len(Row._fields)
_OWN = _ALL - len(Row._field_defaults)


def run(
    *, digest: str, target: Reference, today: date, asked: Asked | None = None
) -> tuple[Row, list[Any] | None] | None:
    """The facts about one job token and one target, and what was asked along; None for an unknown token. One
    statement."""
    by, name = target.by
    values: dict[str, Any] = {"digest": digest, by: name, "today": today.isoformat()}
    row = CHECKS[by].fetch(values) if asked is None else asked.along.checks[by].fetch(values | dict(asked.values))
    if row is None:
        return None
    facts = Row._make(row[:_ALL])
    return facts, None if facts.target_id is None else _found(row[_ALL:])


def run_for_job(*, digest: str) -> tuple[Row, OwnJob] | None:
    """The job alone, and what it may be told of itself; None for an unknown token. One statement."""
    row = OWN_JOB_STATEMENT.fetch({"digest": digest})
    return None if row is None else (Row(*row[:_OWN]), OwnJob._make(row[_OWN:]))


def _found(row: list[Any]) -> list[Any] | None:
    return row if row and row[0] is not None else None
