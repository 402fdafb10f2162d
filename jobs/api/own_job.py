"""A job asks who it is, with nothing but its token (job-token.md §1.7). The hottest address there is: a plain view, the
access check's one statement, and one more for the answer."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson
from django.http import HttpResponse
from django.utils import timezone

from config.rest import moment
from jobs.api import shapes
from jobs.api.artifact_shapes import artifact_fields
from jobs.models import Job, JobArtifact
from projects.models import Group
from projects.roles import standing
from tokenaccess.plain import ApiRequest, api_view, json_response
from tokenaccess.policy import Action
from tokenaccess.policy.levels import Role
from tokenaccess.prepared import Prepared

_FIELDS = (
    "job.id", "job.status", "job.stage", "job.name", "job.allow_failure", "job.created_at", "job.started_at",
    "job.finished_at", "job.erased_at", "job.queued_at", "job.tag_list",
    "pipeline.id", "pipeline.iid", "pipeline.sha", "pipeline.ref", "pipeline.tag", "pipeline.status", "pipeline.source",
    "pipeline.created_at", "pipeline.updated_at", "pipeline.name", 'pipeline."commit"',
    "project.id", "project.full_path", "coalesce(rules.limits_outbound, FALSE)",
    "person.id", "person.username", "person.name", "person.is_active",
    "runner.id", "runner.description", "runner.paused", "runner.runner_type", "runner.created_at",
    "runner.contacted_at",
    "manager.id", "manager.system_id", "manager.info", "manager.created_at", "manager.contacted_at", "manager.address",
    "EXISTS (SELECT 1 FROM jobs_jobartifact artifact WHERE artifact.job_id = job.id)",
)  # fmt: skip

STATEMENT = Prepared(
    "own_job",
    {"id": "bigint"},
    f"""
SELECT {", ".join(_FIELDS)}
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


@api_view(GET=Action.READ_OWN_JOB)
def own_job(request: ApiRequest) -> HttpResponse:
    caller = request.access.job
    assert caller is not None  # the action is for jobs only
    row = STATEMENT.fetch({"id": caller.id})
    if row is None:  # deleted since the check, a moment ago
        return json_response({"message": "401 Unauthorized"}, 401)
    # SQLite hands out moments without a time zone; they are UTC.
    values = (value.replace(tzinfo=UTC) if isinstance(value, datetime) else value for value in row)
    return json_response(_json(dict(zip(_FIELDS, values, strict=True))))


def _json(row: dict[str, Any]) -> dict[str, Any]:
    """The same as shapes.job of the same job; a test holds the two together."""
    path, now = row["project.full_path"], timezone.now()
    started, queued = row["job.started_at"], row["job.queued_at"]
    return {
        "id": row["job.id"],
        "status": row["job.status"],
        "stage": row["job.stage"],
        "name": row["job.name"],
        "ref": row["pipeline.ref"],
        "tag": bool(row["pipeline.tag"]),
        "coverage": None,
        "allow_failure": bool(row["job.allow_failure"]),
        "created_at": moment(row["job.created_at"]),
        "started_at": moment(started),
        "finished_at": moment(row["job.finished_at"]),
        "erased_at": moment(row["job.erased_at"]),
        "duration": _seconds(started, row["job.finished_at"] or now) if started else None,
        "queued_duration": _seconds(queued, started or now) if queued else None,
        "user": shapes.person_json(
            row["person.id"], row["person.username"], row["person.name"], bool(row["person.is_active"])
        ),
        "commit": shapes.commit(orjson.loads(row['pipeline."commit"']), path),
        "pipeline": {
            "id": row["pipeline.id"],
            "iid": row["pipeline.iid"],
            "project_id": row["project.id"],
            "sha": row["pipeline.sha"],
            "ref": row["pipeline.ref"],
            "status": row["pipeline.status"],
            "source": row["pipeline.source"],
            "created_at": moment(row["pipeline.created_at"]),
            "updated_at": moment(row["pipeline.updated_at"]),
            "web_url": shapes.pipeline_address(path, row["pipeline.id"]),
            "name": row["pipeline.name"] or None,
        },
        "web_url": shapes.job_address(path, row["job.id"]),
        "project": {"ci_job_token_scope_enabled": bool(row["coalesce(rules.limits_outbound, FALSE)"])},
        **_artifacts(row),
        "runner": _runner(row) if row["runner.id"] else None,
        "runner_manager": _manager(row) if row["manager.id"] else None,
        "archived": False,
        "tag_list": orjson.loads(row["job.tag_list"]),
    }


def _artifacts(row: dict[str, Any]) -> dict[str, Any]:
    """A job that still runs has seldom left anything yet; only then is it looked for."""
    if not row[_FIELDS[-1]]:
        return artifact_fields([])
    return artifact_fields(JobArtifact.objects.filter(job=row["job.id"]).with_readable())


def _seconds(start: datetime, end: datetime) -> float:
    return (end - start).total_seconds()


def _runner(row: dict[str, Any]) -> dict[str, Any]:
    return shapes.runner_json(
        row["runner.id"],
        row["runner.description"],
        bool(row["runner.paused"]),
        row["runner.runner_type"],
        row["runner.contacted_at"],
        row["runner.created_at"],
    )


def _manager(row: dict[str, Any]) -> dict[str, Any]:
    return shapes.manager_json(
        row["manager.id"],
        row["manager.system_id"],
        orjson.loads(row["manager.info"]),
        row["manager.created_at"],
        row["manager.contacted_at"],
        row["manager.address"],
    )


@api_view(GET=Action.READ_OWN_JOB)
def allowed_agents(request: ApiRequest) -> HttpResponse:
    """There are no agents; the rest tells one who asks by which rights it would act."""
    caller = request.access.job
    assert caller is not None
    job = Job.objects.select_related("project", "user").get(pk=caller.id)
    person = job.user
    assert person is not None  # a job whose account is gone is refused
    role = standing(person, job.project)
    roles = [level.name.lower() for level in Role if Role.NONE < level <= role]
    answer: dict[str, Any] = {
        "allowed_agents": [],
        "job": {"id": job.pk},
        "pipeline": {"id": job.pipeline_id},
        "project": {
            "id": job.project_id,
            "groups": [{"id": group.pk} for group in Group.objects.above(job.project.group_id)],
        },
        "user": {"id": person.pk, "username": person.username, "roles_in_project": roles},
    }
    return json_response(answer)
