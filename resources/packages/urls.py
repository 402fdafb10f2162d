"""The formats, each with addresses of its own, and the API over all of them."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, include, path

urlpatterns: list[URLPattern | URLResolver] = [
    path("", include("resources.packages.formats.generic")),
    path("", include("resources.packages.api.urls")),
]
