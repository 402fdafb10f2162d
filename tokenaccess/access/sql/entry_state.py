"""Which allowlist entry applies to a job, and whether it admits anybody today, in the SQL of the checks."""

from __future__ import annotations

from tokenaccess.policy.facts import EntryState


def is_active(entry: str) -> str:
    """Whether the entry of that alias admits anybody today."""
    return f"({entry}.expires_at IS NULL OR {entry}.expires_at > %(today)s) AND {entry}.suspended_at IS NULL"


def entry_state(entry: str) -> str:
    """EntryState, of the entry of that alias."""
    return f"""CASE WHEN {entry}.expires_at <= %(today)s THEN {EntryState.EXPIRED.value}
        WHEN {entry}.suspended_at IS NOT NULL THEN {EntryState.SUSPENDED.value} ELSE {EntryState.ACTIVE.value} END"""


def applying_entry(direct: str, of_groups: str) -> str:
    """The id of the nearest entry, whether or not it admits anybody. Queries' parts from FROM on: of the entry `direct`
    that names the source itself, and of those, `nearest`, that name groups `above` it.
    """
    return f"""coalesce(
        (SELECT direct.id {direct}), (SELECT nearest.id {of_groups} ORDER BY above.distance LIMIT 1)
    )"""


def conditions(entry: str) -> str:
    """The conditions of the entry of that alias, JSON as text."""
    return f"CAST({entry}.conditions AS text)"


def are_conditions(table: str) -> str:
    """Whether any entry has conditions: a probe of an index of those alone."""
    return f"EXISTS (SELECT 1 FROM {table} conditional WHERE NOT conditional.conditions = CAST('{{}}' AS jsonb))"  # noqa: S608


ARE_CONDITIONS = are_conditions("tokenaccess_allowlistentry")

# EntryState of the entry by which the source's own list names the target.
OUTBOUND_STATE = f"""CASE WHEN going.limits_outbound THEN (
    SELECT {entry_state("listed")} FROM tokenaccess_allowlistentry listed
    WHERE listed.project_id = source.id AND listed.target_project_id = target.id AND listed.direction = 'outbound'
) END"""  # noqa: S608

# What conditions ask of the `job`, JSON as text; no row for a job that there need not be (`bulk_check`): no pipeline.
# `|| ''`: or SQLite knows it as JSON still, and does not quote it.
JOB_CONTEXT = """(
    SELECT CAST(json_build_array(
        job.protected, pipeline.ref, pipeline.tag, environment.name, pipeline.source, source.fork_origin,
        job.manual_retry, CAST(runner.tag_list AS text), token.taken_from
    ) AS text) || ''
    FROM jobs_pipeline pipeline
    LEFT JOIN jobs_environment environment ON environment.id = job.environment_id
    LEFT JOIN jobs_runner runner ON runner.id = job.runner_id
    WHERE pipeline.id = job.pipeline_id
)"""
