"""The last routes of all: they take every path that looks like a project's or a group's."""

from django.urls import path

from portal.place_views import place

urlpatterns = [
    path("<full_path:project_path>", place, name="project"),
    path("<full_path:group_path>", place, name="group"),
]
