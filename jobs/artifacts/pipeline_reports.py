"""The parsed reports of a pipeline, as far as somebody may read them."""

from __future__ import annotations

from typing import Any

from jobs.artifacts.access import may_read
from jobs.models import Job, JobArtifact, Pipeline
from tokenaccess.access.result import Access


def readable_reports(access: Access, pipeline: Pipeline, file_type: str) -> list[tuple[Job, dict[str, Any]]]:
    """Those of current jobs; they are kept when the uploaded files expire."""
    rows = (
        JobArtifact.objects.filter(job__pipeline=pipeline, job__retried=False, file_type=file_type)
        .exclude(report=None)
        .select_related("job")
        .defer("job__options")
        .order_by("job__stage_index", "job_id")
    )
    return [(row.job, row.report) for row in rows if may_read(row.access, access.caller, access.facts)]
