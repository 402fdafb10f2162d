"""Jobs that start a pipeline of another project, or a child pipeline of their own (`trigger`).

A bridge acts as its person, as the gate decides for that person in the other project. Token Access is about jobs'
tokens, and a bridge has none: as in the original, the other project's lists are not asked.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Iterable
from typing import Any

from django.db import transaction
from django.utils import timezone

from jobs import hooks
from jobs.config import expand
from jobs.models import Job, Pipeline
from jobs.models.pipeline import Source
from jobs.services.drafts import Refused, Request
from jobs.services.jobs import cancel_job, finish_job, reopen
from jobs.services.pipelines import cancel_pipeline, create_pipeline
from jobs.services.progress import lock
from jobs.services.triggers import check_chain
from jobs.states import COMPLETED, FailureReason, State
from jobs.variables import Variable, values, without_runner
from tokenaccess.policy.actions import Action

log = logging.getLogger(__name__)

# A child may have children; those may not.
DEEPEST_CHILD = 2


def start_downstream(job_id: int) -> None:
    """Does what a bridge is for, once, however many ask for it; the bridge ends or waits for the other pipeline."""
    waiting = Job.objects.bridges().filter(pk=job_id, status=State.RUNNING, touched_at=None)
    if not waiting.update(touched_at=timezone.now()):
        return
    job = Job.objects.select_related("pipeline", "project", "user").get(pk=job_id)
    try:
        made = create_pipeline(_request(job))
    except Refused as error:
        _fail(job, error.messages)
        return
    except Exception:
        log.exception("The pipeline of job %s could not be made", job_id)
        _fail(job, ["Something went wrong on the server."])
        return
    if not depends(job):
        finish_job(job, status=State.SUCCESS)
    elif not Job.objects.filter(pk=job.pk, status=State.RUNNING).exists():
        cancel_pipeline(made)  # somebody cancelled the bridge meanwhile
    else:
        follow(made.pk)


def depends(job: Job) -> bool:
    """Whether the bridge waits for the other pipeline and ends as that one does."""
    return bool(job.options["trigger"].get("strategy") == "depend")


def _fail(job: Job, messages: list[str]) -> None:
    options = {**job.options, "refused": messages}
    Job.objects.filter(pk=job.pk).update(options=options)
    job.options = options
    finish_job(job, status=State.FAILED, failure_reason=FailureReason.DOWNSTREAM)


@transaction.atomic
def follow(pipeline_id: int) -> None:
    """A pipeline has ended, or runs again: so does the bridge that waits for it, and what comes after the bridge."""
    bridge = Job.objects.bridges().current().filter(downstream=pipeline_id).first()
    if bridge is None or not depends(bridge):
        return
    lock(bridge.pipeline_id)
    bridge.refresh_from_db()
    # Read under the lock: whoever changes it later comes here later.
    status = Pipeline.objects.values_list("status", flat=True).get(pk=pipeline_id)
    over = status in COMPLETED
    # What somebody has cancelled stays so, however the other pipeline ends then; unless that one is run again.
    settled = {State.CANCELED, _END_OF.get(status, State.SUCCESS)} if over else {}
    if bridge.retried or bridge.status in settled:
        return
    if bridge.complete:
        reopen(bridge)
    if over:
        _end_as(bridge, status)


# As which the bridge ends; after any other end of the pipeline it has succeeded.
_END_OF: dict[str, State] = {State.FAILED: State.FAILED, State.CANCELED: State.CANCELED}


def _end_as(bridge: Job, status: str) -> None:
    if status == State.CANCELED:
        cancel_job(bridge, force=True)
    else:
        finish_job(bridge, status=_END_OF.get(status, State.SUCCESS))


def cancel_downstream(job_id: int) -> None:
    """The bridge was cancelled: what depends on it goes with it."""
    for pipeline in Pipeline.objects.filter(started_by_job=job_id).exclude(status__in=COMPLETED):
        cancel_pipeline(pipeline)


def _request(job: Job) -> Request:
    """Raises Refused."""
    check_chain(job.pk)
    if job.user is None or not job.user.is_active:
        raise Refused("The account the pipeline would act as is blocked or gone")
    known = without_runner(job)
    request = _to_project(job, known) if "project" in job.options["trigger"] else _to_child(job, known)
    _check_circle(job, request)
    return request


def _to_project(job: Job, known: Iterable[Variable]) -> Request:
    trigger, texts = job.options["trigger"], values(known)
    path = expand(trigger["project"], texts)
    target = hooks.person_finds(job.user, Action.RUN_PIPELINE, path)
    if target is None:
        raise Refused(f"There is no project {path[:255]}, or {job.user} may not run pipelines there")
    return Request(
        project=target,
        ref=expand(trigger.get("branch") or "", texts)[:255] or target.default_branch,
        user=job.user,
        source=Source.PIPELINE,
        variables=_forwarded(job, known),
        more={"started_by_job_id": job.pk},
    )


def _to_child(job: Job, known: Iterable[Variable]) -> Request:
    pipeline = job.pipeline
    if _child_depth(pipeline) >= DEEPEST_CHILD:
        raise Refused(f"Child pipelines are {DEEPEST_CHILD} deep already")
    texts = values(known)
    include = [{key: expand(text, texts) for key, text in one.items()} for one in job.options["trigger"]["include"]]
    return Request(
        project=pipeline.project,
        ref=pipeline.ref,
        user=job.user,
        source=Source.PARENT,
        variables=_forwarded(job, known),
        sha=pipeline.sha,
        tag=pipeline.tag,
        before_sha=pipeline.before_sha,
        more={"started_by_job_id": job.pk},
        text=json.dumps({"include": include}),
    )


def _forwarded(job: Job, known: Iterable[Variable]) -> list[dict[str, Any]]:
    """The variables that go along (`trigger:forward`): by default those of the file, not those of the request."""
    forward = job.options["trigger"].get("forward", {})
    filled = {one.key: one for one in known}
    keys = [one["key"] for one in job.options.get("variables", ())] if forward.get("yaml_variables", True) else []
    found = [
        {"key": key, "value": filled[key].value, "variable_type": "file" if filled[key].file else "env_var",
         "raw": filled[key].raw}
        for key in dict.fromkeys(keys)
    ]  # fmt: skip
    return found + (list(job.pipeline.variables) if forward.get("pipeline_variables") else [])


def _child_depth(pipeline: Pipeline) -> int:
    return sum(1 for one in _line(pipeline) if one.source == Source.PARENT)


def _line(pipeline: Pipeline) -> Iterable[Pipeline]:
    """The pipeline, the one that started it, and so on; check_chain has seen to its end."""
    found: Pipeline | None = pipeline
    while found is not None:
        yield found
        found = Pipeline.objects.filter(jobs=found.started_by_job_id).first() if found.started_by_job_id else None


def _check_circle(job: Job, request: Request) -> None:
    """A project that starts itself again on the same ref, by way of others, would never end."""
    if request.source == Source.PARENT:
        return
    if any((one.project_id, one.ref) == (request.project.pk, request.ref) for one in _line(job.pipeline)):
        raise Refused(f"{request.project.full_path} on {request.ref} has started this chain of pipelines already")
