"""A job asks who it is, with nothing but its token (job-token.md §1.7).

The most frequent request of all: a plain view, and one statement for the check and the answer."""

from __future__ import annotations

from typing import Any

from django.http import HttpResponse

from api.operations import Operation
from jobs.api.own_job_json import job_json
from jobs.api.own_job_row import OWN_JOB, OwnJob
from jobs.api.serializers.jobs import AllowedAgentsSerializer, JobSerializer
from jobs.models import Job
from projects.models import Group
from projects.roles.roles import role_of
from tokenaccess.access.sql.joined_read import JoinedReadParams
from tokenaccess.adapters.plain import ApiRequest, api_view, json_response
from tokenaccess.policy import Action
from tokenaccess.policy.levels import Role


@api_view(
    GET=Action.READ_OWN_JOB,
    joined=lambda _values: JoinedReadParams(OWN_JOB, {}),
    operations={"GET": Operation(returns=JobSerializer)},
)
def own_job(request: ApiRequest[OwnJob]) -> HttpResponse:
    row = request.access.joined
    assert row is not None  # the action is for jobs only
    return json_response(job_json(row))


@api_view(GET=Action.READ_OWN_JOB, operations={"GET": Operation(returns=AllowedAgentsSerializer)})
def allowed_agents(request: ApiRequest) -> HttpResponse:
    """There are no agents; the rest tells one who asks by which rights it would act."""
    caller = request.access.job
    assert caller is not None
    job = Job.objects.select_related("project", "user", "environment").get(pk=caller.id)
    person = job.user
    assert person is not None  # a job whose account is gone is refused
    role = role_of(person, job.project)
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
    if job.environment is not None:
        answer["environment"] = {"slug": job.environment.slug, "tier": job.environment.tier}
    return json_response(answer)
