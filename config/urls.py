"""All routes. Fixed words first, then what is addressed by a full path."""

from __future__ import annotations

from django.contrib import admin
from django.urls import include, path
from django.urls.resolvers import RoutePattern
from django.views.generic import RedirectView

from api.routing.route_index import IndexedResolver
from config import health
from config.api_urls import HOTTEST
from portal.api import schema_views
from tokenaccess.adapters.pages import public
from tokenaccess.api.authzen import discovery as authzen_discovery

urlpatterns = [
    *(path(f"api/v4/{route}", view) for route, view in HOTTEST.items()),
    IndexedResolver(RoutePattern("api/v4/"), "config.api_urls"),
    path("-/health", health.health),
    path("-/liveness", health.liveness),
    path("-/readiness", health.readiness),
    path("access/v1/", include("tokenaccess.api.authzen.urls")),
    path(".well-known/authzen-configuration", authzen_discovery.configuration, name="authzen_configuration"),
    path("api/", include("graph.urls")),
    path("api/schema/", schema_views.schema, name="schema"),
    path("api/schema/ui/", schema_views.schema_page, name="schema_ui"),
    path("admin", public(RedirectView.as_view(url="/admin/"))),
    path("admin/", admin.site.urls),
    path("", include("signing.urls")),
    path("", include("oauth.urls")),
    path("", include("identity.urls")),
    path("", include("portal.urls")),
    path("", include("resources.containers.urls")),
    path("", include("resources.repositories.urls")),
    path("", include("resources.lfs.urls")),
    path("", include("tokenaccess.urls")),
    path("", include("portal.tokens.urls")),
    path("", include("ssh_keys.urls")),
    path("", include("hooks.urls")),
    path("", include("jobs.urls")),
    path("", include("resources.lfs.page_urls")),
    path("", include("resources.packages.page_urls")),
    path("", include("resources.containers.page_urls")),
    path("", include("resources.secure_files.page_urls")),
    path("", include("resources.terraform_states.page_urls")),
    path("", include("resources.releases.page_urls")),
    path("", include("projects.urls")),
    path("", include("portal.places.urls")),
]

handler400 = "portal.errors.bad_request"
handler403 = "portal.errors.permission_denied"
handler404 = "portal.errors.not_found"
handler500 = "portal.errors.server_error"
