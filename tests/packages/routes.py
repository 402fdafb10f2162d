"""The portal's routes, and those of the made-up format."""

from __future__ import annotations

from django.urls import include, path

from tests.packages.made_up_format import FORMAT

_portal = path("", include("config.urls"))  # first: it registers the converters
urlpatterns = [*(path(f"api/v4/{route}", view) for route, view in FORMAT.routes.items()), _portal]
