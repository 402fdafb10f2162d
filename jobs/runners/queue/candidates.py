"""Finds the next job in the queue for a runner (runner.md §2.3).

The search takes a few index probes, however many jobs wait in however many projects. A kind is a set of tags together
with whether the ref is protected. For a runner all jobs of one kind and project are equal, so only the oldest of them
is a candidate. This is written as SQL, because the ORM has no "first of each group" that both databases answer from an
index.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import orjson
from django.db import connection
from django.db.models import QuerySet

from jobs.models import Job, Runner
from jobs.runners.types import RunnerType
from projects.models import Group, Project
from tokenaccess.policy.levels import FeatureLevel

# The oldest jobs to look at first; the next candidate is nearly always among them.
SCAN_LIMIT = 100
# With more kinds, no statement looks at the oldest jobs of all of them.
MAX_KINDS = 100

JobKind = tuple[str, bool]


class Candidate(NamedTuple):
    """A job that a runner may claim. `running`: jobs of its project on instance runners; 0 for other runners."""

    job_id: int
    running: int


def next_candidate(runner: Runner) -> Candidate | None:
    """The next job for a runner, or None.

    For an instance runner: the oldest job of the project that has the fewest jobs on instance runners. For others: the
    oldest job.
    """
    kinds = eligible_kinds(runner)
    if not kinds:
        return None
    if runner.runner_type == RunnerType.PROJECT:
        return _oldest_in(served_projects(runner), kinds)
    candidate, certain = _first_of_oldest(runner, kinds)
    if certain:
        return candidate
    if runner.runner_type == RunnerType.GROUP:
        return _oldest_in(served_projects(runner), kinds)
    return _fairest(served_projects(runner), kinds)


def served_projects(runner: Runner) -> QuerySet[Project]:
    """The projects whose jobs the runner may take."""
    projects = Project.objects.filter(pending_deletion=False, archived=False).exclude(
        builds_access_level=FeatureLevel.DISABLED
    )
    match runner.runner_type:
        case RunnerType.INSTANCE:
            return projects.filter(shared_runners_enabled=True)
        case RunnerType.GROUP:
            assert runner.group_id is not None  # the database says so: only_group_runners_have_a_group
            return projects.filter(group__in=Group.objects.below(runner.group_id))
        case _:
            return projects.filter(runners=runner)


def count_on_instance_runners(projects: Iterable[int]) -> dict[int, int]:
    """Project id → number of its jobs on instance runners; projects without any are left out."""
    ids = list(projects)
    rows = _rows(_RUNNING.replace("{some}", ", ".join(["%s"] * len(ids))), ids) if ids else []
    return dict(rows)


def following_jobs(job: Job, limit: int) -> list[int]:
    """The ids of the jobs that follow `job` in the queue of its project and kind, oldest first."""
    kind = [job.project_id, job.protected, job.tag_key]
    return [row[0] for row in _rows(_FOLLOWING, [*kind, job.pk, *kind, limit])]


_INDEXES = {"{by_age}": "jobs_pending_by_age", "{by_project}": "jobs_pending", "{running}": "jobs_running"}
# The status is a literal in each statement: with a parameter SQLite would not use the partial indexes. Each statement
# orders by all columns of its index, and compares equal columns as a range: if it asked for the least id, PostgreSQL
# would scan the table in the order of ids when many jobs wait.

# --- Kinds ------------------------------------------------------------------------------------------------------------

_TAGGED = """
WITH RECURSIVE kind (id) AS (
    SELECT (
        SELECT id FROM jobs_job {by_age} WHERE status = 'pending' AND tag_key > ''
        ORDER BY tag_key, protected, id LIMIT 1
    )
    UNION ALL
    SELECT (
        SELECT next.id FROM jobs_job next {by_age} WHERE next.status = 'pending' AND next.tag_key > seen.tag_key
        ORDER BY next.tag_key, next.protected, next.id LIMIT 1
    )
    FROM kind JOIN jobs_job seen ON seen.id = kind.id
)
SELECT job.tag_key, job.tag_list FROM kind JOIN jobs_job job ON job.id = kind.id
"""


def eligible_kinds(runner: Runner) -> list[JobKind]:
    """The kinds of jobs that the runner may take; of those with tags only kinds of which a job waits."""
    keys = [""] if runner.run_untagged else []
    if runner.tag_list:
        tags = set(runner.tag_list)
        keys += [key for key, needed in _rows(_TAGGED) if tags.issuperset(orjson.loads(needed))]
    levels = [True] if runner.access_level == "ref_protected" else [False, True]
    return [(key, protected) for key in keys for protected in levels]


# --- Three searches ---------------------------------------------------------------------------------------------------

_OLDEST_OF_KIND = """SELECT * FROM (
    SELECT id, project_id FROM jobs_job {by_age} WHERE status = 'pending'
    AND (tag_key, protected) >= (%s, %s) AND (tag_key, protected) <= (%s, %s)
    ORDER BY tag_key, protected, id LIMIT %s
) one"""

_FOLLOWING = """
SELECT id FROM jobs_job {by_project} WHERE status = 'pending'
AND (project_id, protected, tag_key, id) > (%s, %s, %s, %s) AND (project_id, protected, tag_key) <= (%s, %s, %s)
ORDER BY project_id, protected, tag_key, id LIMIT %s
"""

# The oldest job of a project and kind.
_HEAD = """(
    SELECT job.id FROM jobs_job job {by_project} WHERE job.status = 'pending'
    AND (job.project_id, job.protected, job.tag_key) >= (project.id, kind.protected, kind.tag_key)
    AND (job.project_id, job.protected, job.tag_key) <= (project.id, kind.protected, kind.tag_key)
    ORDER BY job.project_id, job.protected, job.tag_key, job.id LIMIT 1
)"""

# Materialized, so that the planner starts with running jobs: all jobs a runner ever had are many more.
_RUNNING = """
WITH executing AS MATERIALIZED (
    SELECT project_id, runner_id FROM jobs_job {running}
    WHERE status IN ('running', 'canceling') AND project_id IN ({some})
)
SELECT executing.project_id, COUNT(*) FROM executing JOIN jobs_runner runner ON runner.id = executing.runner_id
WHERE runner.runner_type = 'instance_type' GROUP BY executing.project_id
"""

_OLDEST_IN = """
WITH kind (tag_key, protected) AS (VALUES {kinds}), project (id) AS ({projects})
SELECT MIN(head) FROM (SELECT {head} AS head FROM project CROSS JOIN kind) found
"""

_FAIREST = """
WITH RECURSIVE project (id) AS (
    SELECT (
        SELECT project_id FROM jobs_job {by_project} WHERE status = 'pending'
        ORDER BY project_id, protected, tag_key, id LIMIT 1
    )
    UNION ALL
    SELECT (
        SELECT job.project_id FROM jobs_job job {by_project}
        WHERE job.status = 'pending' AND job.project_id > project.id
        ORDER BY job.project_id, job.protected, job.tag_key, job.id LIMIT 1
    )
    FROM project WHERE project.id IS NOT NULL
),
kind (tag_key, protected) AS (VALUES {kinds}),
found (project_id, head) AS MATERIALIZED (
    SELECT project.id, {head} FROM project CROSS JOIN kind WHERE project.id IN ({projects})
),
executing AS MATERIALIZED (
    SELECT project_id, runner_id FROM jobs_job {running} WHERE status IN ('running', 'canceling')
),
busy (project_id, running) AS (
    SELECT executing.project_id, COUNT(*) FROM executing JOIN jobs_runner runner ON runner.id = executing.runner_id
    WHERE runner.runner_type = 'instance_type' GROUP BY executing.project_id
)
SELECT found.head, COALESCE(busy.running, 0) FROM found LEFT JOIN busy ON busy.project_id = found.project_id
WHERE found.head IS NOT NULL ORDER BY 2, 1 LIMIT 1
"""


def _first_of_oldest(runner: Runner, kinds: list[JobKind]) -> tuple[Candidate | None, bool]:
    """The best candidate among the oldest jobs of all projects, and whether no other job can be better."""
    if len(kinds) > MAX_KINDS:
        return None, False
    oldest = _oldest_jobs(kinds)
    if not oldest:
        return None, True
    first_of_project: dict[int, int] = {}
    for job, project in oldest:
        first_of_project.setdefault(project, job)
    candidate = _best(runner, first_of_project)
    return candidate, len(oldest) < SCAN_LIMIT or (candidate is not None and not candidate.running)


def _oldest_jobs(kinds: list[JobKind]) -> list[tuple[int, int]]:
    """The oldest SCAN_LIMIT jobs of these kinds, as (job id, project id)."""
    union = " UNION ALL ".join([_OLDEST_OF_KIND] * len(kinds))
    params = [value for kind in kinds for value in (*kind, *kind, SCAN_LIMIT)]
    return [(job, project) for job, project in _rows(f"{union} ORDER BY 1 LIMIT %s", [*params, SCAN_LIMIT])]


def _best(runner: Runner, first_of_project: dict[int, int]) -> Candidate | None:
    """Of the first jobs of several projects the one to take: the projects must be served by the runner."""
    served = set(served_projects(runner).filter(pk__in=first_of_project).order_by().values_list("pk", flat=True))
    on_instance = runner.runner_type == RunnerType.INSTANCE
    running = count_on_instance_runners(served) if on_instance and served else {}
    best = min(((running.get(project, 0), first_of_project[project]) for project in served), default=None)
    return Candidate(best[1], best[0]) if best else None


def _oldest_in(projects: QuerySet[Project], kinds: list[JobKind]) -> Candidate | None:
    [(head,)] = _rows(*_fill_template(_OLDEST_IN, projects, kinds))
    return None if head is None else Candidate(head, 0)


def _fairest(projects: QuerySet[Project], kinds: list[JobKind]) -> Candidate | None:
    rows = _rows(*_fill_template(_FAIREST, projects, kinds))
    return Candidate(*rows[0]) if rows else None


def _fill_template(template: str, projects: QuerySet[Project], kinds: list[JobKind]) -> tuple[str, list[Any]]:
    sql, params = projects.order_by().values("pk").query.sql_with_params()
    values = ", ".join(["(%s, %s)"] * len(kinds))
    filled = template.replace("{kinds}", values).replace("{head}", _HEAD).replace("{projects}", sql)
    return filled, [value for kind in kinds for value in kind] + list(params)


def _rows(sql: str, params: Iterable[Any] = ()) -> list[tuple[Any, ...]]:
    """Execute a statement with placeholders such as `{by_age}` after table names.

    For SQLite they become index hints: without them it scans the whole table, finished jobs included.
    """
    hints = connection.vendor == "sqlite"
    for placeholder, index in _INDEXES.items():
        sql = sql.replace(placeholder, f"INDEXED BY {index}" if hints else "")
    with connection.cursor() as cursor:
        cursor.execute(sql, list(params))
        return cursor.fetchall()
