"""Creates, cancels, retries and deletes pipelines."""

from __future__ import annotations

import logging
from collections.abc import Mapping, Sequence
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.db.models import Max
from django.utils import timezone

import ci_config
from audit import services as audit
from identity.models import User
from jobs import signals
from jobs.artifacts import services as artifact_services
from jobs.environments import services as environment_services
from jobs.logs import storage
from jobs.models import Job, Pipeline
from jobs.models.pipeline import Source
from jobs.pipelines import protected_refs
from jobs.pipelines.advance import advance, lock
from jobs.pipelines.auto_cancel import cancel_redundant
from jobs.pipelines.interpolation import VariableInterpolator
from jobs.pipelines.job_actions import cancel, create_retry, requeue_skipped
from jobs.pipelines.plan import (
    InvalidConfigFile,
    MissingConfigFile,
    NoJobs,
    PipelinePlan,
    PipelineRefused,
    PipelineRequest,
    compile_jobs,
    plan_pipeline,
)
from jobs.pipelines.variable_rights import check_pipeline_variables
from jobs.states import State
from projects.extensions.events import NULL_SHA
from projects.models import Project
from tokenaccess.policy.levels import FeatureLevel

log = logging.getLogger(__name__)


def create_pipeline(request: PipelineRequest) -> Pipeline:
    """Create a pipeline with its jobs and enqueue the first of them. Raises PipelineRefused (runner.md §8.1)."""
    if request.project.builds_access_level == FeatureLevel.DISABLED:
        raise PipelineRefused("Pipelines are disabled!")
    plan = plan_pipeline(request)
    protected_refs.check_start(plan)
    check_pipeline_variables(plan.pipeline)
    return _store(plan, compile_jobs(plan))


def start_for_push(
    *,
    project: Project,
    ref: str,
    old: str,
    new: str,
    user: User,
    variables: Sequence[Mapping[str, str]] = (),
    skips_ci: bool = False,
    inputs: Mapping[str, Any] | None = None,
    job_id: int | None = None,
) -> Pipeline | None:
    """Start the pipeline of a pushed branch or tag. A CI file with mistakes makes a failed pipeline that shows them.

    `skips_ci`: the pusher asks for no jobs, as a commit message may: the pipeline is skipped. `job_id`: the job whose
    token was used to push.
    """
    kind, _, name = ref.removeprefix("refs/").partition("/")
    if kind not in {"heads", "tags"} or new == NULL_SHA or project.builds_access_level == FeatureLevel.DISABLED:
        return None
    request = PipelineRequest(
        project=project,
        ref=name,
        user=user,
        source=Source.PUSH,
        sha=new,
        tag=kind == "tags",
        before_sha=old or NULL_SHA,
        variables=variables,
        skips_ci=skips_ci,
        inputs=inputs or {},
        extra_fields={"started_by_job_id": job_id} if job_id else {},
    )
    try:
        plan = plan_pipeline(request)
    except PipelineRefused:
        return None  # a tag may point to something that is no commit
    return _create_for_push(plan)


def _create_for_push(plan: PipelinePlan) -> Pipeline | None:
    """None where the commit asks for no pipeline."""
    try:
        pipeline = _store(plan, compile_jobs(plan))
        cancel_redundant(pipeline)
        return pipeline
    except (MissingConfigFile, NoJobs):
        return None
    except InvalidConfigFile as error:
        return _store_failed(plan, error)


@transaction.atomic
def _store(plan: PipelinePlan, result: ci_config.CompiledPipeline) -> Pipeline:
    pipeline = plan.pipeline
    pipeline.name = result.name[:255]
    pipeline.yaml_warnings = "\n".join(result.warnings)
    save_with_next_iid(pipeline)
    state = State.SKIPPED if plan.skips_ci else State.CREATED
    interpolator = VariableInterpolator(pipeline)
    jobs = [_build_job(pipeline, compiled, state, result.auto_cancel) for compiled in result.jobs]
    if not plan.skips_ci:
        environment_services.assign_environments(interpolator, jobs)
    Job.objects.bulk_create([interpolator.interpolate(job) for job in jobs])
    environment_services.create_deployments(jobs)
    log.debug("pipeline %s with %s jobs", pipeline.pk, len(jobs))
    advance(pipeline)
    pipeline.refresh_from_db()
    return pipeline


