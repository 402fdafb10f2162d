"""The first job in the queue for one runner (runner.md §2.3), found by a few looks into indexes however long the queue
is and over however many projects it spreads.

A kind is a set of tags together with whether the ref is protected: all jobs of one kind and project are equally fit for
a runner, so only the oldest of them is ever looked at. Written as SQL, because "the first of each" has no other form
that both databases answer from an index.
"""

from __future__ import annotations

from collections.abc import Iterable
from typing import Any, NamedTuple

import orjson
from django.db import connection
from django.db.models import QuerySet

from jobs.models import Job, Runner
from jobs.models.runner import RunnerType
from projects.models import Group, Project
from tokenaccess.policy.levels import FeatureLevel

# So many of the oldest are looked at first: nearly always the one that is wanted is among them.
LOOK = 100
# With more kinds than this no single statement looks at the oldest of all.
MOST_KINDS = 100

Kind = tuple[str, bool]


class Head(NamedTuple):
    """`running`: how many jobs of its project instance runners run; 0 where that is not asked."""

    job_id: int
    running: int


def first(runner: Runner) -> Head | None:
    """On an instance runner the oldest job of a project that runs least there, on any other the oldest."""
    kinds = kinds_for(runner)
    if not kinds:
        return None
    if runner.runner_type == RunnerType.PROJECT:
        return _oldest_in(served(runner), kinds)
    found, certain = _among_oldest(runner, kinds)
    if certain:
        return found
    if runner.runner_type == RunnerType.GROUP:
        return _oldest_in(served(runner), kinds)
    return _fairest(served(runner), kinds)


def served(runner: Runner) -> QuerySet[Project]:
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


def running_on_instance(projects: Iterable[int]) -> dict[int, int]:
    """Project → how many of its jobs run on instance runners; left out where none does."""
    wanted = list(projects)
    rows = _rows(_RUNNING.replace("{some}", ", ".join(["%s"] * len(wanted))), wanted) if wanted else []
    return dict(rows)


def behind(job: Job, most: int) -> list[int]:
    """The next jobs of the same project and kind, oldest first."""
    like = [job.project_id, job.protected, job.tag_key]
    return [row[0] for row in _rows(_BEHIND, [*like, job.pk, *like, most])]


_INDEXES = {"{by_age}": "jobs_pending_by_age", "{by_project}": "jobs_pending", "{running}": "jobs_running"}
# The state of a waiting job stands in each statement as it is: given as a parameter, SQLite would not see that the
# indexes of those jobs serve. And each is ordered by all columns of its index, with equal ones named as a range: told
# "the least id", PostgreSQL reads the table in the order of ids when many wait.

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


def kinds_for(runner: Runner) -> list[Kind]:
    """Those the runner may take; of tagged ones only such as wait."""
    keys = [""] if runner.run_untagged else []
    if runner.tag_list:
        tags = set(runner.tag_list)
        keys += [key for key, needed in _rows(_TAGGED) if tags.issuperset(orjson.loads(needed))]
    levels = [True] if runner.access_level == "ref_protected" else [False, True]
    return [(key, protected) for key in keys for protected in levels]


# --- Three ways to look -----------------------------------------------------------------------------------------------

_OLDEST_OF_KIND = """SELECT * FROM (
    SELECT id, project_id FROM jobs_job {by_age} WHERE status = 'pending'
    AND (tag_key, protected) >= (%s, %s) AND (tag_key, protected) <= (%s, %s)
    ORDER BY tag_key, protected, id LIMIT %s
) one"""

_BEHIND = """
SELECT id FROM jobs_job {by_project} WHERE status = 'pending'
AND (project_id, protected, tag_key, id) > (%s, %s, %s, %s) AND (project_id, protected, tag_key) <= (%s, %s, %s)
ORDER BY project_id, protected, tag_key, id LIMIT %s
"""

# The oldest of a project in each kind.
_HEAD = """(
    SELECT job.id FROM jobs_job job {by_project} WHERE job.status = 'pending'
    AND (job.project_id, job.protected, job.tag_key) >= (project.id, kind.protected, kind.tag_key)
    AND (job.project_id, job.protected, job.tag_key) <= (project.id, kind.protected, kind.tag_key)
    ORDER BY job.project_id, job.protected, job.tag_key, job.id LIMIT 1
)"""

# What runs is found first, whatever the planner thinks: a runner's jobs of all times are many more.
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


def _among_oldest(runner: Runner, kinds: list[Kind]) -> tuple[Head | None, bool]:
    """What the oldest jobs of all say, and whether the rest of the queue cannot say otherwise."""
    if len(kinds) > MOST_KINDS:
        return None, False
    union = " UNION ALL ".join([_OLDEST_OF_KIND] * len(kinds))
    oldest = _rows(f"{union} ORDER BY 1 LIMIT %s", [*(value for kind in kinds for value in (*kind, *kind, LOOK)), LOOK])
    heads: dict[int, int] = {}
    for job, project in oldest:
        heads.setdefault(project, job)
    if not heads:
        return None, True
    mine = set(served(runner).filter(pk__in=heads).order_by().values_list("pk", flat=True))
    shared = runner.runner_type == RunnerType.INSTANCE
    busy = running_on_instance(mine) if shared and mine else {}
    best = min(((busy.get(project, 0), heads[project]) for project in mine), default=None)
    found = Head(best[1], best[0]) if best else None
    return found, len(oldest) < LOOK or (found is not None and not found.running)


def _oldest_in(projects: QuerySet[Project], kinds: list[Kind]) -> Head | None:
    [(head,)] = _rows(*_filled(_OLDEST_IN, projects, kinds))
    return None if head is None else Head(head, 0)


def _fairest(projects: QuerySet[Project], kinds: list[Kind]) -> Head | None:
    found = _rows(*_filled(_FAIREST, projects, kinds))
    return Head(*found[0]) if found else None


def _filled(template: str, projects: QuerySet[Project], kinds: list[Kind]) -> tuple[str, list[Any]]:
    sql, params = projects.order_by().values("pk").query.sql_with_params()
    values = ", ".join(["(%s, %s)"] * len(kinds))
    filled = template.replace("{kinds}", values).replace("{head}", _HEAD).replace("{projects}", sql)
    return filled, [value for kind in kinds for value in kind] + list(params)


def _rows(sql: str, params: Iterable[Any] = ()) -> list[tuple[Any, ...]]:
    """`{by_age}` and the like stand after a table's name. SQLite is told the index to go by: left to itself it reads
    the whole table in the order of ids, finished jobs and all."""
    hints = connection.vendor == "sqlite"
    for place, index in _INDEXES.items():
        sql = sql.replace(place, f"INDEXED BY {index}" if hints else "")
    with connection.cursor() as cursor:
        cursor.execute(sql, list(params))
        return cursor.fetchall()
