"""Everything under /api/v4, gathered from the apps."""

from __future__ import annotations

from django.urls import include, path

from config import version_views
from config.rest_fallback import unknown_route

urlpatterns = [
    # Asked more often than all others together, so tried first; what does not begin like them costs them nothing.
    path("", include("resources.packages.urls")),
    path("", include("jobs.api.urls")),
    path("", include("identity.api.urls")),
    path("", include("tokenaccess.api.urls")),
    path("", include("jobs.runner_api.urls")),
    path("", include("projects.api.urls")),
    path("version", version_views.version),
    path("metadata", version_views.metadata),
    path("<path:rest>", unknown_route),
]