@transaction.atomic
def _store_failed(plan: PipelinePlan, error: InvalidConfigFile) -> Pipeline:
    plan.pipeline.status = State.FAILED
    plan.pipeline.yaml_errors = "\n".join(error.messages)
    plan.pipeline.yaml_warnings = "\n".join(error.warnings)
    return save_with_next_iid(plan.pipeline)


def save_with_next_iid(pipeline: Pipeline) -> Pipeline:
    """Save the pipeline under the project's next number. Locks the project, so that no number is used twice."""
    Project.objects.select_for_update(no_key=True).get(pk=pipeline.project_id)
    last = Pipeline.objects.filter(project=pipeline.project_id).aggregate(last=Max("iid"))["last"]
    pipeline.iid = (last or 0) + 1
    pipeline.save()
    return pipeline


def _build_job(
    pipeline: Pipeline, compiled: ci_config.CompiledJob, state: State, auto_cancel: dict[str, str] | None
) -> Job:
    options: dict[str, Any] = {**compiled.as_dict(), **({"auto_cancel": auto_cancel} if auto_cancel else {})}
    return Job(
        pipeline=pipeline,
        project_id=pipeline.project_id,
        user=pipeline.user,
        name=compiled.name,
        stage=compiled.stage,
        stage_index=compiled.stage_index,
        status=state,
        when=compiled.when,
        needs=options["needs"],
        protected=pipeline.protected,
        tag_list=list(compiled.tags),
        allow_failure=compiled.allow_failure,
        bridge=compiled.trigger is not None,
        resource_group=compiled.resource_group or "",
        options=options,
    )


@transaction.atomic
def cancel_pipeline(pipeline: Pipeline) -> Pipeline:
    """Cancel all unfinished jobs, commit statuses and child pipelines. Does nothing if there is nothing to cancel."""
    pipeline = lock(pipeline.pk)
    for job in pipeline.jobs.current().cancelable().select_related("manager"):
        cancel(job)
    pipeline.commit_statuses.current().cancelable().update(status=State.CANCELED, finished_at=timezone.now())
    for child in Pipeline.objects.filter(started_by_job__pipeline=pipeline, source=Source.PARENT):
        signals.send_on_commit(signals.bridge_canceled, job_id=child.started_by_job_id)
    advance(pipeline)
    pipeline.refresh_from_db()
    return pipeline


@transaction.atomic
def retry_pipeline(pipeline: Pipeline, *, by: User) -> Pipeline:
    """Retry all failed and canceled jobs, as `by`. Jobs that were skipped because of them wait again.

    Raises RefIsProtected.
    """
    protected_refs.check_rerun(pipeline, by=by)
    pipeline = lock(pipeline.pk)
    for job in pipeline.jobs.current().filter(status__in=[State.FAILED, State.CANCELED], erased_at=None):
        retry = create_retry(job, by=by)
        # It must wait again: jobs of earlier stages may be retried as well.
        Job.objects.filter(pk=retry.pk).update(status=State.CREATED, queued_at=None, started_at=None)
        requeue_skipped(retry, by=by)
    advance(pipeline)
    pipeline.refresh_from_db()
    return pipeline


@transaction.atomic
def rename_pipeline(pipeline: Pipeline, name: str, *, by: User) -> None:
    """Raises RefIsProtected, ValidationError by field."""
    if not name.isprintable():
        raise ValidationError({"name": ["is invalid"]})
    if not protected_refs.may_run(pipeline, by):
        raise protected_refs.RefIsProtected(protected_refs.denial_message(pipeline.ref))
    Pipeline.objects.filter(pk=pipeline.pk).update(name=name.strip(), updated_at=timezone.now())


@transaction.atomic
def delete_pipeline(pipeline: Pipeline, *, by: User) -> None:
    """Delete a pipeline with its jobs, their tokens, logs and artifacts."""
    path = pipeline.project.full_path
    message = f"Pipeline #{pipeline.pk} of {path} was deleted"
    audit.record("pipeline_deleted", message, by=by, on=pipeline.project, path=path)
    jobs = list(pipeline.jobs.all())
    artifact_services.remove_artifacts(*jobs)
    pipeline.delete()

    def remove_logs() -> None:
        for job in jobs:
            storage.remove(job)

    transaction.on_commit(remove_logs)
