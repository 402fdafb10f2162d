"""Pages of a repository. A file's address may hold any character, a line break too."""

from __future__ import annotations

from django.urls import URLPattern, URLResolver, path, register_converter

from projects.converters import FilePathConverter
from projects.views import code

register_converter(FilePathConverter, "file_path")

urlpatterns: list[URLPattern | URLResolver] = [
    path("<full_path:project_path>/-/tree", code.files, name="project_files"),
    path("<full_path:project_path>/-/tree/<file_path:address>", code.tree, name="project_tree"),
    path("<full_path:project_path>/-/blob/<file_path:address>", code.blob, name="project_blob"),
    path("<full_path:project_path>/-/raw/<file_path:address>", code.raw, name="project_raw"),
    path("<full_path:project_path>/-/commits", code.commits, name="project_commits"),
    path("<full_path:project_path>/-/commits/<file_path:address>", code.commits, name="project_commits_at"),
    path("<full_path:project_path>/-/branches", code.branches, name="project_branches"),
]
