"""Links between pipelines, for pages: only to those the visitor may see."""

from __future__ import annotations

from django.db.models import QuerySet
from django.urls import reverse

from jobs.models import Pipeline
from tokenaccess.gate import may
from tokenaccess.policy import Action
from tokenaccess.web import PageRequest

SHOWN_LINKS = 50


def url_of(request: PageRequest, pipeline: Pipeline) -> str:
    """Its page; empty for one the visitor may not see."""
    if not may(request, Action.READ_PIPELINES, pipeline.project):
        return ""
    return reverse("project_pipeline", args=[pipeline.project.full_path, pipeline.pk])


def downstream_of(request: PageRequest, started: QuerySet[Pipeline]) -> list[tuple[Pipeline, str]]:
    """Those of the pipelines `started` by some job that the visitor may see, with their pages."""
    rows = started.select_related("project", "started_by_job").order_by("-id")[:SHOWN_LINKS]
    return [(one, url) for one in rows if (url := url_of(request, one))]
