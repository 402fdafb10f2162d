"""Who may run what on a protected branch or tag: whoever may push or merge there (create it, for a tag)."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied

from identity.models import User
from jobs import hooks
from jobs.models import Job, Pipeline
from jobs.services.drafts import Draft, Refused
from jobs.services.progress import lock
from projects.models import Project
from projects.protection import Protections, find_ref
from tokenaccess.policy.actions import Action
from tokenaccess.policy.refs import Deed, OnRef


class RefIsProtected(PermissionDenied):
    """The person may not run jobs on this ref."""


def sentence(ref: str) -> str:
    """The contract's words (runner.md §8.1)."""
    return (
        f"You do not have sufficient permission to run a pipeline on '{ref}'. "
        "Please select a different branch or contact your administrator for assistance."
    )


def check_start(draft: Draft) -> None:
    """A new pipeline, whatever starts it, asks for its person. Raises Refused. No statement for an open ref."""
    pipeline = draft.pipeline
    if not _may(pipeline.user, Action.RUN_PIPELINE, pipeline.project, draft.on_ref):
        raise Refused(sentence(pipeline.ref))


def check(pipeline: Pipeline, *, by: User) -> None:
    """Another run of what is there already: retry and play. Raises RefIsProtected.

    Within a transaction: what is protected no longer runs from here on as on any open ref. Or those who may run it now
    would be handed what was kept for few.
    """
    ref = on_ref(pipeline)
    if not _may(by, Action.UPDATE_JOB, pipeline.project, ref):
        raise RefIsProtected(sentence(pipeline.ref))
    if pipeline.protected and not ref.protections:
        lock(pipeline.pk)
        Pipeline.objects.filter(pk=pipeline.pk).update(protected=False)
        Job.objects.filter(pipeline=pipeline).update(protected=False)


def may_run(pipeline: Pipeline, user: User) -> bool:
    """Whether `check` would let them, as things are now."""
    return _may(user, Action.UPDATE_JOB, pipeline.project, on_ref(pipeline))


def may_run_on(user: User | None, project: Project, ref: str) -> bool:
    """For what will start pipelines later: a schedule."""
    found = find_ref(project, ref)
    tag = found is not None and found.is_tag
    return _may(user, Action.RUN_PIPELINE, project, Protections(project).on(ref, tag=tag, deed=Deed.RUN))


def on_ref(pipeline: Pipeline) -> OnRef:
    """The pipeline's ref as it is protected now, for the gate."""
    return Protections(pipeline.project_id).on(pipeline.ref, tag=pipeline.tag, deed=Deed.RUN)


def _may(user: User | None, action: Action, project: Project, on_ref: OnRef) -> bool:
    return not on_ref.protections or hooks.person_may(user, action, project, on_ref)
