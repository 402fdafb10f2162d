"""The jobs in the queue that a runner could take."""

from __future__ import annotations

from django.db.models import Q

from jobs.models import Job, Runner
from jobs.querysets import JobQuerySet
from jobs.runners.queue.candidates import eligible_kinds, served_projects


def waiting_jobs(runner: Runner) -> JobQuerySet:
    """Whether or not another runner could take them, too."""
    kinds = Q(pk__in=[])
    for tag_key, protected in eligible_kinds(runner):
        kinds |= Q(tag_key=tag_key, protected=protected)
    return Job.objects.pending().filter(kinds, project__in=served_projects(runner))
