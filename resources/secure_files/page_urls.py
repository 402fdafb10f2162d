from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from resources.secure_files import views

_LIST = "<full_path:project_path>/-/settings/ci_cd/secure_files"

urlpatterns: list[URLPattern | URLResolver] = [
    path(_LIST, views.secure_files, name="project_secure_files"),
    path(f"{_LIST}/<int:file_id>/delete", views.delete, name="project_secure_file_delete"),
]
