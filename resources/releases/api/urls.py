from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from resources.releases.api import links, views

_RELEASES = "projects/<ref:project>/releases"

urlpatterns: list[URLPattern | URLResolver] = [
    path(_RELEASES, views.Releases.as_view()),
    path(f"{_RELEASES}/permalink/latest", views.LatestRelease.as_view()),
    path(f"{_RELEASES}/permalink/latest/<path:suffix>", views.LatestRelease.as_view()),
    path(f"{_RELEASES}/<path:tag>/assets/links", links.Links.as_view()),
    path(f"{_RELEASES}/<path:tag>/assets/links/<str:link_id>", links.Link.as_view()),
    path(f"{_RELEASES}/<path:tag>/downloads/<path:file_path>", views.Download.as_view()),
    path(f"{_RELEASES}/<path:tag>/evidence", views.Evidences.as_view()),
    path(f"{_RELEASES}/<path:tag>", views.ReleaseDetail.as_view()),
]
