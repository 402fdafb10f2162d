"""The last routes of all: they take every path that looks like a project's or a group's."""

from django.urls import path

from portal.places.views import place, repository_address, without_slash

urlpatterns = [
    path("<full_path:project_path>.git", repository_address, name="repository_address"),
    path("<full_path:project_path>", place, name="project"),
    path("<full_path:group_path>", place, name="group"),
    path("<path:address>/", without_slash),
]
