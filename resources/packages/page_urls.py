from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from resources.packages import views

_PACKAGE = "<full_path:project_path>/-/packages/<int:package_id>"

urlpatterns: list[URLPattern | URLResolver] = [
    path("<full_path:project_path>/-/packages", views.packages, name="project_packages"),
    path(_PACKAGE, views.package, name="project_package"),
    path(f"{_PACKAGE}/delete", views.delete_package, name="project_package_delete"),
    path(f"{_PACKAGE}/files/<int:file_id>/delete", views.delete_file, name="project_package_file_delete"),
]
