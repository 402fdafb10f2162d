"""Who may run jobs on a protected branch or tag: those who may push or merge to it, or create it if it is a tag."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied

from identity.models import User
from jobs.models import Job, Pipeline
from jobs.pipelines.advance import lock
from jobs.pipelines.plan import PipelinePlan, PipelineRefused
from projects.models import Project
from projects.protection import Protections, find_ref
from projects.repository import parse_ref
from tokenaccess.access.gate import user_is_allowed
from tokenaccess.policy.actions import Action
from tokenaccess.policy.protected_refs import ProtectedRefContext, RefOperation


class ProtectedRefRefused(PipelineRefused):
    """The person may not run pipelines on `ref`."""

    def __init__(self, ref: ProtectedRefContext) -> None:
        super().__init__(denial_message(ref.name))
        self.ref = ref


class RefIsProtected(PermissionDenied):
    """The person may not run jobs on this ref; the text is for them."""


def denial_message(ref: str) -> str:
    """The sentence that GitLab answers with (runner.md §8.1)."""
    return (
        f"You do not have sufficient permission to run a pipeline on '{ref}'. "
        "Please select a different branch or contact your administrator for assistance."
    )


def check_start(draft: PipelinePlan) -> None:
    """Check that the pipeline's person may run it, whatever starts it. Raises PipelineRefused.

    Runs no SQL statement if the ref is not protected.
    """
    pipeline = draft.pipeline
    if not _may(pipeline.user, Action.RUN_PIPELINE, pipeline.project, draft.on_ref):
        raise ProtectedRefRefused(draft.on_ref)


def check_rerun(pipeline: Pipeline, *, by: User) -> None:
    """Check that `by` may retry or play jobs of the pipeline. Raises RefIsProtected. Call it within a transaction.

    If the ref is no longer protected, the pipeline and its jobs lose their mark: otherwise everybody who may run them
    now would get the variables and runners reserved for protected refs.
    """
    ref = ref_protection(pipeline)
    if not _may(by, Action.UPDATE_JOB, pipeline.project, ref):
        raise RefIsProtected(denial_message(pipeline.ref))
    if pipeline.protected and not ref.protections:
        lock(pipeline.pk)
        Pipeline.objects.filter(pk=pipeline.pk).update(protected=False)
        Job.objects.filter(pipeline=pipeline).update(protected=False)


def may_run(pipeline: Pipeline, user: User) -> bool:
    """Whether `check_rerun` would pass, as things are now."""
    return _may(user, Action.UPDATE_JOB, pipeline.project, ref_protection(pipeline))


def may_run_on(user: User | None, project: Project, ref: str) -> bool:
    """Whether the person may run pipelines on a ref that a schedule will use later."""
    name, is_tag = parse_ref(ref)
    existing = find_ref(project, ref)
    tag = existing.is_tag if existing else bool(is_tag)
    return _may(
        user, Action.RUN_PIPELINE, project, Protections(project).context(name, tag=tag, operation=RefOperation.RUN)
    )


def ref_protection(pipeline: Pipeline) -> ProtectedRefContext:
    """The current protection of the pipeline's ref, for the gate."""
    return Protections(pipeline.project_id).context(pipeline.ref, tag=pipeline.tag, operation=RefOperation.RUN)


def _may(user: User | None, action: Action, project: Project, on_ref: ProtectedRefContext) -> bool:
    return not on_ref.protections or user_is_allowed(user, action, project, on_ref)
