"""Whether an allowlist entry admits anybody today, in the SQL of the checks."""

from __future__ import annotations

from tokenaccess.policy.facts import EntryState


def is_active(entry: str) -> str:
    """Whether the entry of that alias admits anybody today."""
    return f"({entry}.expires_at IS NULL OR {entry}.expires_at > %(today)s) AND {entry}.suspended_at IS NULL"


def entry_state(entry: str) -> str:
    """EntryState, of the entry of that alias."""
    return f"""CASE WHEN {entry}.expires_at <= %(today)s THEN {EntryState.EXPIRED.value}
        WHEN {entry}.suspended_at IS NOT NULL THEN {EntryState.SUSPENDED.value} ELSE {EntryState.ACTIVE.value} END"""


def conditions(entry: str) -> str:
    """JSON as text: the conditions of the entry of that alias with what they ask of the `job`; NULL and nothing read
    where there are none. For str.format, hence the braces.

    `|| ''`: or SQLite knows it as JSON still, and does not quote it. A job that there need not be (`bulk_check`) has no
    pipeline.
    """
    return f"""CASE WHEN CAST({entry}.conditions AS text) <> '{{{{}}}}' THEN (
        SELECT CAST(json_build_array(
            CAST({entry}.conditions AS text), job.protected, pipeline.ref, pipeline.tag, environment.name,
            pipeline.source, source.forked_from_id, job.manual_retry, CAST(runner.tag_list AS text), token.taken_from
        ) AS text) || ''
        FROM (SELECT 1) one
        LEFT JOIN jobs_pipeline pipeline ON pipeline.id = job.pipeline_id
        LEFT JOIN jobs_environment environment ON environment.id = job.environment_id
        LEFT JOIN jobs_runner runner ON runner.id = job.runner_id
    ) END"""  # noqa: S608
