"""The whole check of a job's request in one fixed SQL statement, from the token's digest to everything the policy asks.

Prepared once per connection on PostgreSQL, where planning it costs six times what running it does; the same text on
SQLite. Every join is an index probe, so neither the number of tokens nor the length of a list matters. The readable
form of the same questions is `tests/support/orm_facts.py`; a test compares the two over generated worlds.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, NamedTuple, TypeVar

from django.utils import timezone

from tokenaccess.access.id_or_path import IdOrPath
from tokenaccess.access.sql import lookup
from tokenaccess.access.sql.check_statement import USES, CheckStatement, Uses
from tokenaccess.access.sql.entry_state import (
    JOB_CONTEXT,
    OUTBOUND_STATE,
    applying_entry,
    conditions,
    entry_state,
    is_active,
)
from tokenaccess.access.sql.group_rules import GROUP_MODE, GROUP_RULES, IS_LISTED_ABOVE
from tokenaccess.access.sql.lookup import FEATURE_COLUMNS, LOOKUP_KEYS, PROJECT_COLUMNS, effective_role
from tokenaccess.access.sql.prepared import Prepared
from tokenaccess.policy.facts import EntryState
from tokenaccess.policy.features import FEATURES, Feature, row_of
from tokenaccess.policy.levels import InboundMode, Visibility

if TYPE_CHECKING:
    from tokenaccess.access.sql.joined_read import JoinedReadParams

T = TypeVar("T")

# The job behind the token, and its person.
JOB = f"""
    job.id, job.status, job.erased_at IS NOT NULL, source.id, source.full_path,
    source.pending_deletion OR source.{row_of(Feature.BUILDS).column} = 0,
    person.id, person.username, person.is_superuser, person.is_external, person.is_active,
    token.stopped_at IS NOT NULL, token.narrowed_to
"""
FROM_JOB = """
FROM jobs_jobtoken token
JOIN jobs_job job ON job.id = token.job_id
JOIN projects_project source ON source.id = job.project_id
LEFT JOIN identity_user person ON person.id = job.user_id
"""

ENFORCED = "coalesce((SELECT switch.active FROM waffle_switch switch WHERE switch.name = 'ci_scoped_job_token'), TRUE)"
PUSHES_ALLOWED = """coalesce(
    (SELECT switch.active FROM waffle_switch switch WHERE switch.name = 'allow_push_to_allowlisted_projects'), FALSE
)"""
# The stricter of the target's and the instance's; with those of the groups above it.
OWN_MODE = f"""greatest(
    coalesce(coming.inbound_mode, {InboundMode.ENFORCED.value}),
    coalesce((SELECT instance.inbound_mode FROM tokenaccess_instancesettings instance), 0)
)"""  # noqa: S608
INBOUND_MODE = f"greatest({OWN_MODE}, coalesce({GROUP_MODE}, 0))"

ROLE = effective_role("projects_projecteffectiverole", "job.user_id")
# From where the token may be used: bare columns, as the tables have them, for nothing here is as cheap.
ADDRESS = "going.address_mode, coming.address_mode, token.taken_from, token.networks"
# But for the column `{target_id}`, which depends on how the target is named, as `{found}` of SOURCE does.
COLUMNS = f"""{JOB},
    {ENFORCED},
    coalesce(going.limits_outbound, FALSE),
    {OUTBOUND_STATE},
    {{target_id}}, {PROJECT_COLUMNS},
    {OWN_MODE},
    coalesce(coming.takes_job_pushes, FALSE), coalesce(coming.takes_cross_project_pushes, FALSE),
    CASE WHEN coming.takes_cross_project_pushes THEN {PUSHES_ALLOWED} ELSE FALSE END,
    entry.id, {entry_state("entry")}, entry.default_permissions, CAST(entry.permissions AS text),
    {conditions("entry")}, {GROUP_RULES}, {JOB_CONTEXT}, {USES.replace("{}", "{{}}")},
    {ROLE},
    {ADDRESS}, {FEATURE_COLUMNS}
