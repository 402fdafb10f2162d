"""What a job's page shows: the job with its actions, and the end of its log."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, NamedTuple

from django.db.models import QuerySet

from jobs.forms.pipelines import PlayForm
from jobs.logs import parser, storage
from jobs.logs import tail as log_tail
from jobs.models import Job, Pipeline
from jobs.pipelines.bridges import waits_for_downstream
from jobs.pipelines.job_actions import PLAYABLE, RETRYABLE, is_started_bridge
from jobs.pipelines.mirrors import followed_pipelines, is_mirror
from jobs.pipelines.protected_refs import ref_protection
from jobs.querysets import PipelineQuerySet
from jobs.states import CANCELABLE, State
from jobs.views.artifact_reports import JobArtifacts, job_artifacts
from jobs.views.job_token import TokenUses, token_uses
from jobs.views.links import visible_downstream
from tokenaccess.access.gate import is_allowed, is_allowed_on_ref
from tokenaccess.access_log import tables
from tokenaccess.access_log.address_reports import addresses_elsewhere
from tokenaccess.adapters.denial_id import DenialDetails, encode_details
from tokenaccess.adapters.pages import PageRequest
from tokenaccess.models import RefusalRecord
from tokenaccess.policy import Action

MAX_REFUSALS = 50


class IdToken(NamedTuple):
    """`audiences` as the CI file has them: a variable in them may be a masked one."""

    variable: str
    audiences: list[str]


@dataclass(frozen=True, kw_only=True)
class JobDetails:
    """The context of jobs/job.html, but for the log.

    `refusals`: None if the visitor may not know them; `may_explain`: they may know why too. `siblings`: the current
    jobs of its stage. `newer`: the retry in its place. `downstream`, `waits_for_it`: of a bridge, the pipelines it
    started with their addresses, and whether it ends as they do; `upstream`: the project whose pipeline it follows
    instead. `id_tokens`: which ID tokens its CI file asks for. `site_folder`: of a job for pages, what it would
    publish. `confirmation`: what to ask before a manual job is run. `denial_id`: of what kept it from starting, for
    those who may read what it means. `token_uses`: None for a bridge. `elsewhere`: the addresses that its token was
    used from and where it does not run, for those who may know.
    """

    job: Job
    has_token: bool
    refusals: list[tables.RefusalRow] | None
    may_explain: bool
    may_update: bool
    siblings: QuerySet[Job]
    newer: Job | None
    shows_environment: bool
    artifacts: JobArtifacts | None
    cancelable: bool
    retryable: bool
    playable: bool
    erasable: bool
    downstream: list[tuple[Pipeline, str]]
    waits_for_it: bool
    upstream: str
    id_tokens: list[IdToken]
    site_folder: str
    confirmation: str
    token_uses: TokenUses | None
    denial_id: str
    elsewhere: list[str]

    @property
    def context(self) -> dict[str, Any]:
        return {
            **vars(self),
            "refused_count": sum(row.count for row in self.refusals or ()),
            "play_form": PlayForm() if self.playable else None,
        }


def job_details(request: PageRequest, job: Job) -> JobDetails:
    """Expects a job with `for_display()`."""
    project = request.access.project
    playable = job.status in PLAYABLE and not is_started_bridge(job)
    retryable = job.status in RETRYABLE and not job.retried and job.erased_at is None
    startable = (playable or retryable) and is_allowed_on_ref(
        request.access, Action.UPDATE_JOB, ref_protection(job.pipeline)
    )
    may_explain = is_allowed(request, Action.READ_TOKEN_ACCESS, project)
    return JobDetails(
        job=job,
        has_token=hasattr(job, "token"),
        refusals=_refusals(request, job, may_explain=may_explain),
        may_explain=may_explain,
        may_update=is_allowed(request, Action.UPDATE_JOB, project),
        siblings=job.pipeline.jobs.current().filter(stage=job.stage).order_by("name", "id").defer("options"),
        newer=_retry_of(job),
        shows_environment=job.environment_id is not None and is_allowed(request, Action.READ_ENVIRONMENTS, project),
        artifacts=job_artifacts(request, job),
        cancelable=job.status in CANCELABLE,
        retryable=retryable and startable,
        playable=playable and startable,
        erasable=job.complete and job.erased_at is None and _has_output(job),
        downstream=visible_downstream(request, _linked_pipelines(job)) if job.bridge else [],
        upstream=job.options["trigger"].get("upstream", "") if job.bridge else "",
        waits_for_it=job.bridge and waits_for_downstream(job),
        id_tokens=_id_tokens(job),
        site_folder=(job.options.get("pages") or {}).get("publish", ""),
        confirmation=job.options.get("manual_confirmation") or "",
        token_uses=None if job.bridge else token_uses(request, job),
        denial_id=_denial_id(job) if may_explain else "",
        elsewhere=addresses_elsewhere(job) if may_explain else [],
    )


def _linked_pipelines(job: Job) -> PipelineQuerySet:
    """Those that a bridge has started, or the one that it follows."""
    return followed_pipelines(job) if is_mirror(job) else job.downstream.all()


def _denial_id(job: Job) -> str:
    """Of the refusal that kept the job from starting, "" for none."""
    found = job.options.get("refused_by")
    if not found:
        return ""
    return encode_details(DenialDetails(job.pk, found["target"], Action(found["action"]), found["rule"], found["at"]))


def _id_tokens(job: Job) -> list[IdToken]:
    wanted = job.options.get("id_tokens") or {}
    return [
        IdToken(key, [token["aud"]] if isinstance(token["aud"], str) else token["aud"]) for key, token in wanted.items()
    ]


def _refusals(request: PageRequest, job: Job, *, may_explain: bool) -> list[tables.RefusalRow] | None:
    """The job's refused requests: for maintainers of its project with what they may know of the targets, for whom the
    job acted as without the targets; None for anyone else."""
    user = request.access.user
    if user is None or not (may_explain or user.pk == job.user_id):
        return None
    records = RefusalRecord.objects.filter(origin_project=job.project_id, job_id=job.pk)
    rows = records.summarize_for(user) if may_explain else records.summarize_by_action()
    return tables.outbound_refusal_rows(rows[:MAX_REFUSALS])


def _retry_of(job: Job) -> Job | None:
    if not job.retried:
        return None
    return Job.objects.filter(pipeline=job.pipeline_id, name=job.name, pk__gt=job.pk).order_by("id").first()


def _has_output(job: Job) -> bool:
    return storage.exists(job) or any(artifact.blob_id for artifact in job.artifacts.all())


# --- The log ----------------------------------------------------------------------------------------------------------


def log_is_readable(request: PageRequest, job: Job) -> bool:
    """A debug log shows every variable, so it is only for those who could run the job themselves."""
    return not job.debug_trace or is_allowed(request, Action.UPDATE_JOB, job.project)


def log_context(request: PageRequest, job: Job, line: int | None = None) -> dict[str, Any]:
    """The context of jobs/partials/job_log.html: the end of the log, or what is around `line`; empty if the visitor may
    not read it."""
    readable = log_is_readable(request, job)
    if readable:
        _mark_watched(job)
        snapshot = log_tail.snapshot(job, line)
    else:
        snapshot = log_tail.LogSnapshot(parser.Section(""), log_tail.status_cursor(job))
    return {
        "project": job.project,
        "job": job,
        "log": snapshot.section,
        "log_readable": readable,
        "log_lines": snapshot.cursor.lines,
        "log_has_bytes": readable and storage.size(job) > 0,
        "log_cut": snapshot.is_truncated,
        "log_part": snapshot.is_part,
        "log_times": snapshot.has_timestamps,
        "cursor": snapshot.cursor,
        "live": _is_live(job) and not snapshot.is_part,
    }


def log_update_context(request: PageRequest, job: Job, cursor: log_tail.Cursor) -> dict[str, Any]:
    """The context of jobs/tail.html: what has come since `cursor`, or the whole end of the log (`anew`)."""
    if not log_is_readable(request, job):
        return log_context(request, job)
    _mark_watched(job)
    update = log_tail.updates_since(job, cursor)
    if update is None:
        return {**log_context(request, job), "anew": True}
    return {
        "project": job.project,
        "job": job,
        "cursor": update.cursor,
        "update": update,
        "log_lines": update.cursor.lines,
        "live": _is_live(job),
    }


def _mark_watched(job: Job) -> None:
    """Makes the runner send the log more often while somebody reads it."""
    if job.executing:
        storage.watch(job)
    else:
        storage.unwatch(job)


def _is_live(job: Job) -> bool:
    """Whether the page may change without anybody doing something."""
    return not job.complete and job.status != State.MANUAL
