"""Links between pipelines, for pages: only to those the visitor may see."""

from __future__ import annotations

from collections.abc import Iterable

from django.db.models import QuerySet
from django.urls import reverse

from jobs.models import Job, Pipeline
from tokenaccess.gate import may
from tokenaccess.policy import Action
from tokenaccess.web import PageRequest

SHOWN_LINKS = 50


def url_of(request: PageRequest, pipeline: Pipeline) -> str:
    """Its page; empty for one the visitor may not see."""
    if not may(request, Action.READ_PIPELINES, pipeline.project):
        return ""
    return reverse("project_pipeline", args=[pipeline.project.full_path, pipeline.pk])


def downstream_of(
    request: PageRequest, *, jobs: Iterable[int] | QuerySet[Job, dict[str, int]]
) -> list[tuple[Pipeline, str]]:
    """The pipelines that these jobs have started, with their pages."""
    below = Pipeline.objects.filter(started_by_job__in=jobs).select_related("project", "started_by_job").order_by("-id")
    return [(one, url) for one in below[:SHOWN_LINKS] if (url := url_of(request, one))]
