"""Links between pipelines on pages: only to those that the visitor may see."""

from __future__ import annotations

from django.db.models import QuerySet
from django.urls import reverse

from jobs.models import Pipeline
from tokenaccess.access.gate import is_allowed
from tokenaccess.adapters.pages import PageRequest
from tokenaccess.policy import Action

MAX_LINKS = 50


def pipeline_url(request: PageRequest, pipeline: Pipeline) -> str:
    """The address of its page; empty if the visitor may not see it."""
    if not is_allowed(request, Action.READ_PIPELINES, pipeline.project):
        return ""
    return reverse("project_pipeline", args=[pipeline.project.full_path, pipeline.pk])


def visible_downstream(request: PageRequest, started: QuerySet[Pipeline]) -> list[tuple[Pipeline, str]]:
    """Those of the pipelines `started` by jobs that the visitor may see, with the addresses of their pages."""
    rows = started.select_related("project", "started_by_job").order_by("-id")[:MAX_LINKS]
    return [(one, url) for one in rows if (url := pipeline_url(request, one))]
