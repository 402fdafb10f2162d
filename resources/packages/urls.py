"""The formats, each with addresses of its own, and the API over all of them."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from resources.packages.api import urls as api
from resources.packages.formats.table import FORMATS

# What jobs ask most.
HOTTEST = {route: view for row in FORMATS.values() for route, view in row.routes.items() if view in row.hot}

urlpatterns: list[URLPattern | URLResolver] = [
    *(path(route, view) for row in FORMATS.values() for route, view in row.routes.items() if view not in row.hot),
    *api.urlpatterns,
]
