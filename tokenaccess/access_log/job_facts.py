"""The facts about a job that asked for something, for the page that explains a refusal: its token is not at hand."""

from __future__ import annotations

from jobs.models import Job
from projects.models import Project
from tokenaccess.access.facts import job_facts_of_pairs
from tokenaccess.access.sql.bulk_check import JobOnProject
from tokenaccess.models import JobAddress
from tokenaccess.policy import Facts, callers


def facts_of_job(job: Job, project: Project) -> tuple[callers.Job, Facts] | None:
    """As the check finds them for the job's token, with the last address from elsewhere that it was used from; None for
    a job or project that is gone. Two statements at most."""
    (found,) = job_facts_of_pairs([JobOnProject(project.pk, job=job.pk)])
    if found is None or found[1].address is None:
        return found
    caller, facts = found
    last = JobAddress.objects.filter(job=job, elsewhere=True).order_by("-first_at").values_list("address", flat=True)
    return caller, facts._replace(address=found[1].address._replace(used_from=last.first()))
