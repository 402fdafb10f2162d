from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from resources.lfs.views import pages

_LIST = "<full_path:project_path>/-/lfs"

urlpatterns: list[URLPattern | URLResolver] = [
    path(_LIST, pages.files, name="project_lfs"),
    path(f"{_LIST}/objects/<str:oid>", pages.download, name="project_lfs_object"),
    path(f"{_LIST}/locks/<int:lock_id>/unlock", pages.unlock, name="project_lfs_unlock"),
]
