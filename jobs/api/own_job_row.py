"""The row behind `GET /job`, and its JSON (job-token.md §1.7). One fixed statement; every join is an index probe."""

from __future__ import annotations

from collections import namedtuple
from datetime import UTC, datetime
from typing import Any

import orjson
from django.db import connection
from django.utils import timezone

from config.rest import moment
from jobs.api import shapes
from jobs.api.artifact_shapes import artifact_fields
from jobs.models import JobArtifact
from tokenaccess.prepared import Prepared

# Field of the row → where it comes from.
COLUMNS = {
    "id": "job.id",
    "status": "job.status",
    "stage": "job.stage",
    "name": "job.name",
    "allow_failure": "job.allow_failure",
    "created_at": "job.created_at",
    "started_at": "job.started_at",
    "finished_at": "job.finished_at",
    "erased_at": "job.erased_at",
    "queued_at": "job.queued_at",
    "tag_list": "job.tag_list",
    "pipeline": "pipeline.id",
    "pipeline_iid": "pipeline.iid",
    "sha": "pipeline.sha",
    "ref": "pipeline.ref",
    "tag": "pipeline.tag",
    "pipeline_status": "pipeline.status",
    "source": "pipeline.source",
    "pipeline_created_at": "pipeline.created_at",
    "pipeline_updated_at": "pipeline.updated_at",
    "pipeline_name": "pipeline.name",
    "commit": 'pipeline."commit"',
    "project": "project.id",
    "path": "project.full_path",
    "limited": "coalesce(rules.limits_outbound, FALSE)",
    "person": "person.id",
    "username": "person.username",
    "person_name": "person.name",
    "person_active": "person.is_active",
    "runner": "runner.id",
    "runner_description": "runner.description",
    "runner_paused": "runner.paused",
    "runner_type": "runner.runner_type",
    "runner_created_at": "runner.created_at",
    "runner_contacted_at": "runner.contacted_at",
    "manager": "manager.id",
    "system_id": "manager.system_id",
    "info": "manager.info",
    "manager_created_at": "manager.created_at",
    "manager_contacted_at": "manager.contacted_at",
    "address": "manager.address",
    "has_artifacts": "EXISTS (SELECT 1 FROM jobs_jobartifact artifact WHERE artifact.job_id = job.id)",
}
Row = namedtuple("Row", COLUMNS)  # type: ignore[misc]

STATEMENT = Prepared(
    "own_job",
    {"id": "bigint"},
    f"""
SELECT {", ".join(COLUMNS.values())}
FROM jobs_job job
JOIN jobs_pipeline pipeline ON pipeline.id = job.pipeline_id
JOIN projects_project project ON project.id = job.project_id
LEFT JOIN tokenaccess_tokenaccesssettings rules ON rules.project_id = project.id
LEFT JOIN identity_user person ON person.id = job.user_id
LEFT JOIN jobs_runner runner ON runner.id = job.runner_id
LEFT JOIN jobs_runnermanager manager ON manager.id = job.manager_id
WHERE job.id = %(id)s
""",  # noqa: S608
)


def shown(job_id: int) -> dict[str, Any] | None:
    """The job as JSON; None for one that is gone."""
    found = STATEMENT.fetch({"id": job_id})
    if found is None:
        return None
    if connection.vendor == "sqlite":  # hands out moments without a time zone; they are UTC
        found = tuple(value.replace(tzinfo=UTC) if isinstance(value, datetime) else value for value in found)
    return job_json(Row._make(found))


def job_json(row: Any) -> dict[str, Any]:
    """The same as shapes.job of the same job; a test holds the two together."""
    now = timezone.now()
    started, queued = row.started_at, row.queued_at
    return {
        "id": row.id,
        "status": row.status,
        "stage": row.stage,
        "name": row.name,
        "ref": row.ref,
        "tag": bool(row.tag),
        "coverage": None,
        "allow_failure": bool(row.allow_failure),
        "created_at": moment(row.created_at),
        "started_at": moment(started),
        "finished_at": moment(row.finished_at),
        "erased_at": moment(row.erased_at),
        "duration": _seconds(started, row.finished_at or now) if started else None,
        "queued_duration": _seconds(queued, started or now) if queued else None,
        "user": shapes.person_json(row.person, row.username, row.person_name, bool(row.person_active)),
        "commit": shapes.commit(orjson.loads(row.commit), row.path),
        "pipeline": {
            "id": row.pipeline,
            "iid": row.pipeline_iid,
            "project_id": row.project,
            "sha": row.sha,
            "ref": row.ref,
            "status": row.pipeline_status,
            "source": row.source,
            "created_at": moment(row.pipeline_created_at),
            "updated_at": moment(row.pipeline_updated_at),
            "web_url": shapes.pipeline_address(row.path, row.pipeline),
            "name": row.pipeline_name or None,
        },
        "web_url": shapes.job_address(row.path, row.id),
        "project": {"ci_job_token_scope_enabled": bool(row.limited)},
        **_artifacts(row),
        "runner": _runner(row) if row.runner else None,
        "runner_manager": _manager(row) if row.manager else None,
        "archived": False,
        "tag_list": orjson.loads(row.tag_list),
    }


def _artifacts(row: Any) -> dict[str, Any]:
    """A job that still runs has seldom left anything yet; only then is it looked for."""
    found = JobArtifact.objects.filter(job=row.id).with_readable() if row.has_artifacts else []
    return artifact_fields(found)


def _seconds(start: datetime, end: datetime) -> float:
    return (end - start).total_seconds()


def _runner(row: Any) -> dict[str, Any]:
    return shapes.runner_json(
        row.runner,
        row.runner_description,
        bool(row.runner_paused),
        row.runner_type,
        row.runner_contacted_at,
        row.runner_created_at,
    )


def _manager(row: Any) -> dict[str, Any]:
    return shapes.manager_json(
        row.manager,
        row.system_id,
        orjson.loads(row.info),
        row.manager_created_at,
        row.manager_contacted_at,
        row.address,
    )
