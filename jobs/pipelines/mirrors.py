"""Jobs that take over the status of another project's newest pipeline (`needs: pipeline` without `job`).

They start nothing. What the person of the job may see of the other project decides.
"""

from __future__ import annotations

from django.db.models import BigIntegerField, Exists, OuterRef
from django.db.models.fields.json import KT
from django.db.models.functions import Cast

from ci_config import expand
from jobs.models import Job, Pipeline
from jobs.models.pipeline import Source
from jobs.pipelines.job_actions import cancel_job, fail_bridge, finish_job
from jobs.querysets import JobQuerySet, PipelineQuerySet
from jobs.states import COMPLETED, State
from jobs.variables.job import variables_without_runner
from jobs.variables.value import values_by_key
from tokenaccess.access.gate import find_project_if_permitted
from tokenaccess.policy import Action

FOLLOWED = "follows"  # the option that says which pipeline


def is_mirror(job: Job) -> bool:
    return "upstream" in job.options["trigger"]


def follow_upstream(job: Job) -> None:
    """Take over the status of the upstream pipeline, as far as it has ended; until then the job runs.

    The newest pipeline of the default branch is meant, and the same one every time.
    """
    pipeline = _upstream_pipeline(job)
    if pipeline is None:
        shown = job.options["trigger"]["upstream"][:255]
        fail_bridge(job, [f"There is no pipeline on the default branch of {shown}, or {job.user} may not see it"])
        return
    if FOLLOWED not in job.options:
        Job.objects.filter(pk=job.pk).update(options={**job.options, FOLLOWED: pipeline.pk})
    if pipeline.status == State.CANCELED:
        cancel_job(job, force=True)
    elif pipeline.status in COMPLETED:
        finish_job(job, status=pipeline.status)


def followed_pipelines(job: Job) -> PipelineQuerySet:
    """The one that the job follows, as soon as it does."""
    return Pipeline.objects.filter(pk=job.options.get(FOLLOWED, 0))


def mirrors_of_ended_pipelines() -> JobQuerySet:
    """The running ones whose pipeline has ended, or is gone."""
    mirrors = Job.objects.bridges().filter(status=State.RUNNING, touched_at__isnull=False)
    followed = Cast(KT(f"options__{FOLLOWED}"), BigIntegerField())
    unfinished = Pipeline.objects.exclude(status__in=COMPLETED).filter(pk=OuterRef("followed"))
    rows = mirrors.filter(options__trigger__has_key="upstream").annotate(followed=followed).filter(~Exists(unfinished))
    return rows.select_related("pipeline", "project", "user")


def _upstream_pipeline(job: Job) -> Pipeline | None:
    """None if it is not there, or the person may not see it."""
    path = expand(job.options["trigger"]["upstream"], values_by_key(variables_without_runner(job)))
    project = find_project_if_permitted(job.user, Action.READ_PIPELINES, path)
    if project is None:
        return None
    pipelines = Pipeline.objects.filter(project=project)
    if FOLLOWED in job.options:
        return pipelines.filter(pk=job.options[FOLLOWED]).first()
    of_branch = pipelines.filter(ref=project.default_branch, tag=False).exclude(source=Source.PARENT)
    return of_branch.order_by("-id").first()
