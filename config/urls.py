"""All routes. Fixed words first, then what is addressed by a full path."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path, register_converter

from config import health, schema_views
from projects.converters import FullPathConverter, RefConverter

register_converter(RefConverter, "ref")
register_converter(FullPathConverter, "full_path")

urlpatterns = [
    path("api/v4/", include("config.api_urls")),
    path("-/health", health.health),
    path("-/liveness", health.liveness),
    path("-/readiness", health.readiness),
    path("api/", include("graph.urls")),
    path("api/schema/", schema_views.schema, name="schema"),
    path("api/schema/ui/", schema_views.schema_page, name="schema_ui"),
    path("admin/", admin.site.urls),
    path("", include("identity.urls")),
    path("", include("portal.urls")),
    path("", include("resources.repositories.urls")),
    path("", include("tokenaccess.urls")),
    path("", include("jobs.urls")),
    path("", include("resources.packages.page_urls")),
    path("", include("projects.urls")),
    path("", include("portal.place_urls")),
]

handler400 = "portal.errors.bad_request"
handler403 = "portal.errors.permission_denied"
handler404 = "portal.errors.not_found"
handler500 = "portal.errors.server_error"
