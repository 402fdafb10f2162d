"""Which job a runner gets (runner.md §2.3), and the claim that gives each job to one runner only.

However long the queue, a request looks at its heads alone: the oldest pending job per project, protection and set of
tags, found by skipping through one index.
"""

from __future__ import annotations

import random
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db import connection, transaction
from django.db.models import Count, Q, QuerySet
from django.utils import timezone

from jobs.artifacts.dependencies import MissingDependency
from jobs.models import Job, Runner, RunnerManager
from jobs.models.runner import RunnerType
from jobs.payload import BadPayload, build
from jobs.payload.build import timeout_of
from jobs.services.jobs import drop_job
from jobs.services.progress import advance
from jobs.services.tokens import bind, new_secret
from jobs.states import EXECUTING, FailureReason, State
from projects.models import Group, Project
from tokenaccess.policy.levels import FeatureLevel

# So often a runner that lost a job to another looks again before it is told to come back.
TRIES = 10
SPREAD = 5

_HEADS = """
WITH RECURSIVE head (id) AS (
    SELECT (
        SELECT first.id FROM jobs_job first WHERE first.status = 'pending'
        ORDER BY first.project_id, first.protected, first.tag_key, first.id LIMIT 1
    )
    UNION ALL
    SELECT (
        SELECT next.id FROM jobs_job next WHERE next.status = 'pending'
            AND (next.project_id, next.protected, next.tag_key) > (seen.project_id, seen.protected, seen.tag_key)
        ORDER BY next.project_id, next.protected, next.tag_key, next.id LIMIT 1
    )
    FROM head JOIN jobs_job seen ON seen.id = head.id
)
SELECT id FROM head WHERE id IS NOT NULL
"""


class Conflict(Exception):
    """Others were faster each time: the runner is to ask again at once (409)."""


def claim_next(runner: Runner, manager: RunnerManager) -> dict[str, Any] | None:
    """The payload of a job that is this runner's now, with its fresh token; None when there is none for it.

    Raises Conflict.
    """
    for attempt in range(TRIES):
        head = next(eligible(runner), None)
        if head is None:
            return None
        payload = _claim(_one_of(head, attempt), runner, manager)
        if payload is not None:
            return payload
    raise Conflict


def _one_of(head: Job, attempt: int) -> Job:
    """The head itself; after losing it to another runner, any of the next few behind it: so a crowd spreads out."""
    if not attempt:
        return head
    like = {name: getattr(head, name) for name in ("project_id", "protected", "tag_key")}
    behind = Job.objects.pending().filter(**like).select_related("project", "pipeline", "user").order_by("id")
    return random.choice([head, *behind[: SPREAD * attempt]])  # noqa: S311  # who is next is no secret


def eligible(runner: Runner) -> Iterator[Job]:
    """The heads this runner may take, first things first: on an instance runner the project that runs least there."""
    with connection.cursor() as cursor:
        cursor.execute(_HEADS)
        heads = [row[0] for row in cursor.fetchall()]
    if not heads:
        return
    jobs = Job.objects.select_related("project", "pipeline", "user").filter(pk__in=heads, project__in=served(runner))
    if runner.access_level == "ref_protected":
        jobs = jobs.filter(protected=True)
    tags = set(runner.tag_list)
    fitting = [job for job in jobs if tags.issuperset(job.tag_list) and (job.tag_list or runner.run_untagged)]
    running = running_on_instance(fitting) if runner.runner_type == RunnerType.INSTANCE else {}
    yield from sorted(fitting, key=lambda job: (running.get(job.project_id, 0), job.pk))


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


def running_on_instance(jobs: list[Job]) -> dict[int, int]:
    """Project → how many of its jobs run on instance runners."""
    on_instance = Q(runner__runner_type=RunnerType.INSTANCE)
    rows = Job.objects.filter(on_instance, status__in=EXECUTING, project__in={job.project_id for job in jobs})
    counts = rows.order_by().values_list("project").annotate(count=Count("pk"))
    return dict(counts)


class Unfit(Exception):
    """The job cannot run; `reason` is what it fails with."""

    def __init__(self, reason: FailureReason) -> None:
        super().__init__(str(reason))
        self.reason = reason


def _claim(job: Job, runner: Runner, manager: RunnerManager) -> dict[str, Any] | None:
    """The payload, if the job is this runner's now. None: another was faster, or the job cannot run and has failed.

    Everything that can fail is done before the job runs: a payload the runner cannot read would lose it.
    """
    secret, now = new_secret(), timezone.now()
    try:
        payload = _payload(job, runner, secret, now)
    except Unfit as unfit:
        drop_job(job, reason=unfit.reason, only_in=frozenset({State.PENDING}))
        return None
    with transaction.atomic():
        won = Job.objects.filter(pk=job.pk, status=State.PENDING).update(
            status=State.RUNNING,
            runner=runner,
            manager=manager,
            started_at=now,
            touched_at=now,
            timeout=timeout_of(job, runner),
        )
        if not won:
            return None
        bind(job, secret, [one["value"] for one in payload["variables"] if one["masked"]])
    if job.pipeline.status != State.RUNNING:
        # Apart from the claim, which holds the job's row: whoever holds the pipeline may be waiting for that.
        advance(job.pipeline)
    return payload


def _payload(job: Job, runner: Runner, secret: str, now: datetime) -> dict[str, Any]:
    if job.user is None or not job.user.is_active:
        raise Unfit(FailureReason.USER_BLOCKED)
    on_instance = runner.runner_type == RunnerType.INSTANCE
    running = running_on_instance([job]).get(job.project_id, 0) if on_instance else None
    try:
        return build(job, runner, secret, now, running=running)
    except BadPayload:
        raise Unfit(FailureReason.DATA_INTEGRITY) from None
    except MissingDependency:
        raise Unfit(FailureReason.MISSING_DEPENDENCY) from None
