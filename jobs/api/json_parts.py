"""Parts of JSON bodies, made of plain values: for rows of models by the serializers, and for `GET /job` from its one
statement, which reads no models (jobs.api.own_job_json)."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime
from typing import Any

from django.conf import settings

from api.rest import moment
from jobs.models import JobArtifact, Pipeline
from jobs.runners.types import RunnerType, connection_status


def person_json(pk: int, username: str, name: str, active: bool) -> dict[str, Any]:
    return {
        "id": pk,
        "username": username,
        "name": name or username,
        "state": "active" if active else "blocked",
        "locked": False,
        "avatar_url": None,
        "web_url": f"{settings.EXTERNAL_URL}/{username}",
    }


def pipeline_address(full_path: str, pk: int) -> str:
    return f"{settings.EXTERNAL_URL}/{full_path}/-/pipelines/{pk}"


def job_address(full_path: str, pk: int) -> str:
    return f"{settings.EXTERNAL_URL}/{full_path}/-/jobs/{pk}"


def commit_json(stored: dict[str, Any], full_path: str) -> dict[str, Any] | None:
    if not stored:
        return None
    return {**stored, "trailers": {}, "web_url": f"{settings.EXTERNAL_URL}/{full_path}/-/commit/{stored['id']}"}


def pipeline_line_json(pipeline: Pipeline, full_path: str) -> dict[str, Any]:
    """As a row of a list, and inside a job. `full_path` is its project's."""
    return {
        "id": pipeline.pk,
        "iid": pipeline.iid,
        "project_id": pipeline.project_id,
        "sha": pipeline.sha,
        "ref": pipeline.ref,
        "status": pipeline.status,
        "source": pipeline.source,
        "created_at": moment(pipeline.created_at),
        "updated_at": moment(pipeline.updated_at),
        "web_url": pipeline_address(full_path, pipeline.pk),
        "name": pipeline.name or None,
    }


def runner_json(
    pk: int, description: str, paused: bool, kind: str, contacted_at: datetime | None, created_at: datetime
) -> dict[str, Any]:
    status = connection_status(contacted_at)
    return {
        "id": pk,
        "description": description,
        "ip_address": None,
        "active": not paused,
        "paused": paused,
        "is_shared": kind == RunnerType.INSTANCE,
        "runner_type": kind,
        "name": None,
        "online": status == "online",
        "status": status,
        "created_at": moment(created_at),
        "created_by": None,
    }


def manager_json(
    pk: int,
    system_id: str,
    info: dict[str, Any],
    created_at: datetime,
    contacted_at: datetime | None,
    address: str | None,
) -> dict[str, Any]:
    return {
        "id": pk,
        "system_id": system_id,
        "version": info.get("version"),
        "revision": info.get("revision"),
        "platform": info.get("platform"),
        "architecture": info.get("architecture"),
        "created_at": moment(created_at),
        "contacted_at": moment(contacted_at),
        "ip_address": address,
        "status": connection_status(contacted_at),
    }


def artifact_fields(artifacts: Iterable[JobArtifact]) -> dict[str, Any]:
    """`artifacts`, `artifacts_expire_at`, and `artifacts_file` when there is an archive.

    Expects `with_readable()`: what is past its time is not told of, only when that was.
    """
    rows = list(artifacts)
    there = [one for one in rows if one.is_readable]  # type: ignore[attr-defined]
    archive = next((one for one in there if one.is_archive), None)
    # The archive's time stands for all; reports have the same unless somebody else uploaded them.
    of_all = next((one for one in rows if one.is_archive), rows[0] if rows else None)
    return {
        **({"artifacts_file": {"filename": archive.filename, "size": archive.size}} if archive else {}),
        "artifacts": [
            {
                "file_type": one.file_type,
                "size": one.size,
                "filename": one.filename,
                "file_format": one.file_format,
            }
            for one in there
        ],
        "artifacts_expire_at": moment(of_all.expires_at) if of_all else None,
    }
