"""Jobs, pipelines and runners as the API shows them (resources.md §5, runner.md §8.3)."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from django.conf import settings

from config.rest import moment
from identity.models import User
from jobs.api.artifact_shapes import artifact_fields
from jobs.models import Job, Pipeline, Runner, RunnerManager
from jobs.models.runner import RunnerType, connection
from jobs.states import State
from projects.models import Project


def user(person: User | None) -> dict[str, Any] | None:
    if person is None:
        return None
    return person_json(person.pk, person.username, person.name, person.is_active)


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


def pipeline_line(pipeline: Pipeline, project: Project) -> dict[str, Any]:
    """As a row of a list, and inside a job."""
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
        "web_url": pipeline_address(project.full_path, pipeline.pk),
        "name": pipeline.name or None,
    }


def pipeline(one: Pipeline, project: Project) -> dict[str, Any]:
    """The whole entity (runner.md §8.3)."""
    duration, queued = one.duration, one.queued_duration
    return {
        **pipeline_line(one, project),
        "before_sha": one.before_sha,
        "tag": one.tag,
        "yaml_errors": one.yaml_errors or None,
        "user": user(one.user),
        "started_at": moment(one.started_at),
        "finished_at": moment(one.finished_at),
        "committed_at": one.commit.get("committed_date"),
        "duration": None if duration is None or one.finished_at is None else int(duration),
        "queued_duration": None if queued is None else int(queued),
        "coverage": None if one.coverage is None else f"{one.coverage:.2f}",  # a text, as in the original
        "detailed_status": _detailed(one, project),
        "archived": False,
    }


def _detailed(one: Pipeline, project: Project) -> dict[str, Any]:
    label = State(one.status).label.lower()
    return {
        "icon": f"status_{one.status}",
        "text": label,
        "label": label,
        "group": one.status,
        "tooltip": label,
        "has_details": True,
        "details_path": f"/{project.full_path}/-/pipelines/{one.pk}",
        "illustration": None,
        "favicon": None,
    }


def job(one: Job, project: Project, *, limited: bool) -> dict[str, Any]:
    """`limited`: the project limits where its jobs may go; asked once for a whole list."""
    runs = one.pipeline
    return {
        "id": one.pk,
        "status": one.status,
        "stage": one.stage,
        "name": one.name,
        "ref": runs.ref,
        "tag": runs.tag,
        "coverage": one.coverage,
        "allow_failure": one.allow_failure,
        "created_at": moment(one.created_at),
        "started_at": moment(one.started_at),
        "finished_at": moment(one.finished_at),
        "erased_at": moment(one.erased_at),
        "duration": one.duration,
        "queued_duration": one.queued_duration,
        "user": user(one.user),
        "commit": commit(runs.commit, project.full_path),
        "pipeline": pipeline_line(runs, project),
        **({"failure_reason": one.failure_reason} if one.status == State.FAILED else {}),
        "web_url": job_address(project.full_path, one.pk),
        "project": {"ci_job_token_scope_enabled": limited},
        **artifact_fields(one.artifacts.all()),
        "runner": runner_line(one.runner) if one.runner else None,
        "runner_manager": manager(one.manager) if one.manager else None,
        "archived": False,
        "tag_list": one.tag_list,
    }


def job_address(full_path: str, pk: int) -> str:
    return f"{settings.EXTERNAL_URL}/{full_path}/-/jobs/{pk}"


def commit(kept: dict[str, Any], full_path: str) -> dict[str, Any] | None:
    if not kept:
        return None
    return {**kept, "trailers": {}, "web_url": f"{settings.EXTERNAL_URL}/{full_path}/-/commit/{kept['id']}"}


# --- Runners ----------------------------------------------------------------------------------------------------------


def runner_line(one: Runner) -> dict[str, Any]:
    return runner_json(one.pk, one.description, one.paused, one.runner_type, one.contacted_at, one.created_at)


def runner_json(
    pk: int, description: str, paused: bool, kind: str, contacted_at: datetime | None, created_at: datetime
) -> dict[str, Any]:
    status = connection(contacted_at)
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


def runner(one: Runner) -> dict[str, Any]:
    """One runner with its settings; `projects` and `groups` are those it serves."""
    newest = one.managers.order_by("-contacted_at").first()
    info = newest.info if newest else {}
    return {
        **runner_line(one),
        "ip_address": newest.address if newest else None,
        "tag_list": one.tag_list,
        "run_untagged": one.run_untagged,
        "locked": one.locked,
        "maximum_timeout": one.maximum_timeout,
        "access_level": one.access_level,
        "maintenance_note": one.maintenance_note,
        "contacted_at": moment(one.contacted_at),
        "version": info.get("version"),
        "revision": info.get("revision"),
        "platform": info.get("platform"),
        "architecture": info.get("architecture"),
        "projects": [
            {"id": project.pk, "name": project.name, "path": project.path, "path_with_namespace": project.full_path}
            for project in one.projects.all()
        ],
        "groups": [
            {"id": group.pk, "name": group.name, "web_url": f"{settings.EXTERNAL_URL}/{group.full_path}"}
            for group in [one.group]
            if group is not None
        ],
    }


def manager(one: RunnerManager) -> dict[str, Any]:
    return manager_json(one.pk, one.system_id, one.info, one.created_at, one.contacted_at, one.address)


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
        "status": connection(contacted_at),
    }
