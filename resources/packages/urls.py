"""The formats, each with addresses of its own, and the API over all of them."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver

from resources.packages.api import urls as api
from resources.packages.formats import generic

urlpatterns: list[URLPattern | URLResolver] = [*generic.urlpatterns, *api.urlpatterns]
