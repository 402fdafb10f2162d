"""What the pages of a job and of a pipeline say about artifacts; each with a partial of its own in templates/jobs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F
from django.utils.translation import ngettext

from jobs.artifacts import junit
from jobs.artifacts.access import may_read
from jobs.artifacts.querysets import of_latest_success
from jobs.artifacts.types import ARCHIVE, JUNIT, TERRAFORM
from jobs.models import Job, JobArtifact, Pipeline
from tokenaccess.gate import may
from tokenaccess.policy import Action
from tokenaccess.web import PageRequest


@dataclass(frozen=True)
class JobArtifacts:
    """For partials/artifacts.html. `archive` and `reports` are those the visitor may read; `gone_at`: when their time
    ended; `always_kept`: as the latest success of their ref."""

    archive: JobArtifact | None
    reports: list[JobArtifact]
    closed: bool
    gone_at: datetime | None
    expires_at: datetime | None
    always_kept: bool
    may_keep: bool
    may_delete: bool


def of_job(request: PageRequest, job: Job) -> JobArtifacts | None:
    """None for a job that left nothing. Expects `for_display()`."""
    rows = list(job.artifacts.all())
    if not rows:
        return None
    there = [one for one in rows if one.is_readable]  # type: ignore[attr-defined]
    mine = [one for one in there if may_read(one.access, request.access.caller, request.access.facts)]
    expires_at = min((one.expires_at for one in there if one.expires_at), default=None)
    project = request.access.project
    return JobArtifacts(
        archive=next((one for one in mine if one.is_archive), None),
        reports=[one for one in mine if not one.is_archive],
        closed=len(mine) < len(there),
        gone_at=None if there else max((one.expires_at for one in rows if one.expires_at), default=None),
        expires_at=expires_at,
        always_kept=expires_at is not None and is_of_latest_success(job),
        may_keep=expires_at is not None and may(request, Action.KEEP_ARTIFACTS, project),
        may_delete=bool(there) and may(request, Action.DELETE_ARTIFACTS, project),
    )


def is_of_latest_success(job: Job) -> bool:
    return JobArtifact.objects.filter(of_latest_success(), job=job).exists()


@dataclass(frozen=True)
class Tested:
    """For partials/junit.html: all tests of a pipeline, and which jobs' reports could not be read, with the reason."""

    tests: dict[str, Any]
    failures: list[tuple[Job, dict[str, str]]]
    unread: list[tuple[Job, str]]


@dataclass(frozen=True)
class Planned:
    """For partials/terraform.html: what one job's plan would do, or why that is not known."""

    job: Job
    plan: dict[str, Any]


@dataclass(frozen=True)
class Exposed:
    """For partials/exposed.html: the archive of a job that gives it a name for the pipeline's page."""

    job: Job
    name: str


def exposed_of(request: PageRequest, pipeline: Pipeline) -> list[Exposed]:
    """`artifacts:expose_as`, as far as the visitor may read them and they are still there."""
    rows = (
        JobArtifact.objects.with_readable()
        .filter(job__pipeline=pipeline, job__retried=False, file_type=ARCHIVE)
        .filter(job__options__artifacts__expose_as__isnull=False)
        .annotate(named=F("job__options__artifacts__expose_as"))
        .select_related("job")
        .defer("job__options")
        .order_by("job__stage_index", "job_id")
    )
    access = request.access
    there = (row for row in rows if row.is_readable)  # type: ignore[attr-defined]
    mine = [row for row in there if may_read(row.access, access.caller, access.facts)]
    return [Exposed(row.job, row.named) for row in mine]


def tests_of(request: PageRequest, pipeline: Pipeline) -> Tested | None:
    """None when no job brought a test report that the visitor may read."""
    found = _reports(request, pipeline, JUNIT)
    if not found:
        return None
    readable = [(job, report) for job, report in found if "unread" not in report]
    failures = [(job, test) for job, report in readable for test in report["named"]]
    return Tested(
        tests=junit.add(report for _, report in readable),
        failures=failures[: junit.MOST_NAMED],
        unread=[(job, why) for job, report in found if (why := _unread(report))],
    )


def _unread(report: dict[str, Any]) -> str:
    if "unread" in report:
        return str(report["unread"])
    broken = report.get("broken", 0)
    told = ngettext("%(n)d of its report files is no XML that can be read.",
                    "%(n)d of its report files are no XML that can be read.", broken)  # fmt: skip
    return told % {"n": broken} if broken else ""


def plans_of(request: PageRequest, pipeline: Pipeline) -> list[Planned]:
    return [Planned(job, report) for job, report in _reports(request, pipeline, TERRAFORM)]


def _reports(request: PageRequest, pipeline: Pipeline, file_type: str) -> list[tuple[Job, dict[str, Any]]]:
    """Of the current jobs; they outlive the bytes they came in."""
    rows = (
        JobArtifact.objects.filter(job__pipeline=pipeline, job__retried=False, file_type=file_type)
        .exclude(report=None)
        .select_related("job")
        .defer("job__options")
        .order_by("job__stage_index", "job_id")
    )
    access = request.access
    return [(row.job, row.report) for row in rows if may_read(row.access, access.caller, access.facts)]
