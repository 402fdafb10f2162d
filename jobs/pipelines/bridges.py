"""Bridges: jobs that start a pipeline of another project, or a child pipeline of their own (`trigger`).

A bridge acts as its person: the gate decides what that person may do in the other project. A bridge has no job token,
so Token Access does not apply to it; as in GitLab, the other project's allowlist is not consulted.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils import timezone

from ci_config import expand, redactor
from jobs.models import Job, Pipeline
from jobs.models.pipeline import Source
from jobs.pipelines.advance import lock
from jobs.pipelines.chains import check_chain_length, check_cycle, upstream_chain
from jobs.pipelines.job_actions import cancel_job, fail_bridge, finish_job, resume_bridge, wait_for_person
from jobs.pipelines.mirrors import follow_upstream, is_mirror
from jobs.pipelines.plan import PipelineRefused, PipelineRequest
from jobs.pipelines.services import cancel_pipeline, create_pipeline
from jobs.states import COMPLETED, State
from jobs.variables.job import variables_without_runner
from jobs.variables.value import Variable, values_by_key
from projects.repository import parse_ref
from tokenaccess.access.gate import find_project_if_permitted
from tokenaccess.policy.actions import Action

log = logging.getLogger(__name__)

# A child pipeline may have child pipelines; those may not.
MAX_CHILD_DEPTH = 2
# Status of the downstream pipeline → status of the bridge; success after any other.
STATUS_BY_STRATEGY: dict[str, dict[str, State]] = {
    "depend": {State.FAILED: State.FAILED, State.CANCELED: State.CANCELED, State.SKIPPED: State.FAILED},
    "mirror": {State.FAILED: State.FAILED, State.CANCELED: State.CANCELED, State.SKIPPED: State.SKIPPED},
}


def start_downstream(job_id: int) -> None:
    """Start the pipeline of a bridge. The bridge then ends, or waits for that pipeline.

    Only the first call for a job has an effect.
    """
    waiting = Job.objects.bridges().filter(pk=job_id, status=State.RUNNING, touched_at=None)
    if not waiting.update(touched_at=timezone.now()):
        return
    job = Job.objects.select_related("pipeline", "project", "user").get(pk=job_id)
    if is_mirror(job):
        follow_upstream(job)
        return
    try:
        downstream = create_pipeline(_request(job))
    except PipelineRefused as error:
        fail_bridge(job, error.messages)
        return
    except Exception:
        log.exception("The pipeline of job %s could not be made", job_id)
        fail_bridge(job, ["Something went wrong on the server."])
        return
    if not waits_for_downstream(job):
        finish_job(job, status=State.SUCCESS)
    elif Job.objects.filter(pk=job.pk, status__in=COMPLETED).exists():
        cancel_pipeline(downstream)  # the bridge was canceled meanwhile
    else:
        update_bridge(downstream.pk)


def waits_for_downstream(job: Job) -> bool:
    """Whether the bridge runs until its downstream pipeline ends, and takes over its status (`strategy`)."""
    return job.options["trigger"].get("strategy") in STATUS_BY_STRATEGY


@transaction.atomic
def update_bridge(pipeline_id: int) -> None:
    """Bring the bridge that waits for a pipeline in line with it, after the pipeline has ended or runs again."""
    bridge = Job.objects.bridges().current().filter(downstream=pipeline_id).first()
    if bridge is None or not waits_for_downstream(bridge):
        return
    lock(bridge.pipeline_id)
    bridge.refresh_from_db()
    # Read under the lock: a later change of the pipeline leads to a later call.
    status = Pipeline.objects.values_list("status", flat=True).get(pk=pipeline_id)
    if status == bridge.status == State.MANUAL:
        return
    over = status in COMPLETED
    # A bridge that was canceled stays canceled however the pipeline ends, unless the pipeline runs again.
    final = {State.CANCELED, _bridge_status(bridge, status)} if over else {}
    if bridge.retried or bridge.status in final:
        return
    if bridge.complete or bridge.status == State.MANUAL:
        resume_bridge(bridge)
    if status == State.MANUAL and bridge.options["trigger"]["strategy"] == "mirror":
        wait_for_person(bridge)
    if over:
        _finish_bridge(bridge, status)


def _bridge_status(bridge: Job, status: str) -> State:
    return STATUS_BY_STRATEGY[bridge.options["trigger"]["strategy"]].get(status, State.SUCCESS)


def _finish_bridge(bridge: Job, status: str) -> None:
    if status == State.CANCELED:
        cancel_job(bridge, force=True)
    else:
        finish_job(bridge, status=_bridge_status(bridge, status))


def cancel_downstream(job_id: int) -> None:
    """Cancel the unfinished pipelines of a canceled bridge."""
    for pipeline in Pipeline.objects.filter(started_by_job=job_id).exclude(status__in=COMPLETED):
        cancel_pipeline(pipeline)


def _request(job: Job) -> PipelineRequest:
    """The pipeline that the bridge asks for. Raises PipelineRefused."""
    check_chain_length(job.pk)
    if job.user is None or not job.user.is_active:
        raise PipelineRefused("The account the pipeline would act as is blocked or gone")
    known = variables_without_runner(job)
    request = _project_request(job, known) if "project" in job.options["trigger"] else _child_request(job, known)
    if request.source != Source.PARENT:
        check_cycle(job.pk, request.project, parse_ref(request.ref)[0])
    return request


def _project_request(job: Job, known: Iterable[Variable]) -> PipelineRequest:
    trigger, texts = job.options["trigger"], values_by_key(known)
    path = expand(trigger["project"], texts)
    target = find_project_if_permitted(job.user, Action.RUN_PIPELINE, path)
    if target is None:
        shown = redactor(variable.value for variable in known if variable.masked)(path)[:255]
        raise PipelineRefused(f"There is no project {shown}, or {job.user} may not run pipelines there")
    return PipelineRequest(
        project=target,
        ref=expand(trigger.get("branch") or "", texts)[:255] or target.default_branch,
        user=job.user,
        source=Source.PIPELINE,
        variables=_forwarded_variables(job, known),
        inputs=trigger.get("inputs") or {},
        extra_fields={"started_by_job_id": job.pk},
    )


def _child_request(job: Job, known: Iterable[Variable]) -> PipelineRequest:
    pipeline = job.pipeline
    if _child_depth(pipeline) >= MAX_CHILD_DEPTH:
        raise PipelineRefused(f"Child pipelines are {MAX_CHILD_DEPTH} deep already")
    texts = values_by_key(known)
    include = [_expand_entry(entry, texts) for entry in job.options["trigger"]["include"]]
    return PipelineRequest(
        project=pipeline.project,
        ref=pipeline.ref,
        user=job.user,
        source=Source.PARENT,
        variables=_forwarded_variables(job, known),
        sha=pipeline.sha,
        tag=pipeline.tag,
        before_sha=pipeline.before_sha,
        extra_fields={"started_by_job_id": job.pk},
        parent=pipeline,
        text=json.dumps({"include": include}),
    )


def _expand_entry(entry: dict[str, Any], texts: dict[str, str]) -> dict[str, Any]:
    """An entry of `trigger: include` with its variables expanded, but for what it gives to inputs."""

    def expand_names(value: Any) -> Any:
        return [expand_names(item) for item in value] if isinstance(value, list) else expand(value, texts)

    return {key: value if key == "inputs" else expand_names(value) for key, value in entry.items()}


def _forwarded_variables(job: Job, known: Iterable[Variable]) -> list[dict[str, Any]]:
    """The variables to pass on (`trigger:forward`): by default those of the CI file, not those of the request."""
    forward = job.options["trigger"].get("forward", {})
    by_key = {variable.key: variable for variable in known}
    from_file = job.options.get("variables", ()) if forward.get("yaml_variables", True) else ()
    variables = [
        {"key": key, "value": by_key[key].value, "variable_type": "file" if by_key[key].file else "env_var",
         "raw": by_key[key].raw}
        for key in dict.fromkeys(variable["key"] for variable in from_file)
    ]  # fmt: skip
    return variables + (list(job.pipeline.variables) if forward.get("pipeline_variables") else [])


def _child_depth(pipeline: Pipeline) -> int:
    return sum(1 for upstream in upstream_chain(pipeline) if upstream.source == Source.PARENT)
