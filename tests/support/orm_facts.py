"""The facts of a check as one would read them with the ORM: what the prepared statement is compared with."""

from __future__ import annotations

from jobs.models import JobToken
from jobs.policy_caller import caller_of
from tokenaccess.access.facts import find_project
from tokenaccess.access.id_or_path import IdOrPath
from tokenaccess.access_log.job_facts import facts_of_job
from tokenaccess.policy import Facts, Job
from tokenaccess.policy.facts import NO_FACTS
from tokenaccess.policy.narrowing import narrowing_of


def job_facts_by_orm(digest: str, id_or_path: IdOrPath) -> tuple[Job, Facts] | None:
    token = JobToken.objects.select_related("job__project", "job__user").filter(digest=digest).first()
    if token is None:
        return None
    project = find_project(id_or_path)
    caller, facts = (caller_of(token.job), NO_FACTS) if project is None else facts_of_job(token.job, project)
    narrowing = narrowing_of(token.narrowed_to)
    return caller._replace(stopped=token.stopped_at is not None, narrowing=narrowing), facts
