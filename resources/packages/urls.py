"""The formats, each with addresses of its own, and the API over all of them."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from resources.packages.api import urls as api
from resources.packages.formats import generic
from resources.packages.formats.table import FORMATS

# What jobs ask most.
HOTTEST = generic.FORMAT.routes

urlpatterns: list[URLPattern | URLResolver] = [
    *(path(route, view) for row in FORMATS.values() if row is not generic.FORMAT for route, view in row.routes.items()),
    *api.urlpatterns,
]
