"""The refusals of a project as its page and the API list them: of other jobs here, of its own jobs elsewhere."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from typing import Any

from django.db.models import QuerySet

from identity.models import User
from jobs.models import Job
from projects.models import Project
from tokenaccess.access_log import tables
from tokenaccess.access_log.tables import RefusalRow
from tokenaccess.allowlist.impact import impact
from tokenaccess.explanation.refusal_remedies import with_remedies
from tokenaccess.models import RefusalRecord


def refusals_here(project: Project) -> QuerySet[Any, Any]:
    """Of jobs of other projects within the window, the latest first: to be paged, then read by `rows_here`."""
    return impact.inbound_refusals(project).only("pk")


def rows_here(project: Project, page: Sequence[Any], reader: User) -> list[RefusalRow]:
    # Of a late page, PostgreSQL would look up the projects of all that come before.
    shown = RefusalRecord.objects.filter(pk__in=[record.pk for record in page]).select_related("origin_project")
    return _mark_gone_jobs(tables.inbound_refusal_rows(project, list(shown), reader))


def refusals_elsewhere(project: Project, reader: User) -> QuerySet[Any, Any]:
    """Of the project's own jobs within the window, the latest first: to be paged, then read by `rows_elsewhere`."""
    return impact.outbound_refusals(project, reader)


def rows_elsewhere(project: Project, page: Sequence[Any], reader: User) -> list[RefusalRow]:
    return _mark_gone_jobs(with_remedies(project, tables.outbound_refusal_rows(page), reader))


def _mark_gone_jobs(rows: Sequence[RefusalRow]) -> list[RefusalRow]:
    """One statement."""
    kept = set(Job.objects.filter(pk__in={row.job_id for row in rows}).values_list("pk", flat=True))
    return [replace(row, job_is_gone=row.job_id not in kept) for row in rows]
