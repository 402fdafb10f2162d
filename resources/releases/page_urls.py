from __future__ import annotations

from django.urls import URLPattern, URLResolver, path, register_converter

from projects.converters import TagConverter
from resources.releases.views import changes, releases

register_converter(TagConverter, "tag")

_LIST = "<full_path:project_path>/-/releases"
_ONE = f"{_LIST}/<tag:tag>"

urlpatterns: list[URLPattern | URLResolver] = [
    path(_LIST, releases.releases, name="project_releases"),
    path(f"{_LIST}.atom", releases.feed, name="project_releases_feed"),
    path(f"{_LIST}/permalink/latest", releases.latest, name="project_release_latest"),
    path(f"{_LIST}/permalink/latest/<path:suffix>", releases.latest, name="project_release_latest_part"),
    path(f"{_ONE}/downloads/<tag:file_path>", releases.download, name="project_release_download"),
    path(f"{_ONE}/evidences/<int:evidence_id>.json", releases.evidence, name="project_release_evidence"),
    path(f"{_LIST}/~new", changes.new, name="project_release_new"),
    path(f"{_ONE}/~edit", changes.edit, name="project_release_edit"),
    path(f"{_ONE}/~delete", changes.delete, name="project_release_delete"),
    path(f"{_ONE}/~links/new", changes.new_link, name="project_release_link_new"),
    path(f"{_ONE}/~links/<int:link_id>/delete", changes.delete_link, name="project_release_link_delete"),
    path(f"{_ONE}", releases.release, name="project_release"),
]