"""
DIRECT = """FROM tokenaccess_allowlistentry direct
    WHERE direct.project_id = target.id AND direct.target_project_id = source.id AND direct.direction = 'inbound'"""
OF_GROUPS = """FROM projects_groupancestor above
    JOIN tokenaccess_allowlistentry nearest
        ON nearest.project_id = target.id AND nearest.target_group_id = above.ancestor_id
    WHERE above.group_id = source.group_id"""
SOURCE = f"""{FROM_JOB}
LEFT JOIN tokenaccess_tokenaccesssettings going ON going.project_id = source.id
JOIN {{target}}
LEFT JOIN tokenaccess_tokenaccesssettings coming ON coming.project_id = target.id
LEFT JOIN tokenaccess_allowlistentry entry ON entry.id = {applying_entry(DIRECT, OF_GROUPS)}
"""
BY_TOKEN = "WHERE token.digest = %(digest)s"
# Of a job that is about to run, and has no token yet.
FROM_STARTING_JOB = """
FROM jobs_job job
LEFT JOIN jobs_jobtoken token ON token.job_id = job.id
JOIN projects_project source ON source.id = job.project_id
LEFT JOIN identity_user person ON person.id = job.user_id
"""
BY_JOB = "WHERE job.id = %(job)s"
# The target's id, or NULL if the job will certainly be refused, so that no further rows are read: their time would
# reveal what a hidden project holds. May over-approve; the policy decides.
READABLE_TARGET = f"""CASE WHEN target.id = source.id OR target.visibility > 0
    OR CASE WHEN entry.id IS NULL THEN {IS_LISTED_ABOVE} ELSE {is_active("entry")} END
    OR {INBOUND_MODE} < {InboundMode.ENFORCED.value} OR NOT {ENFORCED} THEN target.id END"""
# The same where the job's person sees the target besides, for what takes longer the more there is.
VISIBLE_TARGET = f"""CASE WHEN target.visibility > CASE WHEN person.is_external THEN {Visibility.INTERNAL.value}
        ELSE {Visibility.PRIVATE.value} END
    OR person.is_superuser OR {ROLE} IS NOT NULL THEN {READABLE_TARGET} END"""


class Row(NamedTuple):
    """One row of the statement, in its order, the levels gathered. When there is no such target, `target_id` is empty
    and what follows it is the decoy's. Everything from `switch_on` on is the default when no target was asked for.
    """

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
    stopped: bool
    narrowed_to: str
    switch_on: bool = True
    outbound_limited: bool = False
    outbound_state: int | None = None
    target_id: int | None = None
    target_path: str = ""
    visibility: int = 0
    public_jobs: bool = False
    archived: bool = False
    inbound_mode: int = InboundMode.ENFORCED.value  # without those of the groups above
    takes_job_pushes: bool = False
    takes_cross_project_pushes: bool = False
    cross_project_pushes: bool = False
    entry_id: int | None = None
    entry_state: int = EntryState.ACTIVE.value
    default_permissions: bool = False
    permissions: str = "[]"
    conditions: str = "{}"
    group_rules: str | None = None  # JSON, as group_rules.GROUP_RULES has it
    job_context: str | None = None  # JSON, as entry_state.JOB_CONTEXT has it
    uses: int = Uses.NOTHING
    role: int | None = None
    address_mode_of_source: int | None = None
    address_mode_of_target: int | None = None
    taken_from: str | None = None
    networks: Any = None  # a list, in SQLite as JSON
    levels: Sequence[int] = ()  # of the target's features, as FEATURES orders them

    @property
    def address_mode(self) -> int:
        """The stricter of the two projects'; AddressMode."""
        return max(self.address_mode_of_source or 0, self.address_mode_of_target or 0)


def check_statement(
    name: str, parameters: dict[str, str], columns: str, source: str, *, many: bool = False
) -> CheckStatement:
    """`columns` and `source`: of COLUMNS and SOURCE. `many`: a list of rows."""
    return CheckStatement(name, parameters, columns, source, uses_at=Row._fields.index("uses"), many=many)


def target_statements(
    name: str, parameters: dict[str, str], columns: str, joins: str, *, many: bool = False
) -> dict[str, CheckStatement]:
    """The whole check, with more `columns` and `joins` from `{target}`, for each way to name the target. `many`: the
    joins read more than one row, the longer the more there are: none of a decoy, nor of what the person cannot see."""
    return {
        by: check_statement(
            f"{name}_by_{by}",
            {"digest": "text", by: named.kind, "today": "date"} | parameters,
            COLUMNS.format(target_id=lookup.target_id_column(named, "target.pending_deletion")) + _behind(columns),
            f"{SOURCE.format(target=_target_found_by(by))} {_join(joins, named, many)} {BY_TOKEN}",
        )
        for by, named in LOOKUP_KEYS.items()
    }


