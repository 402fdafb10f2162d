"""Takes what other programs say of a commit into its pipeline (resources.md §1.7)."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from django.db import transaction
from django.utils import timezone

from identity.models import User
from identity.names import require_visible
from jobs.models import CommitStatus, Pipeline
from jobs.models.pipeline import Source
from jobs.pipelines.advance import advance, lock
from jobs.pipelines.plan import PipelineRefused, PipelineRequest, plan_pipeline
from jobs.pipelines.protected_refs import RefIsProtected, denial_message, may_run
from jobs.pipelines.services import save_with_next_iid
from jobs.states import COMPLETED, State
from projects.models import Project
from projects.protection import find_ref
from projects.repository import Repository, parse_ref
from projects.repository.objects import HEADS
from projects.repository.reachability import refs_that_contain

MAX_STATUSES = 1000  # of one pipeline, with those that later ones replaced
# What GitLab calls the change into a state, and the states it may be made from; a new status may have any.
_CHANGES: dict[str, tuple[str, frozenset[State]]] = {
    State.PENDING: ("enqueue", frozenset()),
    State.RUNNING: ("run", frozenset({State.PENDING})),
    State.SUCCESS: ("success", frozenset({State.PENDING, State.RUNNING})),
    State.FAILED: ("drop", frozenset({State.PENDING, State.RUNNING})),
    State.CANCELED: ("cancel", frozenset({State.PENDING, State.RUNNING})),
    State.SKIPPED: ("skip", frozenset({State.PENDING})),
}


class StatusRefused(Exception):
    """The status cannot be taken; the text is for the client."""


class NoReference(Exception):
    """No branch or tag for the status."""


class NoSuchPipeline(Exception):
    """The pipeline that the status is for is not one of that commit and ref."""


@dataclass(frozen=True)
class StatusReport:
    """`ref`: "" for the one of the newest pipeline, or else a branch with the commit. `details`: `target_url`,
    `description`, `coverage`; what is not in it stays as it is."""

    project: Project
    sha: str
    user: User
    state: str
    name: str
    ref: str = ""
    pipeline_id: int | None = None
    details: Mapping[str, Any] = field(default_factory=dict)


def report_status(report: StatusReport) -> CommitStatus:
    """Create the status, or change the unfinished one of its name in the pipeline.

    A finished one is replaced, as by a retry. Raises NoReference, NoSuchPipeline, RefIsProtected, StatusRefused,
    ValidationError by field, and GitFailed or OutputTooLarge when no branch can be found.
    """
    require_visible(name=report.name, description=report.details.get("description") or "")
    ref = report.ref
    if not ref and _find_pipeline(report, "") is None:
        ref = _branch_with(report)
    with transaction.atomic():
        pipeline = lock((_find_pipeline(report, ref) or _create_pipeline(report, ref)).pk)
        if not may_run(pipeline, report.user):
            raise RefIsProtected(denial_message(pipeline.ref))
        status = _store(report, pipeline)
        advance(pipeline)
    return status


def _find_pipeline(report: StatusReport, ref: str) -> Pipeline | None:
    """The newest of the commit and ref. Raises NoSuchPipeline if the report names one that is not among them."""
    rows = Pipeline.objects.filter(project=report.project, sha=report.sha).exclude(source=Source.PARENT)
    if ref:
        rows = rows.of_ref(ref)
    if report.pipeline_id is not None:
        rows = rows.filter(pk=report.pipeline_id)
    found = rows.order_by("-id").first()
    if found is None and report.pipeline_id is not None:
        raise NoSuchPipeline
    return found


def _branch_with(report: StatusReport) -> str:
    names = refs_that_contain(Repository(report.project.repository_path), report.sha, [HEADS])
    if not names:
        raise NoReference
    return names[0]


def _create_pipeline(report: StatusReport, ref: str) -> Pipeline:
    """One without jobs, for statuses alone. Locks the project: of two reports at once, one creates it."""
    found = find_ref(report.project, ref)
    if found is None:
        raise NoReference
    wanted = PipelineRequest(
        project=report.project,
        ref=parse_ref(found.name)[0],
        user=report.user,
        source=Source.EXTERNAL,
        sha=report.sha,
        tag=found.is_tag,
    )
    try:
        pipeline = plan_pipeline(wanted).pipeline
    except PipelineRefused:
        raise NoReference from None
    Project.objects.select_for_update(no_key=True).get(pk=report.project.pk)
    pipeline.config_path = ""
    return _find_pipeline(report, ref) or save_with_next_iid(pipeline)


def _store(report: StatusReport, pipeline: Pipeline) -> CommitStatus:
    """Expects the pipeline to be locked."""
    now = timezone.now()
    status = pipeline.commit_statuses.current().filter(name=report.name).first()
    if status is not None and status.status in COMPLETED:
        CommitStatus.objects.filter(pk=status.pk).update(retried=True)
        status = None
    if status is None:
        if pipeline.commit_statuses.count() >= MAX_STATUSES:
            raise StatusRefused(f"The pipeline has {MAX_STATUSES} commit statuses, and takes no more.")
        status = CommitStatus(project=report.project, pipeline=pipeline, name=report.name)
    else:
        _check_change(status.status, report.state)
    status.user, status.status = report.user, report.state
    for name, value in report.details.items():
        setattr(status, name, value)
    if report.state == State.RUNNING:
        status.started_at = now
    status.finished_at = now if report.state in COMPLETED else None
    status.save()
    return status


def _check_change(old: str, new: str) -> None:
    event, sources = _CHANGES[new]
    if old not in sources:
        raise StatusRefused(
            f'Cannot transition status via :{event} from :{old} (Reason(s): Status cannot transition via "{event}")'
        )
