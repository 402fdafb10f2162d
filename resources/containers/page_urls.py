from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from resources.containers.views import bulk_deletion, protection, repositories

_LIST = "<full_path:project_path>/-/container_registry"
_ONE = f"{_LIST}/<int:repository_id>"

urlpatterns: list[URLPattern | URLResolver] = [
    path(_LIST, repositories.repositories, name="project_images"),
    path(f"{_LIST}/protection", protection.protections, name="project_image_protections"),
    path(f"{_LIST}/protection/<int:protection_id>", protection.edit, name="project_image_protection"),
    path(f"{_LIST}/protection/<int:protection_id>/remove", protection.unprotect, name="project_image_unprotect"),
    path(_ONE, repositories.repository, name="project_image"),
    path(f"{_ONE}/delete", repositories.delete_repository, name="project_image_delete"),
    path(f"{_ONE}/tags/delete", bulk_deletion.delete_tags, name="project_image_tags_delete"),
    path(f"{_ONE}/tags/<str:tag>/delete", repositories.delete_tag, name="project_image_tag_delete"),
]
