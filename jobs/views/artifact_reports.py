"""What the pages of jobs and pipelines show about artifacts; each part has a partial in templates/jobs."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import F
from django.utils.translation import ngettext

from jobs.artifacts import junit
from jobs.artifacts.access import may_read
from jobs.artifacts.pipeline_reports import readable_reports
from jobs.artifacts.querysets import of_latest_success
from jobs.artifacts.types import ARCHIVE, JUNIT, TERRAFORM
from jobs.models import Job, JobArtifact, Pipeline
from tokenaccess.access.gate import is_allowed
from tokenaccess.adapters.pages import PageRequest
from tokenaccess.policy import Action


@dataclass(frozen=True)
class JobArtifacts:
    """For partials/artifacts.html.

    `archive`, `reports`: those that the visitor may read. `some_unreadable`: there are others. `expired_at`: if all
    have expired, when. `always_kept`: as the latest of their ref.
    """

    archive: JobArtifact | None
    reports: list[JobArtifact]
    some_unreadable: bool
    expired_at: datetime | None
    expires_at: datetime | None
    always_kept: bool
    may_keep: bool
    may_delete: bool


def job_artifacts(request: PageRequest, job: Job) -> JobArtifacts | None:
    """None for a job without artifacts. Expects `for_display()`."""
    artifacts = list(job.artifacts.all())
    if not artifacts:
        return None
    stored = [artifact for artifact in artifacts if artifact.is_readable]  # type: ignore[attr-defined]
    access, project = request.access, request.access.project
    readable = [artifact for artifact in stored if may_read(artifact.access, access.caller, access.facts)]
    expires_at = min(_expiry_times(stored), default=None)
    return JobArtifacts(
        archive=next((artifact for artifact in readable if artifact.is_archive), None),
        reports=[artifact for artifact in readable if not artifact.is_archive],
        some_unreadable=len(readable) < len(stored),
        expired_at=None if stored else max(_expiry_times(artifacts), default=None),
        expires_at=expires_at,
        always_kept=expires_at is not None and is_of_latest_success(job),
        may_keep=expires_at is not None and is_allowed(request, Action.KEEP_ARTIFACTS, project),
        may_delete=bool(stored) and is_allowed(request, Action.DELETE_ARTIFACTS, project),
    )


def _expiry_times(artifacts: list[JobArtifact]) -> list[datetime]:
    return [artifact.expires_at for artifact in artifacts if artifact.expires_at]


def is_of_latest_success(job: Job) -> bool:
    return JobArtifact.objects.filter(of_latest_success(), job=job).exists()


@dataclass(frozen=True)
class TestReport:
    """For partials/junit.html: all tests of a pipeline, and the reports that could not be read, with the reason."""

    tests: dict[str, Any]
    failures: list[tuple[Job, dict[str, str]]]
    unread: list[tuple[Job, str]]


@dataclass(frozen=True)
class TerraformReport:
    """For partials/terraform.html: what a job's plan would change, or why that is unknown."""

    job: Job
    plan: dict[str, Any]


@dataclass(frozen=True)
class ExposedArtifact:
    """For partials/exposed.html: an archive to show on the pipeline's page under a name."""

    job: Job
    name: str


def exposed_artifacts(request: PageRequest, pipeline: Pipeline) -> list[ExposedArtifact]:
    """The artifacts with `expose_as` that the visitor may read."""
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
    stored = (row for row in rows if row.is_readable)  # type: ignore[attr-defined]
    return [ExposedArtifact(row.job, row.named) for row in stored if may_read(row.access, access.caller, access.facts)]


def test_report(request: PageRequest, pipeline: Pipeline) -> TestReport | None:
    """None if there is no test report that the visitor may read."""
    reports = readable_reports(request.access, pipeline, JUNIT)
    if not reports:
        return None
    readable = [(job, report) for job, report in reports if "unread" not in report]
    failures = [(job, test) for job, report in readable for test in report["named"]]
    return TestReport(
        tests=junit.combine(report for _, report in readable),
        failures=failures[: junit.MAX_LISTED],
        unread=[(job, why) for job, report in reports if (why := _unread(report))],
    )


def _unread(report: dict[str, Any]) -> str:
    if "unread" in report:
        return str(report["unread"])
    broken = report.get("broken", 0)
    sentence = ngettext("%(n)d report file is not valid XML.",
                    "%(n)d report files are not valid XML.", broken)  # fmt: skip
    return sentence % {"n": broken} if broken else ""


def terraform_reports(request: PageRequest, pipeline: Pipeline) -> list[TerraformReport]:
    return [TerraformReport(job, report) for job, report in readable_reports(request.access, pipeline, TERRAFORM)]
