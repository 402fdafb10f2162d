"""Applications under /api/v4."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from oauth.api import applications

urlpatterns: list[URLPattern | URLResolver] = [
    path("applications", applications.ApplicationList.as_view()),
    path("applications/<int:application_id>", applications.ApplicationDetail.as_view()),
    path("applications/<int:application_id>/renew-secret", applications.ApplicationSecret.as_view()),
]
