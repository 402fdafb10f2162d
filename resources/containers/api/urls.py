from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from resources.containers.api import protection, views
from resources.containers.views import events

_REPOSITORIES = "projects/<ref:project>/registry/repositories"

urlpatterns: list[URLPattern | URLResolver] = [
    path(_REPOSITORIES, views.RepositoryList.as_view()),
    path(f"{_REPOSITORIES}/<str:repository_id>", views.RepositoryDelete.as_view()),
    path(f"{_REPOSITORIES}/<str:repository_id>/tags", views.TagList.as_view()),
    path(f"{_REPOSITORIES}/<str:repository_id>/tags/<str:tag>", views.TagDetail.as_view()),
    path("projects/<ref:project>/registry/protection/repository/rules", protection.ProtectionList.as_view()),
    path(
        "projects/<ref:project>/registry/protection/repository/rules/<str:rule>", protection.ProtectionDetail.as_view()
    ),
    path("registry/repositories/<str:repository_id>", views.RepositoryDetail.as_view()),
    path("groups/<ref:group>/registry/repositories", views.GroupRepositories.as_view()),
    path("container_registry_event/events", events.receive),
]
