"""Everything under /api/v4, gathered from the apps."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

import identity.api.urls
import jobs.api.urls
import jobs.runner_api.urls
import projects.api.urls
import resources.packages.urls
import tokenaccess.api.urls
from config import version_views
from config.rest_fallback import unknown_route
from jobs.api.own_job import own_job

# One flat list: each list within a list costs every request below it a step of its own. What is asked most comes first.
urlpatterns: list[URLPattern | URLResolver] = [
    path("job", own_job),
    *resources.packages.urls.urlpatterns,
    *jobs.api.urls.urlpatterns,
    *identity.api.urls.urlpatterns,
    *tokenaccess.api.urls.urlpatterns,
    *jobs.runner_api.urls.urlpatterns,
    *projects.api.urls.urlpatterns,
    path("version", version_views.version),
    path("metadata", version_views.metadata),
    path("<path:rest>", unknown_route),
]
