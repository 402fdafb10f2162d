"""Pipelines: making, cancelling, retrying, deleting."""

from __future__ import annotations

import logging
from typing import Any

from django.db import transaction
from django.db.models import Max

from audit import services as audit
from identity.models import User
from jobs import config, hooks, trace
from jobs.models import Job, Pipeline
from jobs.models.pipeline import Source
from jobs.services import artifacts, environments, refs
from jobs.services.drafts import NOTHING, BadFile, Draft, NoFile, NoJobs, Refused, Request, compiled, draft
from jobs.services.jobs import again, cancel, revive_skipped
from jobs.services.names import Names
from jobs.services.progress import advance, lock
from jobs.services.redundant import cancel_redundant
from jobs.states import State
from projects.models import Project
from tokenaccess.policy.levels import FeatureLevel

log = logging.getLogger(__name__)


def create_pipeline(request: Request) -> Pipeline:
    """A pipeline with its jobs, the first of them in the queue. Raises Refused with the messages of runner.md §8.1."""
    if request.project.builds_access_level == FeatureLevel.DISABLED:
        raise Refused("Pipelines are disabled!")
    made = draft(request)
    refs.check_start(made)
    return _store(made, compiled(made))


def start_for_push(*, project: Project, ref: str, old: str, new: str, user: User) -> Pipeline | None:
    """A branch or tag was pushed (projects.events). A file with mistakes makes a failed pipeline that shows them."""
    kind, _, name = ref.removeprefix("refs/").partition("/")
    if kind not in {"heads", "tags"} or new == NOTHING or project.builds_access_level == FeatureLevel.DISABLED:
        return None
    request = Request(
        project=project, ref=name, user=user, source=Source.PUSH, sha=new, tag=kind == "tags", before_sha=old or NOTHING
    )
    try:
        made = draft(request)
    except Refused:
        return None  # a tag may name a file, or nothing that is a commit
    try:
        pipeline = _store(made, compiled(made))
        cancel_redundant(pipeline)
        return pipeline
    except (NoFile, NoJobs):
        return None
    except BadFile as error:
        return _store_failed(made, error.messages)


@transaction.atomic
def _store(made: Draft, result: config.Compiled) -> Pipeline:
    pipeline = made.pipeline
    pipeline.name = result.name[:255]
    _number(pipeline)
    state = State.SKIPPED if made.skips else State.CREATED
    named = Names(pipeline)
    jobs = [_job(pipeline, one, state, result.auto_cancel) for one in result.jobs]
    if not made.skips:
        environments.attach(named, jobs)
    Job.objects.bulk_create([named.fill_in(job) for job in jobs])
    environments.number(jobs)
    log.debug("pipeline %s with %s jobs", pipeline.pk, len(jobs))
    advance(pipeline)
    pipeline.refresh_from_db()
    return pipeline


@transaction.atomic
def _store_failed(made: Draft, messages: list[str]) -> Pipeline:
    made.pipeline.status = State.FAILED
    made.pipeline.yaml_errors = "\n".join(messages)
    return _number(made.pipeline)


def _number(pipeline: Pipeline) -> Pipeline:
    """Saves it under the project's next number; two at once wait for each other."""
    Project.objects.select_for_update(no_key=True).get(pk=pipeline.project_id)
    last = Pipeline.objects.filter(project=pipeline.project_id).aggregate(last=Max("iid"))["last"]
    pipeline.iid = (last or 0) + 1
    pipeline.save()
    return pipeline


def _job(pipeline: Pipeline, one: config.CompiledJob, state: State, auto_cancel: dict[str, str] | None) -> Job:
    options: dict[str, Any] = {**one.as_dict(), **({"auto_cancel": auto_cancel} if auto_cancel else {})}
    return Job(
        pipeline=pipeline,
        project_id=pipeline.project_id,
        user=pipeline.user,
        name=one.name,
        stage=one.stage,
        stage_index=one.stage_index,
        status=state,
        when=one.when,
        needs=options["needs"],
        protected=pipeline.protected,
        tag_list=list(one.tags),
        allow_failure=one.allow_failure,
        bridge=one.trigger is not None,
        resource_group=one.resource_group or "",
        options=options,
    )


@transaction.atomic
def cancel_pipeline(pipeline: Pipeline) -> Pipeline:
    """Every job that is not over; nothing to cancel is no mistake."""
    pipeline = lock(pipeline.pk)
    for job in pipeline.jobs.current().cancelable().select_related("manager"):
        cancel(job)
    for child in Pipeline.objects.filter(started_by_job__pipeline=pipeline, source=Source.PARENT):
        hooks.tell_after_commit(hooks.ON_BRIDGE_CANCELED, child.started_by_job_id)
    advance(pipeline)
    pipeline.refresh_from_db()
    return pipeline


@transaction.atomic
def retry_pipeline(pipeline: Pipeline, *, by: User) -> Pipeline:
    """New tries of all failed and cancelled jobs; they run as `by`. What they had kept from running waits for them.
    Raises RefIsProtected."""
    refs.check(pipeline, by=by)
    pipeline = lock(pipeline.pk)
    for job in pipeline.jobs.current().filter(status__in=[State.FAILED, State.CANCELED], erased_at=None):
        retried = again(job, by=by)
        # It waits for its turn like the others: what stands before it may be retried as well.
        Job.objects.filter(pk=retried.pk).update(status=State.CREATED, queued_at=None, started_at=None)
        revive_skipped(retried, by=by)
    advance(pipeline)
    pipeline.refresh_from_db()
    return pipeline


@transaction.atomic
def delete_pipeline(pipeline: Pipeline, *, by: User) -> None:
    """With its jobs, their tokens, their logs and artifacts."""
    path = pipeline.project.full_path
    message = f"Pipeline #{pipeline.pk} of {path} was deleted"
    audit.record("pipeline_deleted", message, by=by, on=pipeline.project, path=path)
    jobs = list(pipeline.jobs.all())
    artifacts.remove(*jobs)
    pipeline.delete()

    def remove_logs() -> None:
        for job in jobs:
            trace.remove(job)

    transaction.on_commit(remove_logs)
