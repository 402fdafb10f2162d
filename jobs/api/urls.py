"""Jobs, pipelines and runners over REST, below /api/v4."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from jobs.api import own_job

urlpatterns: list[URLPattern | URLResolver] = [
    path("job", own_job.own_job),
    path("job/allowed_agents", own_job.allowed_agents),
]