def _join(joins: str, named: lookup.LookupKey, many: bool) -> str:
    return joins.format(target=_target_if_visible(named) if many else READABLE_TARGET)


def _target_if_visible(named: lookup.LookupKey) -> str:
    found = lookup.target_id_column(named, "target.pending_deletion")
    return f"CASE WHEN {found} IS NOT NULL THEN {VISIBLE_TARGET} END"


def _target_found_by(by: str) -> str:
    return f"projects_project target ON {lookup.match_condition('projects_project', LOOKUP_KEYS[by], 'source.id')}"


def statement_of_many(name: str, parameters: dict[str, str], projects: str) -> Prepared:
    """The check of a job, `%(job)s`, for each of the projects whose ids the query `projects` gives: a list of rows."""
    target = f"({projects}) wanted ON TRUE JOIN projects_project target ON target.id = wanted.id"
    columns = f"json_agg(json_build_array({COLUMNS.format(target_id='target.id')}))"
    source = f"{SOURCE.format(target=target)} WHERE token.job_id = %(job)s"
    return check_statement(name, parameters, columns, source, many=True)


def job_statement(name: str, columns: str, joins: str) -> Prepared:
    """The job alone, for one that asks about itself: there is no target to look at."""
    return Prepared(name, {"digest": "text"}, JOB + _behind(columns), f"{FROM_JOB} {joins} {BY_TOKEN}")


def _behind(columns: str) -> str:
    return f", {columns}" if columns else ""


def starting_job_statements() -> dict[str, CheckStatement]:
    """The whole check of a job by its number, for each way to name the target."""
    return {
        by: check_statement(
            f"tokenaccess_check_starting_by_{by}",
            {"job": "bigint", by: named.kind, "today": "date"},
            COLUMNS.format(target_id=lookup.target_id_column(LOOKUP_KEYS[by], "target.pending_deletion")),
            f"{SOURCE.replace(FROM_JOB, FROM_STARTING_JOB).format(target=_target_found_by(by))} {BY_JOB}",
        )
        for by, named in LOOKUP_KEYS.items()
    }


CHECKS = target_statements("tokenaccess_check", {}, "", "")
CHECKS_OF_STARTING_JOB = starting_job_statements()
OWN_JOB = job_statement("tokenaccess_own_job", "", "")
_JOB_COLUMNS = len(Row._fields) - len(Row._field_defaults)
_FIRST_LEVEL = len(Row._fields) - 1
TARGET_COLUMNS = _FIRST_LEVEL + len(FEATURES)


def run(*, digest: str, target: IdOrPath, joined: JoinedReadParams[T] | None = None) -> tuple[Row, T | None] | None:
    """The facts about one job token and one target, and the joined read; None for an unknown token. One statement."""
    by, name = target
    values = {
        "digest": digest,
        by: name,
        "today": timezone.now().date().isoformat(),
        **(joined.values if joined else {}),
    }
    columns = (CHECKS[by] if joined is None else joined.read.statements[by]).fetch(values)
    if columns is None:
        return None
    row = read_row(columns)
    if joined is None or row.target_id is None:
        return row, None
    return row, joined.read.decode(columns[TARGET_COLUMNS:])


def read_row(columns: Sequence[Any]) -> Row:
    return Row._make((*columns[:_FIRST_LEVEL], columns[_FIRST_LEVEL:TARGET_COLUMNS]))


def run_for_starting_job(*, job_id: int, target: IdOrPath) -> Row | None:
    """As `run`, of a job that has no token yet. One statement."""
    by, name = target
    columns = CHECKS_OF_STARTING_JOB[by].fetch({"job": job_id, by: name, "today": timezone.now().date().isoformat()})
    return None if columns is None else read_row(columns)


def run_for_job(*, digest: str, joined: JoinedReadParams[T] | None = None) -> tuple[Row, T | None] | None:
    """The job alone, and the joined read; None for an unknown token. One statement."""
    row = (OWN_JOB if joined is None else joined.read.statements[""]).fetch({"digest": digest})
    if row is None:
        return None
    return Row(*row[:_JOB_COLUMNS]), None if joined is None else joined.read.decode(row[_JOB_COLUMNS:])
