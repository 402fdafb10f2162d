"""Statuses that changed within a transaction, announced together after its commit: one look at the webhooks for each
project, however many jobs moved."""

from __future__ import annotations

from collections import defaultdict
from typing import NamedTuple

from django.db import connection, transaction

from hooks import outbox
from hooks.events import Event
from hooks.models import Hook
from hooks.payloads.runs import deployment_payload, job_payload, pipeline_payload
from jobs.models import Deployment, Job, Pipeline

# Statuses of jobs that its deployment takes part in.
DEPLOYING = {"running": "running", "success": "success", "failed": "failed", "canceled": "canceled"}


class Change(NamedTuple):
    """`kind`: `job`, `pipeline` or `deployment`."""

    kind: str
    pk: int
    status: str
    project_id: int


class Batch:
    """Called after the commit."""

    def __init__(self) -> None:
        self.changes: dict[Change, None] = {}

    def __call__(self) -> None:
        by_project: defaultdict[int, list[Change]] = defaultdict(list)
        for change in self.changes:
            by_project[change.project_id].append(change)
        for project_id, changes in by_project.items():
            hooks = outbox.hooks_of(project_id)
            for change in changes if hooks else ():
                _announce(change, hooks)


def record_change(change: Change) -> None:
    """Outside a transaction it is announced at once."""
    for savepoints, batch in (entry[:2] for entry in reversed(connection.run_on_commit)):
        if isinstance(batch, Batch) and savepoints == set(connection.savepoint_ids):
            batch.changes[change] = None
            return
    batch = Batch()
    batch.changes[change] = None
    transaction.on_commit(batch, robust=True)


def _announce(change: Change, hooks: list[Hook]) -> None:
    match change.kind:
        case "job":
            _announce_job(change, hooks)
        case "pipeline":
            if wanted := outbox.wanting(hooks, Event.PIPELINE):
                rows = Pipeline.objects.select_related("project__group", "user")
                if (pipeline := rows.filter(pk=change.pk).first()) is not None:
                    outbox.put(wanted, Event.PIPELINE, pipeline_payload(pipeline, change.status))
        case "deployment":
            _announce_deployments(hooks, change.status, pk=change.pk)


def _announce_job(change: Change, hooks: list[Hook]) -> None:
    if wanted := outbox.wanting(hooks, Event.JOB):
        rows = Job.objects.select_related("project__group", "pipeline", "user", "runner", "environment")
        if (job := rows.filter(pk=change.pk, bridge=False).first()) is not None:
            outbox.put(wanted, Event.JOB, job_payload(job, change.status))
    if change.status in DEPLOYING:
        _announce_deployments(hooks, DEPLOYING[change.status], job=change.pk)


def _announce_deployments(hooks: list[Hook], status: str, **which: int) -> None:
    if wanted := outbox.wanting(hooks, Event.DEPLOYMENT):
        rows = Deployment.objects.select_related(
            "project__group", "environment", "reporter", "job__pipeline", "job__user"
        )
        if (deployment := rows.filter(**which).first()) is not None:
            outbox.put(wanted, Event.DEPLOYMENT, deployment_payload(deployment, status))
