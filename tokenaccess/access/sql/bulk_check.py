"""The check of many pairs of a job and a project at once, in one statement: of jobs by their number, and of jobs that
there need not be, which run, have all of their token, and are known by project and person.

The columns are those of the single check (`job_check`). Whether somebody may know of such a project is asked before.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import NamedTuple

from django.utils import timezone

from tokenaccess.access.sql.job_check import COLUMNS, FROM_JOB, SOURCE, TARGET_COLUMNS, Row, check_statement, read_row


class JobOnProject(NamedTuple):
    """The ids of a target and of a job; or instead of the job's those of its project (`source`) and person."""

    target: int
    source: int = 0
    person: int = 0
    job: int = 0


_FROM_PAIRS = """
FROM (
    SELECT pair.place, pair.target, coalesce(actual.id, 0) AS id, coalesce(actual.status, 'running') AS status,
        actual.erased_at, coalesce(actual.project_id, pair.source) AS project_id,
        CASE WHEN actual.id IS NULL THEN pair.person ELSE actual.user_id END AS user_id,
        actual.pipeline_id, actual.environment_id, actual.runner_id, actual.protected, actual.manual_retry
    FROM unnest(%(places)s, %(jobs)s, %(sources)s, %(people)s, %(targets)s) AS pair(place, job, source, person, target)
    LEFT JOIN jobs_job actual ON actual.id = pair.job
) job
LEFT JOIN jobs_jobtoken token ON token.job_id = job.id
JOIN projects_project source ON source.id = job.project_id
LEFT JOIN identity_user person ON person.id = job.user_id
"""
_PARAMETERS = {
    "places": "bigint[]", "jobs": "bigint[]", "sources": "bigint[]", "people": "bigint[]", "targets": "bigint[]",
    "today": "date",
}  # fmt: skip
_CHECK = check_statement(
    "tokenaccess_check_pairs",
    _PARAMETERS,
    f"json_agg(json_build_array({COLUMNS.format(target_id='target.id')}, job.place))",
    SOURCE.replace(FROM_JOB, _FROM_PAIRS).format(
        target="projects_project target ON target.id = job.target AND NOT target.pending_deletion"
    ),
    many=True,
)


def fetch(pairs: Sequence[JobOnProject]) -> dict[int, Row]:
    """The row of each pair by its place in `pairs`; none where there is no such job, source or target."""
    values = {
        "places": list(range(len(pairs))),
        "jobs": [pair.job for pair in pairs],
        # A job that is gone is not taken for one that there need not be.
        "sources": [0 if pair.job else pair.source for pair in pairs],
        "people": [pair.person for pair in pairs],
        "targets": [pair.target for pair in pairs],
        "today": timezone.now().date().isoformat(),
    }
    row = _CHECK.fetch(values)
    return {columns[TARGET_COLUMNS]: read_row(columns) for columns in (row and row[0]) or ()}
