"""Groups, projects, members and repositories under /api/v4."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path

from projects.api.views import groups, namespaces, projects

urlpatterns: list[URLPattern | URLResolver] = [
    path("namespaces", namespaces.NamespaceList.as_view()),
    path("namespaces/<ref:group>", namespaces.NamespaceDetail.as_view()),
    path("groups", groups.GroupList.as_view()),
    path("groups/<ref:group>", groups.GroupDetail.as_view()),
    path("groups/<ref:group>/subgroups", groups.Subgroups.as_view()),
    path("groups/<ref:group>/descendant_groups", groups.DescendantGroups.as_view()),
    path("groups/<ref:group>/projects", groups.GroupProjects.as_view()),
    path("users/<str:user>/projects", projects.PersonProjects.as_view()),
    path("projects", projects.ProjectList.as_view()),
    path("projects/user/<str:user>", projects.ProjectForPerson.as_view()),
    path("projects/<ref:project>", projects.ProjectDetail.as_view()),
    path("projects/<ref:project>/archive", projects.Archive.as_view(), {"archived": True}),
    path("projects/<ref:project>/unarchive", projects.Archive.as_view(), {"archived": False}),
]
