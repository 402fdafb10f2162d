"""The row behind `GET /job` as JSON (job-token.md §1.7)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

import orjson
from django.utils import timezone

from api.rest import moment
from jobs.api import json_parts
from jobs.models import JobArtifact
from tokenaccess.access.sql.prepared import read_moment


def job_json(row: Any) -> dict[str, Any]:
    """`row`: own_job_row.OwnJob. The same as shapes.job of the same job; a test holds the two together."""
    now = timezone.now()
    started, finished = read_moment(row.started_at), read_moment(row.finished_at)
    queued = read_moment(row.queued_at)
    return {
        "id": row.id,
        "status": row.status,
        "stage": row.stage,
        "name": row.name,
        "ref": row.ref,
        "tag": bool(row.tag),
        "coverage": None,  # comes with the job's end, which its token does not outlive
        "allow_failure": bool(row.allow_failure),
        "created_at": moment(read_moment(row.created_at)),
        "started_at": moment(started),
        "finished_at": moment(finished),
        "erased_at": moment(read_moment(row.erased_at)),
        "duration": _seconds(started, finished or now) if started else None,
        "queued_duration": _seconds(queued, started or now) if queued else None,
        "user": json_parts.person_json(row.person, row.username, row.person_name, bool(row.person_active)),
        "commit": json_parts.commit_json(orjson.loads(row.commit), row.path),
        "pipeline": _pipeline(row),
        "web_url": json_parts.job_address(row.path, row.id),
        "project": {"ci_job_token_scope_enabled": bool(row.limited)},
        **_artifacts(row),
        "runner": _runner(row) if row.runner else None,
        "runner_manager": _manager(row) if row.manager else None,
        "archived": False,
        "tag_list": orjson.loads(row.tag_list),
    }


def _pipeline(row: Any) -> dict[str, Any]:
    return {
        "id": row.pipeline,
        "iid": row.pipeline_iid,
        "project_id": row.project,
        "sha": row.sha,
        "ref": row.ref,
        "status": row.pipeline_status,
        "source": row.source,
        "created_at": moment(read_moment(row.pipeline_created_at)),
        "updated_at": moment(read_moment(row.pipeline_updated_at)),
        "web_url": json_parts.pipeline_address(row.path, row.pipeline),
        "name": row.pipeline_name or None,
    }


def _artifacts(row: Any) -> dict[str, Any]:
    """A job that still runs has seldom left anything yet; only then is it looked for."""
    found = JobArtifact.objects.filter(job=row.id).with_readable() if row.has_artifacts else []
    return json_parts.artifact_fields(found)


def _seconds(start: datetime, end: datetime) -> float:
    return (end - start).total_seconds()


def _runner(row: Any) -> dict[str, Any]:
    return json_parts.runner_json(
        row.runner,
        row.runner_description,
        bool(row.runner_paused),
        row.runner_type,
        read_moment(row.runner_contacted_at),
        read_moment(row.runner_created_at),
    )


def _manager(row: Any) -> dict[str, Any]:
    return json_parts.manager_json(
        row.manager,
        row.system_id,
        orjson.loads(row.info),
        read_moment(row.manager_created_at),
        read_moment(row.manager_contacted_at),
        row.address,
    )
